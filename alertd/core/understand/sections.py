"""The sections of a text: sentences that begin with an organisation, and what belongs to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alertd.core.model import Organisation
from alertd.core.names import fold
from alertd.core.understand.beside import is_person
from alertd.core.understand.features import Candidate
from alertd.core.understand.parties import Parties
from alertd.core.understand.suppliers import is_part
from alertd.core.understand.text import Doc, Tag

_LEAD: Final = 7
_VERB_REACH: Final = 9
_SHORT: Final = 3
_BYSTANDERS: Final = (
    "gang",
    "after_gang_named",
    "regulator",
    "press",
    "told",
    "expert",
    "network",
    "product",
    "place",
)
_VERBS: Final = (
    "suffer",
    "reports",
    "tells",
    "confirm",
    "notify",
    "breach",
    "act",
    "claim",
    "deny",
)
_HEADS: Final = frozenset({":", "–", "—", "-", "("})

_LINES: Final = ("\n", "•", "·", "|")
_Named = tuple[Candidate, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """One incident of a report: its parties and its range of tokens."""

    who: Parties
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Section:
    """A range of tokens that begins with a sentence led by a name."""

    leader: Candidate
    place: tuple[int, int]
    first: int
    last: int

    def holds(self, place: tuple[int, int]) -> bool:
        """Whether a place lies in the section."""
        return self.first <= place[0] < self.last


def is_bystander(candidate: Candidate) -> bool:
    """Whether a name reports, judges, attacks or names no body."""
    return any(candidate.features.get(name) for name in _BYSTANDERS)


def sections(doc: Doc, found: Sequence[Candidate]) -> list[Section]:
    """The sections of a text, each up to the next one; a title is in none."""
    verbs = {tag.start for cue in _VERBS for tag in doc.values(cue)}
    led = list(_led(doc, found, verbs))
    ends = [first for _, _, first in led[1:]] + [len(doc.stems)] * bool(led)
    made = [
        Section(leader, place, first, last)
        for (leader, place, first), last in zip(led, ends, strict=True)
    ]
    return _merged(made)


def _merged(found: list[Section]) -> list[Section]:
    """Sections in a row with the same leader as one."""
    kept: list[Section] = []
    for section in found:
        if kept and kept[-1].leader.key == section.leader.key:
            kept[-1] = replace(kept[-1], last=section.last)
        else:
            kept.append(section)
    return kept


def _led(
    doc: Doc, found: Sequence[Candidate], verbs: set[int]
) -> Iterator[tuple[Candidate, tuple[int, int], int]]:
    criminals = [tag for cue in ("criminals", "gang_named") for tag in doc.values(cue)]
    placed = sorted(
        ((item, place) for item in found for place in item.places), key=lambda pair: pair[1]
    )
    starts = [place[0] for _, place in placed]
    for first, last in doc.sentences:
        here = placed[bisect_left(starts, first) : bisect_left(starts, last)]
        if first < doc.title_tokens or not here:
            continue
        inside = [pair for pair in here if pair[1][1] <= last]
        leader = _leader(doc, inside, first, last, verbs)
        if leader and _beside(leader[1], criminals):
            leader = _robbed(inside, leader, criminals)
        elif leader is None and _boast(inside, first, criminals):
            leader = _robbed(inside, None, criminals)
        if leader:
            yield *leader, first


def _leader(
    doc: Doc, inside: Sequence[_Named], first: int, last: int, verbs: set[int]
) -> _Named | None:
    """The likeliest of the names at a sentence's head, if a verb or a colon follows."""
    leading = [
        (item, place)
        for item, place in inside
        if place[0] <= first + _LEAD and not is_bystander(item) and _fit(doc, item, place, verbs)
    ]
    leader = max(leading, key=_rank, default=None)
    if leader is None:
        return None
    end = leader[1][1]
    near = any(place in verbs for place in range(end, min(last, end + _VERB_REACH)))
    return leader if near or (end < last and doc.gap(end).strip()[:1] in _HEADS) else None


def _fit(doc: Doc, item: Candidate, place: tuple[int, int], verbs: set[int]) -> bool:
    """Whether a name may be an organisation's: no person, no month, no word for itself."""
    start, end = place
    if len(item.name) <= _SHORT and item.name.istitle():
        return False
    if item.features.get("sentence_word"):
        head = end < len(doc.words) and doc.gap(end).strip()[:1] in _HEADS | {","}
        if not (head or end in verbs or end + 1 in verbs):
            return False
    return not is_person(doc, start, end)


def _rank(found: _Named) -> tuple[float, int, str]:
    return found[0].score, found[1][1], found[0].key


def _beside(place: tuple[int, int], tags: Sequence[Tag]) -> bool:
    """Whether a word for criminals stands right beside a name or in it."""
    return any(tag.start <= place[1] and place[0] - 1 <= tag.end for tag in tags)


def _boast(inside: Sequence[_Named], first: int, criminals: Sequence[Tag]) -> bool:
    """Whether a sentence begins with a gang."""
    head = first + _LEAD
    gangs = any(item.features.get("gang") and place[0] <= head for item, place in inside)
    return gangs or any(first <= tag.start <= head for tag in criminals)


def _robbed(
    inside: Sequence[_Named], gang: _Named | None, criminals: Sequence[Tag]
) -> _Named | None:
    """Whom the gang at the head of a sentence robbed: the likeliest other name of it."""
    after = gang[1][1] if gang else 0
    others = [
        (item, place)
        for item, place in inside
        if place[0] >= after and not is_bystander(item) and not _beside(place, criminals)
    ]
    return max(others, key=_rank, default=None)


def within(found: Sequence[Candidate], first: int, last: int) -> list[Candidate]:
    """The names that stand in a range, with their places there alone."""
    kept = ((item, [place for place in item.places if first <= place[0] < last]) for item in found)
    return [replace(item, places=places) for item, places in kept if places]


def named(candidate: Candidate) -> Organisation:
    """A name as an organisation."""
    return Organisation(candidate.name, candidate.key)


def party(
    doc: Doc,
    who: Parties,
    organisation: Organisation,
    via: Sequence[Organisation],
    places: Sequence[tuple[int, int]],
) -> Parties:
    """The parties of one incident among several of a report."""
    return replace(
        who,
        organisations=(organisation,),
        via=tuple(via),
        mentioned=(),
        places=tuple(places),
        evidence={
            "organisations": tuple(doc.clause(*place) for place in places[:1]),
            "via": tuple(item.name for item in via),
        },
    )


def is_same(one: str, other: str) -> bool:
    """Whether two names look like one: a part of the other, or its initials."""
    initials = "".join(word[0] for word in fold(one).split())
    letters = "".join(word[0] for word in fold(other).split())
    return is_part(one, [other]) or fold(one) == letters or fold(other) == initials


def begins_line(doc: Doc, index: int) -> bool:
    """Whether a token is the first of a line or of a bullet."""
    return index <= doc.title_tokens or any(mark in doc.gap(index) for mark in _LINES)


def only(doc: Doc, part: Part) -> Doc:
    """The text with the tags and sentences of one part alone; places stay what they are."""
    if (part.first, part.last) == (0, len(doc.stems)):
        return doc
    tags = tuple(tag for tag in doc.tags if part.first <= tag.start < part.last)
    values: dict[str, list[Tag]] = {}
    for tag in tags:
        values.setdefault(tag.value, []).append(tag)
    return replace(
        doc,
        tags=tags,
        by_value={value: tuple(found) for value, found in values.items()},
        sentences=tuple(one for one in doc.sentences if part.first <= one[0] < part.last),
    )
