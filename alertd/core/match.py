"""Which criteria an incident satisfies, and why or why not, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from alertd.core.concerned import LONGEST_NAME, concerned, domain_of, head, holds, keys_of, named
from alertd.core.model import Change, DataType, Incident, Organisation, Status
from alertd.core.names import fold, words
from alertd.core.people import Answer, Criteria, Criterion, Field, Reason, Term

PERSONS: Final = frozenset(
    {"people", "accounts", "households", "patients", "customers", "members", "users", "employees"}
)
"""The units that count people; records, files and gigabytes do not."""
NO_TERM: Final = Term(Field.ANY, "")
"""The term of a watch that names nothing that could be looked up."""
_ANCHORS: Final = (
    frozenset({Field.ORGANISATION, Field.DOMAIN}),
    frozenset({Field.KEYWORD}),
    frozenset({Field.SECTOR}),
    frozenset({Field.DATA_TYPE}),
    frozenset({Field.COUNTRY}),
)
"""The first of these that a watch uses finds its candidates: the rarest come first."""


def terms(criteria: Criteria) -> tuple[Term, ...]:
    """Every term of the criteria; those of the most telling field are the anchors."""
    found = sorted(set(_fields(criteria)))
    used = {field for field, _ in found}
    anchors = next((group for group in _ANCHORS if group & used), frozenset({Field.ANY}))
    if not used & anchors:
        found.append((NO_TERM.field, NO_TERM.key))
    return tuple(Term(field, key, anchor=field in anchors) for field, key in found)


def lookups(
    organisations: Iterable[Organisation],
    data_types: Iterable[DataType],
    countries: Iterable[str],
    texts: Iterable[str],
) -> frozenset[tuple[Field, str]]:
    """The term keys by which criteria that an incident could satisfy are found.

    ``texts`` are its titles and the words that its facts were read from.
    """
    known = list(organisations)
    found: set[tuple[Field, str]] = {(NO_TERM.field, NO_TERM.key)}
    found.update((Field.ORGANISATION, key) for item in known for key in keys_of(item))
    found.update((Field.DOMAIN, domain) for item in known for domain in item.domains)
    found.update((Field.DATA_TYPE, kind.value) for kind in data_types)
    found.update((Field.COUNTRY, country) for country in countries)
    for gram in {gram for text in texts for gram in _grams(words(text))}:
        found.add((Field.KEYWORD, gram))
        if not known:
            found.add((Field.ORGANISATION, gram))
    return frozenset(found)


def match(criteria: Criteria, incident: Incident) -> Reason:
    """Judge each field of the criteria against the incident; all must hold."""
    found = concerned(criteria, incident)
    judged = [
        found.criterion if found else None,
        _excluded(criteria, incident),
        _data_types(criteria, incident),
        _countries(criteria, incident),
        _keywords(criteria, incident),
        _people(criteria, incident),
        _status(criteria, incident),
        _sectors(criteria),
    ]
    return Reason(
        criteria=tuple(item for item in judged if item is not None),
        organisation=found.organisation if found else None,
        role=found.role if found else None,
        possible=found.possible if found else False,
        path=found.path if found else (),
    )


def concerns(criteria: Criteria, after: Incident, before: Incident, why: Iterable[Change]) -> bool:
    """Whether what a revision changed is something that these criteria care about."""
    return any(_concerns(criteria, after, before, change) for change in why)


def _concerns(criteria: Criteria, after: Incident, before: Incident, change: Change) -> bool:
    if change is Change.DATA_TYPES:
        moved = after.data_types ^ before.data_types
        return bool(moved & criteria.data_types) if criteria.data_types else bool(moved)
    if change is Change.ORGANISATIONS:
        known = {item.key for item in before.organisations}
        new = [item for item in after.organisations if item.key not in known]
        supplied = (name for supplier in criteria.suppliers for name in supplier.names)
        names = (*criteria.organisations, *supplied)
        return any(named(name, item) for name in names for item in new) if names else bool(new)
    return change is not Change.MERGED


def _fields(criteria: Criteria) -> Iterator[tuple[Field, str]]:
    for name in criteria.organisations:
        yield from _names(name)
        if head(name):  # as it stands in a title, where no organisation could be read
            yield Field.ORGANISATION, head(name)
    for supplier in criteria.suppliers:
        for name in supplier.names:
            yield from _names(name)
    yield from ((Field.DATA_TYPE, kind.value) for kind in criteria.data_types)
    yield from ((Field.COUNTRY, country) for country in criteria.countries)
    yield from ((Field.SECTOR, sector) for sector in criteria.sectors)
    yield from ((Field.KEYWORD, head(keyword)) for keyword in criteria.keywords)


def _names(name: str) -> Iterator[tuple[Field, str]]:
    yield Field.ORGANISATION, fold(name)
    if (domain := domain_of(name)) is not None:
        yield Field.DOMAIN, domain


def _all(incident: Incident) -> frozenset[str]:
    return frozenset(
        key for item in (*incident.organisations, *incident.via) for key in keys_of(item)
    )


def _grams(text: tuple[str, ...]) -> Iterator[str]:
    for start in range(len(text)):
        for end in range(start + 1, min(start + LONGEST_NAME, len(text)) + 1):
            yield " ".join(text[start:end])


def _excluded(criteria: Criteria, incident: Incident) -> Criterion | None:
    if not criteria.exclude:
        return None
    title = f" {' '.join(words(incident.title))} "
    for name in criteria.exclude:
        if fold(name) in _all(incident) or f" {' '.join(words(name))} " in title:
            return Criterion("exclude", Answer.FAILS, f"{name} is excluded")
    return holds("exclude", "nothing excluded occurs")


def _data_types(criteria: Criteria, incident: Incident) -> Criterion | None:
    if not criteria.data_types:
        return None
    hit = sorted(criteria.data_types & incident.data_types)
    if hit:
        return holds("data_types", ", ".join(hit), *(Term(Field.DATA_TYPE, k.value) for k in hit))
    if not incident.data_types:
        return Criterion("data_types", Answer.UNKNOWN, "not known yet which data leaked")
    return Criterion("data_types", Answer.FAILS, ", ".join(sorted(incident.data_types)))


def _countries(criteria: Criteria, incident: Incident) -> Criterion | None:
    if not criteria.countries:
        return None
    hit = sorted(criteria.countries & incident.countries)
    if hit:
        return holds("countries", ", ".join(hit), *(Term(Field.COUNTRY, code) for code in hit))
    if not incident.countries:
        return Criterion("countries", Answer.UNKNOWN, "not known yet in which country")
    return Criterion("countries", Answer.FAILS, ", ".join(sorted(incident.countries)))


def _keywords(criteria: Criteria, incident: Incident) -> Criterion | None:
    if not criteria.keywords:
        return None
    said = [incident.title, *(snippet for found in incident.evidence.values() for snippet in found)]
    text = f" {' '.join(word for part in said for word in (*words(part), '|'))} "
    for keyword in criteria.keywords:
        key = " ".join(words(keyword))
        if key and f" {key} " in text:
            return holds("keywords", keyword, Term(Field.KEYWORD, head(keyword)))
    return Criterion("keywords", Answer.FAILS, "none of the words occurs")


def _people(criteria: Criteria, incident: Incident) -> Criterion | None:
    if not criteria.min_people:
        return None
    counted = incident.people
    known = counted and counted.unit in PERSONS and (counted.high or counted.low)
    if not known:
        return Criterion("min_people", Answer.UNKNOWN, "not known yet how many people")
    answer = Answer.HOLDS if known >= criteria.min_people else Answer.FAILS
    return Criterion("min_people", answer, str(known))


def _status(criteria: Criteria, incident: Incident) -> Criterion:
    fails = incident.status is Status.WITHDRAWN or (
        criteria.min_status is Status.CONFIRMED and incident.status is not Status.CONFIRMED
    )
    answer = Answer.FAILS if fails else Answer.HOLDS
    return Criterion("min_status", answer, incident.status.value)


def _sectors(criteria: Criteria) -> Criterion | None:
    if not criteria.sectors:
        return None
    return Criterion("sectors", Answer.UNKNOWN, "sources do not tell the sector")
