"""Which watched organisation an incident concerns: itself, its supplier, or perhaps by title."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from alertd.core.model import Incident, Organisation
from alertd.core.names import fold, registrable, words
from alertd.core.people import Answer, Criteria, Criterion, Field, Supplier, Term

LONGEST_NAME: Final = 6
"""Words of a watched name or keyword that are looked up in running text; the rest is compared."""


def holds(field: str, words_: str, *found: Term) -> Criterion:
    """A criterion that holds, by the terms that made it."""
    return Criterion(field, Answer.HOLDS, words_, found)


def head(name: str) -> str:
    """The first words of a name, as running text is looked up by them."""
    return " ".join(words(name)[:LONGEST_NAME])


def domain_of(name: str) -> str | None:
    """The registrable domain that a watched name is, or that a web address leads to."""
    host = name.strip().casefold().removeprefix("https://").removeprefix("http://")
    host = host.partition("/")[0]
    return registrable(host) if "." in host.strip(".") and " " not in host else None


def keys_of(organisation: Organisation) -> frozenset[str]:
    """All folded names of an organisation."""
    return frozenset({organisation.key, *map(fold, organisation.aliases)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the organisations of a watch came to."""

    criterion: Criterion
    organisation: str | None = None
    role: str | None = None
    possible: bool = False
    path: tuple[str, ...] = ()


def concerned(criteria: Criteria, incident: Incident) -> Found | None:
    """What the organisations of a watch come to; None for a watch that names none."""
    if not criteria.organisations:
        return None
    found = _directly(criteria, incident) or _through(criteria, incident)
    if found is not None:
        return found
    if not incident.organisations:
        return _in_title(criteria, incident)
    others = ", ".join(item.name for item in (*incident.organisations, *incident.via))
    return Found(criterion=Criterion("organisations", Answer.FAILS, others))


def _roles(incident: Incident) -> Iterator[tuple[str, Organisation]]:
    """Each organisation of the incident, with the part it has in it."""
    yield from (("breached", item) for item in incident.organisations)
    yield from (("via", item) for item in incident.via)


def _directly(criteria: Criteria, incident: Incident) -> Found | None:
    """A watched organisation that was breached, or through which it happened."""
    for name in criteria.organisations:
        for role, item in _roles(incident):
            if (term := named(name, item)) is not None:
                judged = holds("organisations", f"{name} = {item.name} ({role})", term)
                return Found(criterion=judged, organisation=item.name, role=role)
    return None


def _through(criteria: Criteria, incident: Incident) -> Found | None:
    """A supplier of a watched organisation, for data that it holds as far as that is known."""
    hit = [
        (supplier, item, term)
        for supplier in criteria.suppliers
        for _, item in _roles(incident)
        if (term := _by_any(supplier.names, item)) is not None
    ]
    for supplier, item, term in hit:
        if _holds_some(supplier, incident):
            judged = holds("organisations", f"{_chain(supplier)} (supplier)", term)
            return Found(
                criterion=judged, organisation=item.name, role="supplier", path=supplier.path
            )
    if not hit:
        return None
    kept = ", ".join(sorted(hit[0][0].data_types))
    why = f"{_chain(hit[0][0])} (supplier), which holds only {kept}"
    return Found(criterion=Criterion("organisations", Answer.FAILS, why))


def _by_any(names: tuple[str, ...], item: Organisation) -> Term | None:
    return next((term for name in names if (term := named(name, item)) is not None), None)


def _chain(supplier: Supplier) -> str:
    return " ← ".join(supplier.path)


def _holds_some(supplier: Supplier, incident: Incident) -> bool:
    known = supplier.data_types and incident.data_types
    return not known or bool(supplier.data_types & incident.data_types)


def named(name: str, item: Organisation) -> Term | None:
    """The term by which a watched name is that organisation; None where it is not."""
    if fold(name) in keys_of(item):
        return Term(Field.ORGANISATION, fold(name))
    domain = domain_of(name)
    if domain is not None and domain in item.domains:
        return Term(Field.DOMAIN, domain)
    return None


def _in_title(criteria: Criteria, incident: Incident) -> Found:
    if "collected" in incident.evidence:
        nobody = "gathered from many places: no one organisation was breached"
        return Found(criterion=Criterion("organisations", Answer.FAILS, nobody))
    title = f" {' '.join(words(incident.title))} "
    for name in criteria.organisations:
        if words(name) and f" {' '.join(words(name))} " in title:
            term = Term(Field.ORGANISATION, head(name))
            judged = holds("organisations", f"{name} in the title: possible match", term)
            return Found(criterion=judged, organisation=name, role="breached", possible=True)
    unread = "no organisation could be read"
    return Found(criterion=Criterion("organisations", Answer.UNKNOWN, unread))
