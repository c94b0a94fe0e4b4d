"""From a report to facts: one pass over its words, then each fact by its own module.

A source that states a fact is believed; the text fills what is missing.  At most
``text.TITLE_LIMIT`` and ``text.TEXT_LIMIT`` characters are read, whatever arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.model import DataType, Facts, Mark, People, Reading, Report, Status
from alertd.core.understand import (
    candidates,
    dates,
    numbers,
    parties,
    places,
    relevance,
    roundup,
    standing,
    telltale,
    text,
    types,
)
from alertd.core.understand.features import Candidate
from alertd.core.understand.language import language
from alertd.core.understand.scripts import look_alikes
from alertd.core.understand.sections import only
from alertd.core.understand.text import Doc, Tag

_DECIDES: Final = 0.5
_EMPTY: Final = 0.4
"""The confidence in a report that sounds of a breach but names nobody and no kind of data."""
_LUMPED: Final = frozenset({DataType.NATIONAL_ID, DataType.TAX_ID})
"""Numbers that lists of breaches call "government issued IDs", as they do passports."""
_SNIPPETS: Final = 12
_FORMS: Final = ("slow_hash", "fast_hash", "card_code", "published_data")


def understand(report: Report, lexicon: Lexicon) -> Reading:
    """What a report says: whether it is about a breach, and the facts of each incident."""
    title, body = text.cut(report.title, report.text)
    report = replace(report, title=title)
    code = language(title, body, lexicon, report.language)
    doc = text.read(title, body, lexicon.language(code))
    hits = types.hits(doc)
    if relevance.is_silent(doc, report, hits):
        return Reading(relevant=False, confidence=0.0, language=code, marks=_marks(report, doc))
    worded = code if parties.must_read(doc, report, lexicon) else ""
    found = candidates.candidates(doc, lexicon, worded)
    counted = numbers.counts(doc, lexicon.language(code))
    heard = relevance.features(doc, report, hits, found, counted=counted, lexicon=lexicon)
    sure = relevance.confidence(heard, lexicon)
    who = parties.parties(doc, report, found, lexicon)
    marks = _marks(report, doc)
    if sure < _DECIDES:
        return Reading(
            relevant=False,
            confidence=round(sure, 3),
            language=code,
            mentioned=(*who.organisations, *who.via, *who.mentioned),
            marks=marks | {Mark.AFTERMATH} if relevance.is_aftermath(heard) else marks,
        )
    parts = roundup.parts(doc, report, found, who)
    told = tuple(
        _facts(doc, report, lexicon, code, hits=hits, found=found, counted=counted, part=part)
        for part in parts
    )
    if not any(map(_tells, told)):
        return Reading(
            relevant=False,
            confidence=_EMPTY,
            language=code,
            mentioned=who.mentioned,
            marks=marks,
        )
    named = {item.key for part in parts for item in (*part.who.organisations, *part.who.via)}
    return Reading(
        relevant=True,
        confidence=round(sure, 3),
        language=code,
        incidents=told,
        mentioned=tuple(item for item in who.mentioned if item.key not in named),
        marks=marks,
    )


def _marks(report: Report, doc: Doc) -> frozenset[Mark]:
    found = {
        Mark.MIXED_SCRIPTS: bool(look_alikes(doc.raw)),
        Mark.CUT: len(report.text) > text.TEXT_LIMIT,
    }
    return frozenset(mark for mark, holds in found.items() if holds)


def _tells(facts: Facts) -> bool:
    """Whether facts name anybody or anything that a reader could act on."""
    return bool(facts.organisations or facts.via or facts.data_types or facts.not_exposed)


def _facts(
    doc: Doc,
    report: Report,
    lexicon: Lexicon,
    code: str,
    *,
    hits: tuple[types.Hit, ...],
    found: Sequence[Candidate],
    counted: Sequence[numbers.Count],
    part: roundup.Part,
) -> Facts:
    """The facts of one incident of a report, from its part of the text."""
    # A title that is the organisation's name tells nothing of what leaked: "Vitra Health".
    first = max(part.first, doc.title_tokens if report.title in report.organisations else 0)
    inside = tuple(hit for hit in hits if first <= hit.tag.start < part.last)
    exposed = types.exposed(inside, doc)
    shown = _shown(report, frozenset(exposed))
    denied = {key: tag for key, tag in types.denied(inside).items() if key not in shown}
    status, speaker = standing.standing(doc, report, (part.first, part.last), part.who.places)
    own = only(doc, part)
    placed = own if any(tag.kind == "countries" for tag in own.tags) else doc
    countries, where = places.countries(placed, report, code, lexicon)
    people, numbered = _people(doc, report, counted, part)
    when = dates.stated(report.incident_date)
    dated = None if when else dates.incident_date(own, lexicon.language(code), report.published)
    if status is Status.WITHDRAWN and not report.data_types:
        shown = frozenset()
    evidence = _evidence(
        doc, exposed, denied, {**part.who.evidence, "people": numbered, "countries": (where,)}
    )
    for form in _FORMS:
        tags = [tag for tag in doc.values(form) if part.first <= tag.start < part.last]
        if tags:
            evidence[form] = (doc.clause(tags[0].start, tags[0].end),)
    if again := telltale.again(doc):
        evidence["again"] = (again,)
    if report.collected:
        evidence["collected"] = (report.title,)
    if imitations := look_alikes(doc.raw):
        evidence["mixed_scripts"] = imitations
    if dated:
        evidence["incident_date"] = (doc.clause(dated[1], dated[2]),)
    return Facts(
        organisations=part.who.organisations,
        via=part.who.via,
        data_types=shown,
        not_exposed=frozenset(denied),
        issuers=places.issuers(doc, shown, exposed, countries),
        people=people,
        status=status,
        speaker=speaker,
        countries=countries,
        incident_date=when or (dated[0] if dated else None),
        cites=part.who.cites,
        words=telltale.words(doc, lexicon.language(code), found, part.who, (part.first, part.last)),
        evidence=evidence,
    )


def _shown(report: Report, read: frozenset[DataType]) -> frozenset[DataType]:
    """What the source states, and which numbers the words say that its "IDs" are."""
    stated = report.data_types
    return stated | (read & _LUMPED if DataType.IDENTITY_DOCUMENT in stated else set()) or read


def _people(
    doc: Doc, report: Report, counted: Sequence[numbers.Count], part: roundup.Part
) -> tuple[People | None, tuple[str, ...]]:
    if report.people:
        return report.people, ()
    count = numbers.best([item for item in counted if part.first <= item.start < part.last])
    if count is None:
        return None, ()
    return count.people, (doc.clause(count.start, count.end),)


def _evidence(
    doc: Doc,
    exposed: Mapping[DataType, Tag],
    denied: Mapping[DataType, Tag],
    others: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    found = {
        "data_types": _snippets(doc, exposed),
        "not_exposed": _snippets(doc, denied),
        **{name: tuple(words for words in said if words) for name, said in others.items()},
    }
    return {name: said for name, said in found.items() if said}


def _snippets(doc: Doc, tags: Mapping[DataType, Tag]) -> tuple[str, ...]:
    words = (
        doc.clause(tag.start, tag.end) for tag in sorted(tags.values(), key=lambda tag: tag.start)
    )
    return tuple(dict.fromkeys(words))[:_SNIPPETS]
