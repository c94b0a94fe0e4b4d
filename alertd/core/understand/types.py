"""Which kinds of data a text says were exposed, and which it says were not."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from alertd.core.model import DataType
from alertd.core.names import listed
from alertd.core.understand.scope import denied as reached_by_negation
from alertd.core.understand.text import Doc, Tag
from alertd.core.understand.trade import asides, trades

_CONTACT: Final = (DataType.EMAIL, DataType.PHONE, DataType.POSTAL_ADDRESS)
_CODES: Final[Mapping[str, DataType]] = {code.value: code for code in DataType}
_DENIED: Final[Mapping[str, tuple[DataType, ...]]] = {
    "contact-details": _CONTACT,
    "id-card-number": (DataType.NATIONAL_ID, DataType.IDENTITY_DOCUMENT),
    "postcode": (),
    "health-file": (DataType.HEALTH,),
}
_EXPOSED: Final[Mapping[str, tuple[DataType, ...]]] = {
    "contact-details": (),
    "id-card-number": (DataType.NATIONAL_ID,),
    "postcode": (),
    "health-file": (),
}
_LAST_RESORT: Final[Mapping[str, tuple[tuple[DataType, ...], tuple[DataType, ...]]]] = {
    "contact-details": (_CONTACT, _CONTACT),
    "postcode": ((DataType.LOCATION,), (DataType.POSTAL_ADDRESS,)),
    "health-file": ((DataType.HEALTH,), tuple(DataType)),
}
"""What a wide word means where the text names none of the kinds behind it."""
_CUES: Final = listed(
    "neg_before neg_far neg_verb exposure containing boundary safe cancel advice remedy vector"
    " exception beside whole only misuse storage befell purpose trade unclear"
)
_ALONE: Final = listed(
    "bank-account communications device-ip financial-other location payment-card phone"
    " postal-address profile-activity"
)
"""Codes whose weak words, denied directly, need no list: "contains no balances"."""
_LIST: Final = 3
_BESIDE: Final = 3
_LONGEST: Final = 250
"""Words of a sentence that are read together."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A kind of data named in a text; ``exposed`` is False where the text denies it."""

    types: tuple[DataType, ...]
    tag: Tag
    exposed: bool


def hits(doc: Doc) -> tuple[Hit, ...]:
    """The kinds of data that a text names, sentence by sentence; advice and remedies left out."""
    tags = doc.tags
    named = [
        tag for tag in tags if tag.kind == "weak" or (tag.kind == "types" and tag.value != "mask")
    ]
    if not named:
        return ()
    found: list[Hit] = []
    place = 0
    for sentence in _pieces(doc.sentences):
        first = place
        while place < len(named) and named[place].start < sentence[1]:
            place += 1
        if place > first:
            inside = tags[bisect_left(tags, sentence[:1]) : bisect_left(tags, sentence[1:])]
            cues = [tag for tag in inside if tag.value in _CUES and tag.kind == "cues"]
            found.extend(_of_sentence(doc, sentence, named[first:place], cues))
    return tuple(found)


def _pieces(sentences: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sentences; one that no person wrote is cut, so that its reading stays bounded."""
    for first, last in sentences:
        for start in range(first, last, _LONGEST):
            yield start, min(start + _LONGEST, last)


def _of_sentence(
    doc: Doc, sentence: tuple[int, int], named: Sequence[Tag], cues: Sequence[Tag]
) -> Iterator[Hit]:
    named = _in_list(named, cues)
    other = trades(doc, named, cues) | asides(named, cues)
    if other:
        named = [tag for tag in named if tag not in other]
    if not named:
        return
    quiet = min((tag.start for tag in cues if tag.value in {"advice", "remedy"}), default=None)
    negated = reached_by_negation(doc, sentence, named, cues)
    for tag in named:
        if tag in negated:
            yield Hit(_types(tag.value, exposed=False), tag, exposed=False)
        elif quiet is None or tag.end <= quiet:
            yield Hit(_types(tag.value, exposed=True), tag, exposed=True)


def _in_list(named: Sequence[Tag], cues: Sequence[Tag]) -> list[Tag]:
    """The kinds of data of a sentence; weak words only beside another kind or where denied."""
    kinds = [tag for tag in named if tag.value != "health-file"]
    strong = any(tag.kind == "types" for tag in kinds) or len(kinds) >= _LIST
    beside = {
        tag
        for before, after in pairwise(kinds)
        if strong and after.start - before.end < _BESIDE
        for tag in (before, after)
    }
    return [tag for tag in named if tag.kind == "types" or tag in beside or _void(tag, cues)]


def _void(weak: Tag, cues: Sequence[Tag]) -> bool:
    """Whether a weak word is denied by the word before it, in a statement on an exposure."""
    return (
        weak.value in _ALONE
        and any(cue.value == "neg_before" and cue.end == weak.start for cue in cues)
        and any(cue.value in {"exposure", "containing"} for cue in cues)
    )


@cache
def _types(value: str, *, exposed: bool) -> tuple[DataType, ...]:
    special = (_EXPOSED if exposed else _DENIED).get(value)
    return tuple(_CODES[code] for code in value.split("+")) if special is None else special


def exposed(found: Sequence[Hit], doc: Doc) -> dict[DataType, Tag]:
    """The types said to be exposed; a title counts where the text names none."""
    shown = [hit for hit in found if hit.exposed]
    text = [hit for hit in shown if doc.spans[hit.tag.start][0] >= doc.title_end]
    return _by_type(text, found) or _by_type(shown, found)


def _by_type(shown: Sequence[Hit], found: Sequence[Hit]) -> dict[DataType, Tag]:
    named = {code: hit.tag for hit in reversed(shown) for code in hit.types}
    wide = {hit.tag.value: hit.tag for hit in reversed(shown) if hit.tag.value in _LAST_RESORT}
    if wide:
        denied_ones = denied(found)
        for value, tag in wide.items():
            meant, instead = _LAST_RESORT[value]
            if named.keys().isdisjoint(instead):
                named |= {code: tag for code in meant if code not in denied_ones}
    return named


def denied(found: Sequence[Hit]) -> dict[DataType, Tag]:
    """The types said not to be exposed."""
    return {code: hit.tag for hit in reversed(found) if not hit.exposed for code in hit.types}
