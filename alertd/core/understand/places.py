"""Countries: of the people and the organisation, and who issued the exposed numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from alertd.core.model import ISSUED, DataType, Report
from alertd.core.names import country_of, domains
from alertd.core.understand.text import Doc, Tag

_BY_LANGUAGE: Final = {"fr": "FR", "de": "DE", "es": "ES", "it": "IT", "nl": "NL"}
_BORROWED: Final = frozenset({"US"})


def countries(doc: Doc, report: Report, language: str) -> tuple[frozenset[str], str]:
    """The countries concerned, and the words that say so."""
    if report.country:
        return frozenset({report.country.upper()}), ""
    named = _named(doc)
    if named:
        most = max(len(places) for places in named.values())
        kept = {
            code for code, places in named.items() if len(places) == most or code not in _BORROWED
        }
        first = min((places[0] for code, places in named.items() if code in kept))
        return frozenset(kept), doc.clause(*first)
    hosts = domains(report.domain or "") or domains(doc.raw)
    for host in hosts:
        code = country_of(host)
        if code:
            return frozenset({code}), host if host in doc.raw.lower() else ""
    code = _BY_LANGUAGE.get(language)
    return (frozenset({code}), "") if code else (frozenset(), "")


def _named(doc: Doc) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for tag in doc.tags:
        if tag.kind == "countries" and doc.raw[doc.spans[tag.start][0]].isupper():
            found.setdefault(tag.value, []).append((tag.start, tag.end))
    return found


def issuers(
    doc: Doc,
    exposed: AbstractSet[DataType],
    tags: Mapping[DataType, Tag],
    countries_named: Iterable[str],
) -> dict[DataType, str]:
    """For each number that a state or a bank issues, the country that issued it.

    The term itself says it (NIR, BSN) unless it is one that other countries' numbers are
    likened to: those are American only if nothing points elsewhere.
    """
    concerned = Counter(countries_named)
    elsewhere = [code for code in sorted(concerned) if code not in _BORROWED]
    found: dict[DataType, str] = {}
    for code in sorted(ISSUED & exposed):
        own = _of_term(doc, tags[code]) if code in tags else None
        if own and (own not in _BORROWED or not elsewhere):
            found[code] = own
        elif len(elsewhere) == 1 and (own is None or len(concerned) == 1 or own in _BORROWED):
            found[code] = elsewhere[0]
        elif len(concerned) == 1:
            found[code] = next(iter(concerned))
    return found


def _of_term(doc: Doc, term: Tag) -> str | None:
    for tag in doc.tags:
        if tag.kind == "issuers" and tag.start < term.end and term.start < tag.end:
            return tag.value
    return None
