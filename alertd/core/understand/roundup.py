"""Reports that tell of several incidents: which part of the text tells of which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from alertd.core.model import Organisation, Report
from alertd.core.names import fold
from alertd.core.understand.chains import (
    aside,
    clients_of_one,
    joined,
    supplier_with_clients,
    with_parent,
)
from alertd.core.understand.features import Candidate
from alertd.core.understand.parties import Parties
from alertd.core.understand.sections import (
    Part,
    Section,
    begins_line,
    is_same,
    named,
    party,
    sections,
    within,
)
from alertd.core.understand.suppliers import is_part, suppliers
from alertd.core.understand.text import Doc

__all__ = ["Part", "parts"]

_ENOUGH: Final = 3
_TITLED: Final = 2
_MOST: Final = 30
"""Incidents of one text; no honest list is longer, and a forged one must not flood anybody."""

_DENSE: Final = 0.6
_EVENTS: Final = ("breach", "act", "suffer", "exposure", "claim", "notify", "deny")
_OTHER_NEWS: Final = ("patch", "legal", "police", "outage", "product", "statistics", "phishing")


def parts(doc: Doc, report: Report, found: Sequence[Candidate], who: Parties) -> tuple[Part, ...]:
    """One part for each incident told; a part is the whole text unless it is a round-up."""
    whole = len(doc.stems)
    if report.organisations or report.collected:
        return (Part(who, 0, whole),)
    announced = any(tag.start < doc.title_tokens for tag in doc.values("digest"))
    if _titled_by_name(doc, who) and not announced:
        return (Part(with_parent(doc, found, who), 0, whole),)
    led = sections(doc, found)
    told = (
        clients_of_one(doc, found, who, led)
        or _digest(doc, found, who, led, announced=announced)
        or supplier_with_clients(doc, found, who)
    )
    if told:
        return told[:_MOST]
    several = who.organisations if len(who.organisations) > 1 else joined(doc, found, who)
    if several:
        return tuple(Part(replace(who, organisations=(one,)), 0, whole) for one in several)
    return _with_aside(doc, found, who)


def _with_aside(doc: Doc, found: Sequence[Candidate], who: Parties) -> tuple[Part, ...]:
    whole = len(doc.stems)
    other = aside(doc, found, who) if who.organisations else None
    if other is None:
        return (Part(with_parent(doc, found, who), 0, whole),)
    return Part(who, 0, other.first if other.last == whole else whole), other


def _titled_by_name(doc: Doc, who: Parties) -> bool:
    """Whether the title is the victim's name and nothing else."""
    title = fold(doc.raw[: doc.title_end]) if doc.title_end else ""
    return bool(who.organisations) and who.organisations[0].key == title


def _digest(
    doc: Doc,
    found: Sequence[Candidate],
    who: Parties,
    led: Sequence[Section],
    *,
    announced: bool,
) -> tuple[Part, ...]:
    """The incidents of a digest: sections that each keep to their own organisation."""
    if len(led) < (_TITLED if announced else _ENOUGH) or not _apart(led):
        return ()
    if not announced and not _listed(doc, led):
        return ()
    return tuple(_part(doc, one, found, who) for one in led if _tells(doc, one))


def _listed(doc: Doc, led: Sequence[Section]) -> bool:
    """Whether a title that announces nothing names several of the leaders, or lines list them."""
    titled = sum(_in_title(doc, one) for one in led)
    if titled != 0:
        return titled > 1
    begun = [first for first, _ in doc.sentences if first >= doc.title_tokens]
    lines = [first for first in begun if begins_line(doc, first)]
    if all(begins_line(doc, one.first) for one in led) and len(led) == len(lines):
        return True
    return len(led) >= _DENSE * len(begun) and all(_particular(doc, one) for one in led)


def _particular(doc: Doc, one: Section) -> bool:
    """Whether a section has a figure or kinds of data of its own."""
    figures = any(word.isdigit() for word in doc.words[one.first : one.last])
    return figures or any(
        tag.kind == "types" and one.holds((tag.start, tag.end)) for tag in doc.tags
    )


def _in_title(doc: Doc, one: Section) -> bool:
    return any(place[0] < doc.title_tokens for place in one.leader.places)


def _apart(led: Sequence[Section]) -> bool:
    """Whether leaders are different, and none is named in the section of another."""
    return not any(
        is_same(one.leader.name, other.leader.name) or any(map(other.holds, one.leader.places))
        for one in led
        for other in led
        if other is not one
    )


def _tells(doc: Doc, one: Section) -> bool:
    """Whether a section tells of a breach rather than of a flaw, a trial or an outage."""
    events = sum(one.holds((tag.start, tag.end)) for cue in _EVENTS for tag in doc.values(cue))
    others = sum(one.holds((tag.start, tag.end)) for cue in _OTHER_NEWS for tag in doc.values(cue))
    kinds = any(tag.kind == "types" and one.holds((tag.start, tag.end)) for tag in doc.tags)
    return events >= others and (events > 0 or kinds)


def _part(doc: Doc, one: Section, found: Sequence[Candidate], who: Parties) -> Part:
    here = within(found, one.first, one.last)
    via = [
        Organisation(name, fold(name))
        for name in suppliers(doc, here)
        if not is_part(name, [one.leader.name])
    ][:1]
    places = [place for place in one.leader.places if one.holds(place)] or [one.place]
    return Part(party(doc, who, named(one.leader), via, places), one.first, one.last)
