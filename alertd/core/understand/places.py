"""Countries: of the people and the organisation, and who issued the exposed numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.model import ISSUED, DataType, Report
from alertd.core.names import country_of, domains, listed
from alertd.core.understand.text import Doc, Tag

_BY_LANGUAGE: Final = {"fr": "FR", "de": "DE", "es": "ES", "it": "IT", "nl": "NL"}
_BORROWED: Final = frozenset({"US"})
_NAMING: Final = frozenset({"countries", "demonyms", "cities"})
_TONGUE: Final = listed("en in auf op")
"""Before the name of a language: "en français"."""
_JOINS: Final = frozenset({" ", "-"})
_BYSTANDERS: Final = ("criminals", "malware", "bystander")


def countries(
    doc: Doc, report: Report, language: str, lexicon: Lexicon
) -> tuple[frozenset[str], str]:
    """The countries concerned, and the words that say so.

    What the source states comes first, then the countries, nationalities, towns and bodies that
    the text names, then the domain, what else points to a country, and last the publisher's.
    """
    if report.country:
        return frozenset({report.country.upper()}), ""
    named = _named(doc)
    if named:
        most = max(len(places) for places in named.values())
        kept = {
            code for code, places in named.items() if len(places) == most or code not in _BORROWED
        }
        first = min(places[0] for code, places in named.items() if code in kept)
        return frozenset(kept), doc.clause(*first)
    hosts = domains(report.domain or "") or (domains(doc.raw) if "." in doc.raw else ())
    for host in hosts:
        code = country_of(host)
        if code:
            return frozenset({code}), host if host in doc.raw.lower() else ""
    hinted = _hinted(doc)
    if hinted:
        return frozenset({hinted[0]}), doc.clause(hinted[1], hinted[2])
    code = lexicon.publishers.get(report.source.lower()) or _BY_LANGUAGE.get(language)
    return (frozenset({code}), "") if code else (frozenset(), "")


def _named(doc: Doc) -> dict[str, list[tuple[int, int]]]:
    """Where each country is named, itself or by its towns; attackers' countries left out."""
    found: dict[str, list[tuple[int, int]]] = {}
    for tag in doc.tags:
        if tag.kind not in _NAMING:
            continue
        if tag.kind == "demonyms":
            named = not tag.start or doc.words[tag.start - 1] not in _TONGUE
        else:
            named = doc.raw[doc.spans[tag.start][0]].isupper()
        if named and not _is_attacker(doc, tag):
            found.setdefault(tag.value, []).append((tag.start, tag.end))
    return found


def _is_attacker(doc: Doc, tag: Tag) -> bool:
    """Whether a nationality is that of who attacked or looks into it: "Russian hackers"."""
    if tag.kind == "cities":
        return False
    near = {tag.end}
    if tag.end < len(doc.words) and doc.gap(tag.end) in _JOINS:
        near.add(tag.end + 1)
    return any(
        other.start in near and doc.gap(other.start) in _JOINS
        for cue in _BYSTANDERS
        for other in doc.values(cue)
    )


def _hinted(doc: Doc) -> tuple[str, int, int] | None:
    """The country that most numbers, laws and bodies of a text belong to, with the first."""
    hints = [tag for tag in doc.tags if tag.kind == "hints"]
    if not hints:
        return None
    counted = Counter(tag.value for tag in hints)
    code = max(sorted(counted), key=counted.__getitem__)
    first = next(tag for tag in hints if tag.value == code)
    return code, first.start, first.end


def issuers(
    doc: Doc,
    exposed: AbstractSet[DataType],
    tags: Mapping[DataType, Tag],
    countries_named: Iterable[str],
) -> dict[DataType, str]:
    """For each number that a state or a bank issues, the country that issued it.

    The term itself says it (NIR, BSN).  Of one that other countries' numbers are likened to
    ("US?" in the lexicon) it says so only if nothing points elsewhere.
    """
    concerned = sorted(set(countries_named))
    found: dict[DataType, str] = {}
    for code in sorted(ISSUED & exposed):
        own = _of_term(doc, tags[code]) if code in tags else None
        issuer = _issuer(own or "", concerned)
        if issuer:
            found[code] = issuer
    return found


def _issuer(term: str, concerned: Sequence[str]) -> str | None:
    """The country of a term ("NL", shared "US?", none ""), given those that are concerned."""
    own = term.removesuffix("?")
    if own and own == term:
        return own
    others = [code for code in concerned if code not in _BORROWED | {own}]
    if own and (not others or (own in concerned and own not in _BORROWED)):
        return own
    if len(others) == 1:
        return others[0]
    return concerned[0] if len(concerned) == 1 else None


def _of_term(doc: Doc, term: Tag) -> str | None:
    for tag in doc.tags:
        if tag.kind == "issuers" and tag.start < term.end and term.start < tag.end:
            return tag.value
    return None
