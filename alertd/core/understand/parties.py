"""Who was breached, through whom, and who is only mentioned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.model import Organisation, Report
from alertd.core.names import domains, fold, registrable
from alertd.core.understand.candidates import Candidate
from alertd.core.understand.text import Doc

_VIA_TITLE: Final = re.compile(r"^(.{2,120}?)\s*[(]via\s+([^()]{2,80})[)]\s*$", re.IGNORECASE)
_TAIL: Final = re.compile(
    r"\s+(?:[-–—:|]\s+(?=[^|]{0,80}$).*|[(][^()]{2,60}[)])$"
)
_HEAD: Final = re.compile(r"^(?:target|victim|victime|cible|objetivo|ziel)\s*:\s*", re.IGNORECASE)
_COVERED: Final = re.compile(
    r"\b(?:covered entity|business associate)\s*[(](?:CE|BA)[)],?\s+([^,.;]{3,90}?(?:,\s(?:Inc|LLC|P\.?C|P\.?A|M\.?D|DMD|DDS|PLLC)\.?)?),?\s+(?:reported|discovered|experienced|was|notified|had|learned|determined|mistakenly|inadvertently)"
)
_OWN_VENDOR: Final = re.compile(
    r"\b(?:its|their|the CE['’]s|a|the)\s+(?:former\s+)?(?:business associate|BA|vendor|contractor|subcontractor)(?:\s*[(]BA[)])?,?\s+"
    r"((?:[A-Z0-9][\w&.'’-]*|of|and|the|for|&)(?:\s(?:[A-Z0-9][\w&.'’-]*|of|and|the|for|&)){0,7}(?:,\s(?:Inc|LLC|Corp|P\.C)\.?)?)"
)
_TITLE_NAME_WORDS: Final = 9


@dataclass(frozen=True, slots=True)
class Parties:
    """The organisations of one report, and the words they were read from."""

    organisations: tuple[Organisation, ...]
    via: tuple[Organisation, ...]
    mentioned: tuple[Organisation, ...]
    cites: frozenset[str]
    evidence: dict[str, tuple[str, ...]]


def parties(
    doc: Doc, report: Report, found: Sequence[Candidate], lexicon: Lexicon
) -> Parties:
    """What the source states wins; else the title that is a name, else the best name."""
    title, via_title = title_parts(report.title)
    stated = [part for name in report.organisations for part in [title_parts(name)]]
    if stated:
        names = [name for name, _ in stated if name]
        via_names = [name for _, name in stated if name]
    elif via_title or is_name(doc, title):
        names, via_names = [title], []
    else:
        names, via_names = _read(doc, found), []
    via_names = [name for name in [*via_names, via_title or "", *_vias(doc, found)] if name]
    return _built(doc, report, found, lexicon, names, via_names)


def title_parts(title: str) -> tuple[str, str | None]:
    """The name in a title such as "X (via Y)", "X - revendication Z" or "target: X (UK)"."""
    found = _VIA_TITLE.match(title.strip())
    if found:
        return found[1], found[2].strip()
    name = _HEAD.sub("", title.strip())
    return _TAIL.sub("", name) or name, None


def is_name(doc: Doc, title: str) -> bool:
    """Whether a title is a bare name: few words, a capital, and no verb or cue of a story."""
    count = len(title.split())
    if not title or count > _TITLE_NAME_WORDS or title.rstrip()[-1:] in "?!." and count > 3:  # noqa: PLR2004 - Inc.
        return False
    verbs = {"reports", "suffer", "breach", "act", "confirm", "deny", "notify", "patch", "product"}
    last = doc.title_tokens
    told = any(tag.start < last and tag.value in verbs for tag in doc.tags)
    small = [word for word in title.split() if word[:1].islower() and len(word) > 4]  # noqa: PLR2004 - links are short
    return not told and any(char.isupper() for char in title) and len(small) <= count // 3


def _read(doc: Doc, found: Sequence[Candidate]) -> list[str]:
    covered = _COVERED.search(doc.raw)
    if covered:
        return [covered[1]]
    if not found:
        return []
    best = found[0]
    joined = [
        other.name for other in found[1:6] if _coordinate(doc, best, other)
    ]
    return [best.name, *joined[:2]]


def _coordinate(doc: Doc, one: Candidate, other: Candidate) -> bool:
    """Whether two names stand as "A and B" before one verb."""
    if one.key in other.key or other.key in one.key or other.score < one.score - 4:
        return False
    ends = {tag.start for tag in (*doc.values("suffer"), *doc.values("reports"))}
    for first, second in ((one, other), (other, one)):
        for place in first.places:
            for place2 in second.places:
                if place2[0] == place[1] + 1 and doc.stems[place[1]] in {"and", "et", "y", "und", "e", "en"}:
                    return bool({place2[1], place2[1] + 1, place2[1] + 2} & ends) or doc.gap(place2[1] if place2[1] < len(doc.spans) else 0).startswith(",")
    return False


def _vias(doc: Doc, found: Sequence[Candidate]) -> list[str]:
    named = _OWN_VENDOR.search(doc.raw)
    if named:
        return [named[1].rstrip(" ,.")]
    return [item.name for item in found if item.features.get("after_vendor") and not _excluded(item)][:1]


def _excluded(item: Candidate) -> bool:
    return any(item.features.get(role) for role in ("regulator", "gang", "press", "product", "place"))


def _built(
    doc: Doc,
    report: Report,
    found: Sequence[Candidate],
    lexicon: Lexicon,
    names: Iterable[str],
    via_names: Iterable[str],
) -> Parties:
    breached = _organisations(names, lexicon, set())
    if report.domain and breached:
        host = registrable(report.domain)
        first = breached[0]
        breached[0] = Organisation(first.name, first.key, first.aliases, (host,) if host else ())
    taken = {item.key for item in breached}
    via = _organisations(via_names, lexicon, taken)[:1]
    taken |= {item.key for item in via}
    mentioned = _organisations(
        (item.name for item in found if not item.features.get("place") and not item.features.get("product")), lexicon, taken
    )
    evidence = {
        "organisations": tuple(_words(doc, item, found) for item in breached),
        "via": tuple(_words(doc, item, found) for item in via),
    }
    cites = frozenset(item.key for item in found if item.features.get("press"))
    return Parties(tuple(breached), tuple(via), tuple(mentioned[:12]), cites, evidence)


def _organisations(names: Iterable[str], lexicon: Lexicon, taken: set[str]) -> list[Organisation]:
    made: dict[str, Organisation] = {}
    for name in names:
        clean = name.strip(" ,;:-–\"'’")
        key = fold(clean) if clean else ""
        if key and key not in taken and key not in made:
            canonical = lexicon.aliases.get(key)
            made[key] = Organisation(clean, key, (canonical,) if canonical and canonical != key else (), domains(clean))
    return list(made.values())


def _words(doc: Doc, item: Organisation, found: Sequence[Candidate]) -> str:
    for candidate in found:
        if candidate.key == item.key:
            return doc.snippet(*candidate.places[0], 4)
    return item.name
