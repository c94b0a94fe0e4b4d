"""Who was breached, through whom, and who is only mentioned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.model import Organisation, Report
from alertd.core.names import domains, fold, plain, registrable
from alertd.core.names import words as title_words
from alertd.core.understand.aliases import with_forms
from alertd.core.understand.features import Candidate
from alertd.core.understand.press import quoted
from alertd.core.understand.suppliers import is_part, suppliers
from alertd.core.understand.text import TEXT_LIMIT, Doc

_VIA_TITLE: Final = re.compile(r"^(.{2,120}?)\s*[(]via\s+([^()]{2,80})[)]\s*$", re.IGNORECASE)
_TAIL: Final = re.compile(
    r"\s+(?:Report Victim\s.*|[-–—:|]\s+(?=[^|]{0,80}$).*|[(][^()]{2,60}[)])$"
)
_HEAD: Final = re.compile(r"^(?:target|victim|victime|cible|objetivo|ziel)\s*:\s*", re.IGNORECASE)
_COVERED: Final = re.compile(
    r"\b(?:covered entity|business associate)\s*[(](?:CE|BA)[)],?\s+"
    r"([^,.;]{3,90}?(?:,\s(?:Inc|LLC|P\.?C|P\.?A|M\.?D|DMD|DDS|PLLC)\.?)?),?\s+"
    r"(?:reported|discovered|experienced|was|notified|had|learned|determined|mistakenly|inadvertently)"
)
_AND: Final = re.compile(r"\s+(?:and|et|y|und|e|en)\s+")
_MENTIONED: Final = 12
_ABBREVIATED: Final = 3
_TITLE_NAME_WORDS: Final = 9
_NEAR: Final = 1.0
_POOR: Final = ("place", "product", "sentence_word", "part", "proposed")


@dataclass(frozen=True, slots=True)
class Parties:
    """The organisations of one report, where they stand, and the words they were read from."""

    organisations: tuple[Organisation, ...]
    via: tuple[Organisation, ...]
    mentioned: tuple[Organisation, ...]
    cites: frozenset[str]
    places: tuple[tuple[int, int], ...]
    evidence: dict[str, tuple[str, ...]]


def parties(doc: Doc, report: Report, found: Sequence[Candidate], lexicon: Lexicon) -> Parties:
    """What the source states wins; else the title that is a name, else the best name."""
    if report.collected:
        return _built(doc, report, found, lexicon, names=(), via_names=())
    title, via_title = title_parts(report.title)
    stated = [part for name in report.organisations for part in [title_parts(name)]]
    if stated:
        names = [name for name, _ in stated if name]
        via_names = [name for _, name in stated if name]
    elif via_title or is_name(doc, title, lexicon):
        names, via_names = [title], []
    else:
        names, via_names = _read(doc, found, lexicon), []
    via_names = [
        name
        for name in [*via_names, via_title or "", *suppliers(doc, found)]
        if name and not is_part(name, names)
    ]
    return _built(doc, report, found, lexicon, names=names, via_names=via_names)


def must_read(doc: Doc, report: Report, lexicon: Lexicon) -> bool:
    """Whether the words must tell who was breached, as neither source nor title states it."""
    if report.collected or report.organisations or _covered(doc):
        return False
    title, via = title_parts(report.title)
    return not via and not is_name(doc, title, lexicon)


@lru_cache(maxsize=256)
def title_parts(title: str) -> tuple[str, str | None]:
    """The name in a title such as "X (via Y)", "X - revendication Z" or "target: X (UK)"."""
    found = _VIA_TITLE.match(title.strip())
    if found:
        return found[1], found[2].strip()
    name = _HEAD.sub("", title.strip())
    return _TAIL.sub("", name) or name, None


def is_name(doc: Doc, title: str, lexicon: Lexicon) -> bool:
    """Whether a title is a bare name: few words, a capital, and no verb or cue of a story."""
    count = len(title.split())
    a_sentence = title.endswith(("?", "!", ".")) and count > _ABBREVIATED
    if not title or count > _TITLE_NAME_WORDS or a_sentence or _addresses(doc, lexicon):
        return False
    verbs = {"reports", "suffer", "breach", "act", "confirm", "deny", "notify", "patch", "product"}
    listed = any(tag.start < doc.title_tokens for tag in doc.values("gang_listing"))
    last = len(title_words(title)) if listed else doc.title_tokens
    told = any(tag.start < last and tag.value in verbs for tag in doc.tags)
    small = [word for word in title.split() if word[:1].islower() and len(word) > 4]  # noqa: PLR2004 - links are short
    counted = bool(small) and any(word[:1].isdigit() for word in title.split())
    named = count == 1 or any(char.isupper() for char in title)
    few = len(small) <= max(count // 3, count == 1)
    return named and few and not counted and not told and not _boasted(doc, last)


def _boasted(doc: Doc, last: int) -> bool:
    """Whether criminals claim something in a title: "Gang claims attack on X"."""
    gangs = [tag.start for tag in doc.values("criminals") if tag.start < last]
    claims = [tag.start for tag in doc.values("claim") if tag.start < last]
    return bool(gangs and claims) and min(gangs) < max(claims)


def _addresses(doc: Doc, lexicon: Lexicon) -> bool:
    """Whether a title speaks to readers or of somebody's own ("our patients")."""
    return not lexicon.words["owner"].isdisjoint(doc.words[: doc.title_tokens])


def _read(doc: Doc, found: Sequence[Candidate], lexicon: Lexicon) -> list[str]:
    covered = _covered(doc)
    if covered:
        return [covered]
    best = _foremost([item for item in found if not is_bystander(item)])
    if best is None:
        return []
    halves = [half for half in _AND.split(best.name) if half]
    if (
        len(halves) > 1
        and _plural(doc, best, lexicon)
        and lexicon.words["half"].isdisjoint(map(plain, halves))
    ):
        return halves
    return [best.name]


def _foremost(able: Sequence[Candidate]) -> Candidate | None:
    """The best name; a writer's own supplier, a parent and a place behind a name stand back."""
    own = (item for item in able if not item.features.get("after_own_vendor"))
    best = next(own, able[0] if able else None)
    if best is None:
        return None
    if best.features.get("title_short_of"):
        return next((item for item in able if best.key.startswith(f"{item.key} of ")), best)
    if best.features.get("after_parent") and not best.features.get("in_title"):
        near = (item for item in able if item.score > best.score - _NEAR)
        return next((item for item in near if item.features.get("both")), best)
    return best


def _covered(doc: Doc) -> str | None:
    """Who reported, in the words of the register of health breaches."""
    if "(CE)" not in doc.raw and "(BA)" not in doc.raw:
        return None
    found = _COVERED.search(doc.raw)
    return found[1] if found else None


def _plural(doc: Doc, name: Candidate, lexicon: Lexicon) -> bool:
    """Whether what stands around "A and B" speaks of several."""
    return any(
        lexicon.words["several"] & set(doc.words[max(0, start - 9) : start])
        or lexicon.words["plural"] & set(doc.words[end : end + 4])
        for start, end in name.places
    )


def is_bystander(item: Candidate) -> bool:
    """Whether a name is one that reports, judges or attacks, or names no body at all."""
    titled = item.features.get("title_first") and item.features.get("both")
    roles = ("gang", "after_gang_named", "press", "regulator", "network", "told")
    reports = not titled and any(item.features.get(role) for role in roles)
    return bool(reports or item.features.get("place") or item.features.get("product"))


def _mentionable(item: Candidate, taken: Sequence[Organisation]) -> bool:
    """Whether a name is worth keeping as one that is only mentioned."""
    poor = any(item.features.get(name) for name in _POOR)
    return (
        not poor
        and not item.features.get("slug")
        and not is_part(item.name, [one.name for one in taken])
    )


def _built(
    doc: Doc,
    report: Report,
    found: Sequence[Candidate],
    lexicon: Lexicon,
    *,
    names: Iterable[str],
    via_names: Iterable[str],
) -> Parties:
    breached = _organisations(names, lexicon, set())
    if report.domain and breached:
        host = registrable(report.domain)
        first = breached[0]
        breached[0] = Organisation(first.name, first.key, first.aliases, (host,) if host else ())
    breached = [with_forms(item, doc, found) for item in breached]
    taken = {key for item in breached for key in (item.key, *item.aliases)}
    via = _organisations(via_names, lexicon, taken)[:1]
    taken |= {item.key for item in via}
    mentioned = _organisations(
        (item.name for item in found if _mentionable(item, [*breached, *via])), lexicon, taken
    )
    evidence = {
        "organisations": tuple(_words(doc, item, found) for item in breached),
        "via": tuple(_words(doc, item, found) for item in via),
    }
    keys = {item.key for item in breached}
    named = frozenset(item.key for item in found if item.features.get("press"))
    cites = (named | quoted(report.text[:TEXT_LIMIT])) - keys
    places = tuple(place for item in found if item.key in keys for place in item.places)
    return Parties(
        organisations=tuple(breached),
        via=tuple(via),
        mentioned=tuple(mentioned[:_MENTIONED]),
        cites=cites,
        places=places,
        evidence=evidence,
    )


def _organisations(names: Iterable[str], lexicon: Lexicon, taken: set[str]) -> list[Organisation]:
    made: dict[str, Organisation] = {}
    for name in names:
        clean = name.strip(" ,;:-–\"'’")
        key = fold(clean) if clean else ""
        if key and key not in taken and key not in made:
            canonical = lexicon.aliases.get(key)
            made[key] = Organisation(
                clean, key, (canonical,) if canonical and canonical != key else (), domains(clean)
            )
    return list(made.values())


def _words(doc: Doc, item: Organisation, found: Sequence[Candidate]) -> str:
    for candidate in found:
        if candidate.key == item.key:
            return doc.clause(*candidate.places[0])
    return item.name
