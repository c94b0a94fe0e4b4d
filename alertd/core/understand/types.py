"""Which kinds of data a text says were exposed, and which it says were not."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alertd.core.model import DataType
from alertd.core.understand.text import Doc, Tag
from alertd.core.understand.trade import trades

_CONTACT: Final = (DataType.EMAIL, DataType.PHONE, DataType.POSTAL_ADDRESS)
_CODES: Final[Mapping[str, DataType]] = {code.value: code for code in DataType}
_FORWARD_REACH: Final = 14
_VERB_REACH: Final = 6
_LIST: Final = 3
_BESIDE: Final = 3
_CLAUSE_MARKS: Final = frozenset(";()—–[]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A kind of data named in a text; ``exposed`` is False where the text denies it."""

    types: tuple[DataType, ...]
    tag: Tag
    exposed: bool


def hits(doc: Doc, first: int = 0, last: int | None = None) -> tuple[Hit, ...]:
    """The kinds of data named between two tokens; advice and remedies left out."""
    end = len(doc.stems) if last is None else last
    found: list[Hit] = []
    heads = [sentence[0] for sentence in doc.sentences]
    inside: list[list[Tag]] = [[] for _ in heads]
    for tag in doc.tags:
        inside[bisect_right(heads, tag.start) - 1].append(tag)
    for sentence, tags in zip(doc.sentences, inside, strict=True):
        if sentence[0] >= first and sentence[1] <= end:
            found.extend(_of_sentence(doc, sentence, tags))
    return tuple(found)


def _of_sentence(doc: Doc, sentence: tuple[int, int], tags: Sequence[Tag]) -> Iterator[Hit]:
    named = _named(tags)
    trade = trades(doc, named, tags) if named else set()
    named = [tag for tag in named if tag not in trade]
    if not named:
        return
    quiet = min((tag.start for tag in tags if tag.value in {"advice", "remedy"}), default=None)
    for clause in _clauses(doc, sentence, tags):
        inside = [tag for tag in named if clause[0] <= tag.start < clause[1]]
        denied = _denied(
            inside, [tag for tag in tags if clause[0] <= tag.start < clause[1]], clause
        )
        for tag in inside:
            if tag in denied:
                yield Hit(_types(tag, exposed=False), tag, exposed=False)
            elif quiet is None or tag.end <= quiet:
                yield Hit(_types(tag, exposed=True), tag, exposed=True)


def _named(tags: Sequence[Tag]) -> list[Tag]:
    """The kinds of data of a sentence; weak words only beside another kind."""
    named = [
        tag for tag in tags if tag.kind == "weak" or (tag.kind == "types" and tag.value != "mask")
    ]
    strong = [tag for tag in named if tag.kind == "types"]
    if not strong and len(named) < _LIST:
        return []
    return [
        tag
        for tag in named
        if tag.kind == "types"
        or any(
            other is not tag and tag.start - other.end < _BESIDE and other.start - tag.end < _BESIDE
            for other in named
        )
    ]


def _types(tag: Tag, *, exposed: bool) -> tuple[DataType, ...]:
    if tag.value == "contact-details":
        return () if exposed else _CONTACT
    return tuple(_CODES[code] for code in tag.value.split("+"))


def _clauses(doc: Doc, sentence: tuple[int, int], tags: Sequence[Tag]) -> Iterator[tuple[int, int]]:
    turns = {tag.start for tag in tags if tag.value == "boundary"}
    start = sentence[0]
    for index in range(sentence[0] + 1, sentence[1]):
        if index in turns or _CLAUSE_MARKS & set(doc.gap(index)):
            yield start, index
            start = index
    yield start, sentence[1]


def _denied(named: Sequence[Tag], tags: Sequence[Tag], clause: tuple[int, int]) -> set[Tag]:
    """The kinds of data of one clause that a negation reaches."""
    void = {place for tag in tags if tag.value == "cancel" for place in range(tag.start, tag.end)}
    acts = [tag for tag in tags if tag.value == "exposure"]
    denied: set[Tag] = set()
    for tag in tags:
        if tag.start in void:
            continue
        if tag.value == "neg_before":
            denied |= _after(tag, named, acts)
        elif tag.value == "safe":
            denied |= _before(tag, named, acts)
        elif tag.value == "neg_verb":
            denied |= _of_verb(tag, named, tags, clause)
    return denied


def _after(negation: Tag, named: Sequence[Tag], acts: Sequence[Tag]) -> set[Tag]:
    """What follows a negation, up to the verb after the first of them."""
    reached: set[Tag] = set()
    last = negation.end
    for tag in named:
        if tag.start < negation.end:
            continue
        stopped = reached and any(last <= act.start < tag.start for act in acts)
        if stopped or tag.start - last > _FORWARD_REACH:
            break
        reached.add(tag)
        last = tag.end
    return reached


def _before(negation: Tag, named: Sequence[Tag], acts: Sequence[Tag]) -> set[Tag]:
    """What stands before a negation, back to the last statement of an exposure."""
    wall = max((act.end for act in acts if act.end < negation.start - 2), default=-1)
    behind = [tag for tag in named if tag.end <= negation.start]
    return {tag for tag in behind if tag.start >= wall}


def _of_verb(
    negation: Tag, named: Sequence[Tag], tags: Sequence[Tag], clause: tuple[int, int]
) -> set[Tag]:
    near = range(negation.start - 3, negation.end + _VERB_REACH)
    acts = [tag for tag in tags if tag.value == "exposure"]
    holds = any(tag.value == "containing" and tag.start in near for tag in tags)
    verb = any(tag.start in near for tag in acts)
    ends = negation.end >= clause[1]
    if not (holds or verb or ends):
        return set()
    after = _after(negation, named, acts)
    before = _before(negation, named, acts)
    return after if holds and after else before or after


def exposed(found: Sequence[Hit], doc: Doc) -> dict[DataType, Tag]:
    """The types said to be exposed; a title counts where the text names none."""
    text = {
        code: hit.tag
        for hit in reversed(found)
        if hit.exposed and not _in_title(hit, doc)
        for code in hit.types
    }
    if text:
        return text
    return {code: hit.tag for hit in reversed(found) if hit.exposed for code in hit.types}


def denied(found: Sequence[Hit]) -> dict[DataType, Tag]:
    """The types said not to be exposed."""
    return {code: hit.tag for hit in reversed(found) if not hit.exposed for code in hit.types}


def _in_title(hit: Hit, doc: Doc) -> bool:
    return doc.spans[hit.tag.start][0] < doc.title_end
