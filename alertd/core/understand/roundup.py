"""Reports that tell of several incidents: which part of the text tells of which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alertd.core.model import Organisation, Report
from alertd.core.understand.features import Candidate
from alertd.core.understand.parties import Parties
from alertd.core.understand.text import Doc

_ENOUGH: Final = 3
_LEAD: Final = 5
_BYSTANDERS: Final = ("gang", "regulator", "press", "told", "expert", "product", "place")


@dataclass(frozen=True, slots=True)
class Part:
    """One incident of a report: its parties and its range of tokens."""

    who: Parties
    first: int
    last: int


def parts(doc: Doc, report: Report, found: Sequence[Candidate], who: Parties) -> tuple[Part, ...]:
    """One part for each incident told; a part is the whole text unless it is a round-up."""
    whole = len(doc.stems)
    if not report.organisations:
        led = list(_led(doc, found))
        if len({candidate.key for candidate, _, _ in led}) >= _ENOUGH and len(led) == len(
            {candidate.key for candidate, _, _ in led}
        ):
            return tuple(
                _part(doc, candidate, (first, last), found, who.cites)
                for candidate, first, last in led
            )
    if len(who.organisations) > 1 and not report.organisations:
        return tuple(
            Part(replace(who, organisations=(one,)), 0, whole) for one in who.organisations
        )
    return (Part(who, 0, whole),)


def _led(doc: Doc, found: Sequence[Candidate]) -> Iterator[tuple[Candidate, int, int]]:
    """Sentences led by a name with a verb of a breach or a notice behind it."""
    verbs = {tag.start for tag in (*doc.values("suffer"), *doc.values("reports"))}
    for first, last in doc.sentences:
        if first < doc.title_tokens:
            continue
        leader = _leader(found, first)
        if leader and any(place in verbs for place in range(leader[1], min(last, leader[1] + 8))):
            yield leader[0], first, last


def _leader(found: Sequence[Candidate], first: int) -> tuple[Candidate, int] | None:
    leading = [
        (candidate, place[1])
        for candidate in found
        for place in candidate.places
        if first <= place[0] <= first + _LEAD and not _role(candidate)
    ]
    return max(leading, key=lambda item: (item[0].score, item[1]), default=None)


def _role(candidate: Candidate) -> bool:
    return any(candidate.features.get(name) for name in _BYSTANDERS)


def _part(
    doc: Doc,
    candidate: Candidate,
    span: tuple[int, int],
    found: Sequence[Candidate],
    cites: frozenset[str],
) -> Part:
    first, last = span
    via = [
        item
        for item in found
        if item.features.get("after_vendor")
        and any(first <= place[0] < last for place in item.places)
        and item.key != candidate.key
    ][:1]
    who = Parties(
        organisations=(Organisation(candidate.name, candidate.key),),
        via=tuple(Organisation(item.name, item.key) for item in via),
        mentioned=(),
        cites=cites,
        places=tuple(candidate.places),
        evidence={"organisations": (doc.clause(*candidate.places[0]),)},
    )
    return Part(who, first, last)
