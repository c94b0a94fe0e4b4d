"""The names in a text that may be organisations, and what speaks for each.

A name is a run of capitalised words; each gets named features, whose weights stand in
``lexicon/weights.toml`` under ``organisation``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.names import domains, fold, listed, plain
from alertd.core.understand.features import (
    EDGE,
    VERB_CUES,
    Candidate,
    Context,
    is_generic,
    is_headline,
)
from alertd.core.understand.proposals import propose
from alertd.core.understand.text import Doc

_CAP: Final = (
    r"(?:(?:St|Dr|Ste|Mt|Ft|[A-Z])\.(?=[ ])|(?:[A-Z]\.){2,4}(?=[ ][A-Z])|"
    r"[^\W\d_a-zà-öø-ÿ][\w+]*(?:[-.&/'’](?!s\b)[\w+]+)*|"
    r"\d{1,4}[A-Z][\w-]*|\d{1,4}and[A-Z]\w*|[a-z]{1,3}[A-Z]\w+)"
)
_LINK: Final = (
    r"(?:(?:of|and|for|the|de|du|des|la|le|les|à|y|del|und|von|&|et|di)[ \u00a0]+|[dl]['’])"
)
_RUN: Final = re.compile(
    rf"(?<![^\W_]){_CAP}(?:(?:['’]s)?[ \u00a0]+(?:{_LINK}){{0,2}}{_CAP}"
    r"|,[ ](?:Inc|LLC|Ltd|P\.?A|S\.?A|L\.?L\.?C|P\.?C|LLP|PLLC|L\.?P)\b\.?){0,9}"
)
_OFFICE: Final = re.compile(
    r"\b(?i:minist[èe]re|mairie|commune|universit[ée]|centre hospitalier(?: universitaire)?|"
    r"h[ôo]pital|agence|"
    r"f[ée]d[ée]ration|caisse|conseil|direction|pr[ée]fecture|r[ée]gion|d[ée]partement|"
    r"acad[ée]mie|chambre|"
    r"ayuntamiento|universidad|ministerio|comune|ministero|universit[àa]|stadt|gemeente)"
    r"(?:[ ][^\W\d_]{4,14}){0,2}[ ]"
    r"(?:de la |de l['’]|des |du |de |d['’]|di |del |della )?"
    rf"{_CAP}(?:[ ](?:{_LINK})?{_CAP}){{0,4}}"
)
_SITES: Final = listed(
    "site service platform forum app community company website store network game provider firm"
    " retailer marketplace tool maker exchange startup portal"
)
_BODIES: Final = listed(
    "ministry department army navy government parliament police treasury senate service authority"
    " office"
)
_LOWER: Final = re.compile(
    rf"\b(?:{'|'.join(sorted(_SITES))})(?: known as| called)? ([a-z0-9][a-z0-9.-]{{2,30}})"
    r" (?=suffered|had a breach|was hacked|was breached|disclosed|experienced|announced|confirmed)"
)
_QUOTED: Final = re.compile(r"[\"“]([A-Z0-9][\w.&'’ -]{1,50})[\"”]")
_NATIONAL: Final = re.compile(
    r"\b(?!In|An|The)[A-Z][a-z]{2,9}(?:ch|sh|an|ese|ss)(?:[ ][a-z]+){0,2}[ ]"
    r"(?:ministry|department|army|navy|government|parliament|police|treasury|senate"
    r"|prosecution service|tax authority|prosecutor['’]s office)\b"
)
_ACRONYM: Final = re.compile(r"\s[(][A-Z][A-Za-z&]{1,8}[)]")
_SPELT_OUT: Final = re.compile(r"[^\W\d_a-zà-ÿ][^.;:,()\n]{4,80}$")
_SPLIT: Final = re.compile(
    r"(?:['’]s)?\s+(?:and|&|et|und|y|e|en)\s+(?:the\s+)?|['’]s\s+|\s+(?:of|for)\s+(?:the\s+)?"
)
_FIRST: Final = re.compile(r"[lLdD]['’]|[\w'’.-]+(?=\s)")
_POSSESSIVE: Final = re.compile(r"['’]s$")
_OWN_POSSESSIVE: Final = re.compile(
    r"['’]s(?=[.,]|\s(?:in|at|has|have|was|is|said|says|and|had|will|confirmed|announced)\b)"
)
_AFTER_NAME: Final = re.compile(
    r"(?<=\w)(?:['’]s)?\s(?:Employees?|Workers?|Staff|USB|IT|Hacked|Breached|Sites?|Users?"
    r"|Customers?|Patients?|Data|Server"
    r"|Accounts?|Website|Database|Breach|Hack|Leak|GitHub|Inbox|Laptops?|PHOTO)$"
)
_LETTER: Final = re.compile(r"[^\W\d]")
_ADJECTIVE: Final = re.compile(r"-(?:speaking|based|linked|backed|style|made|born|owned)$")
_MOST: Final = 80
_PLACES: Final = 40
_KEPT: Final = 3
_SHORT_RUN: Final = 2
_OBJECT_CUES: Final = frozenset({"at", "suffer"})
_SLUG_LONGEST: Final = 6
_DATA: Final = "types"
_NOUNS_HAVE_CAPITALS: Final = frozenset({"de"})
_COMMON: Final = frozenset(
    {"vendor", "supplier", "trade", "personal", "unit_people", "unit_records", "unit_accounts"}
)
"""Cues that are common nouns: who supplies, who is served, what was taken."""


def candidates(doc: Doc, lexicon: Lexicon, language: str = "") -> list[Candidate]:
    """The names of a text, best supported first.

    Where the lexicon knows how names are worded in the text's language, the likeliest stretches
    of words compete with the names; of them only those that come out near the top are kept.
    """
    return [
        item
        for rank, item in enumerate(ranked(doc, lexicon, language))
        if rank < _KEPT or "proposed" not in item.features
    ]


def ranked(doc: Doc, lexicon: Lexicon, language: str) -> list[Candidate]:
    """All names and stretches of words that compete, the best supported first."""
    found = named(doc, lexicon)
    proposed: list[Candidate] = []
    wording = lexicon.wordings.get(language)
    if wording:
        offered = propose(doc, lexicon, wording, found)
        proposed = [item for item in offered if not _names_nobody(item.name, lexicon)]
    everyone = [*found.values(), *proposed]
    weights = lexicon.weights.get(f"organisation_{language}") if wording else None
    context = Context(doc, lexicon, everyone)
    for order, candidate in enumerate(everyone):
        candidate.features |= context.features(candidate, order)
        candidate.score = weigh(candidate.features, weights or lexicon.weights["organisation"])
    return sorted(everyone, key=lambda item: (-item.score, item.places[0], item.key))


def named(doc: Doc, lexicon: Lexicon) -> dict[str, Candidate]:
    """The names by their keys, in the order in which they are met."""
    found: dict[str, Candidate] = {}
    data = {
        index
        for tag in doc.tags
        if tag.kind == _DATA and tag.value != "mask"
        for index in range(tag.start, tag.end)
    }
    for name, start, end in _names(doc, lexicon):
        place = (bisect_left(doc.starts, start), bisect_left(doc.starts, end))
        if place[0] >= place[1] or _only_data(place, data, doc, lexicon):
            continue
        key = fold(name)
        candidate = found.get(key)
        if candidate is None:
            candidate = found[key] = Candidate(name, key)
        if len(candidate.places) < _PLACES:
            candidate.places.append(place)
        if len(found) >= _MOST:
            break
    return found


def _only_data(place: tuple[int, int], data: AbstractSet[int], doc: Doc, lexicon: Lexicon) -> bool:
    """Whether a run of words names kinds of data and nobody: "Names and French", "IBAN"."""
    if place[0] not in data or _is_proper(place, doc):
        return False
    return all(
        index in data
        or doc.words[index] in lexicon.generic
        or doc.words[index] in lexicon.words["data"]
        or doc.words[index] in lexicon.countries
        for index in range(*place)
    )


def _is_proper(place: tuple[int, int], doc: Doc) -> bool:
    """Whether several words have a capital each and none is a plural, as in "Passport Health"."""
    span = range(*place)
    name = doc.raw[doc.spans[place[0]][0] : doc.spans[place[1] - 1][1]]
    capitals = all(doc.raw[doc.spans[index][0]].isupper() for index in span)
    plural = any(doc.words[index] != doc.stems[index] for index in span)
    return bool(domains(name)) or (len(span) > 1 and capitals and not plural)


def weigh(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The sum of the features' weights."""
    get = weights.get
    return sum([value * get(name, 0.0) for name, value in features.items() if value])


def _names(doc: Doc, lexicon: Lexicon) -> Iterator[tuple[str, int, int]]:
    headline = is_headline(doc)
    if headline:
        yield from _headline(doc, lexicon)
    for tag in doc.tags:
        if tag.kind == "names":
            yield (
                doc.snippet(tag.start, tag.end),
                doc.spans[tag.start][0],
                doc.spans[tag.end - 1][1],
            )
    yield from _described(doc)
    for start, end in _offices(doc, lexicon):
        yield from _trimmed(doc, start, end, lexicon)
    for start, end in _runs(doc, lexicon, doc.title_end if headline else 0):
        yield from _trimmed(doc, start, end, lexicon)
        parts = list(_SPLIT.finditer(doc.raw, start, end))
        for first, last in _pieces(start, end, parts):
            yield from _trimmed(doc, first, last, lexicon)


def _runs(doc: Doc, lexicon: Lexicon, place: int) -> Iterator[tuple[int, int]]:
    """Runs of capitalised words; where every noun has a capital, what common nouns leave."""
    runs = (found.span() for found in _RUN.finditer(doc.raw, place))
    if doc.language not in _NOUNS_HAVE_CAPITALS:
        yield from runs
        return
    common = {
        index
        for tag in doc.tags
        if tag.kind == _DATA or tag.value in _COMMON
        for index in range(tag.start, tag.end)
        if doc.words[index] not in lexicon.words["kind"]
    }
    common |= {index for index, word in enumerate(doc.words) if word in lexicon.generic}
    for start, end in runs:
        first, last = bisect_left(doc.starts, start), bisect_left(doc.starts, end)
        cuts = [doc.spans[index] for index in range(first, last) if index in common]
        yield from _left_between(start, end, cuts)


def _left_between(
    start: int, end: int, cuts: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """What is left of a stretch between the pieces that are cut out of it."""
    for cut_start, cut_end in cuts:
        if start < cut_start:
            yield start, cut_start
        start = cut_end
    if start < end:
        yield start, end


def _described(doc: Doc) -> Iterator[tuple[str, int, int]]:
    """Names without a capital, in quotation marks, or made of a nation and a common noun."""
    if not _SITES.isdisjoint(doc.words):
        for found in _LOWER.finditer(doc.raw):
            yield found[1], *found.span(1)
    if '"' in doc.raw or "“" in doc.raw:
        for found in _QUOTED.finditer(doc.raw):
            yield found[1].strip(), *found.span(1)
    if not _BODIES.isdisjoint(doc.words):
        for found in _NATIONAL.finditer(doc.raw):
            yield found[0], *found.span()


def _offices(doc: Doc, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Names that begin with a common noun, and names that are spelt out before their initials."""
    if not lexicon.words["office"].isdisjoint(doc.words):
        for found in _OFFICE.finditer(doc.raw):
            yield found.span()
    for found in _ACRONYM.finditer(doc.raw):
        spelt = _SPELT_OUT.search(doc.raw[max(0, found.start() - 80) : found.start()])
        if spelt:
            yield found.start() - len(spelt[0]), found.start()


def _headline(doc: Doc, lexicon: Lexicon) -> Iterator[tuple[str, int, int]]:
    """What stands before the verb of a headline, and what follows "breach at"."""
    count = doc.title_tokens
    cues = [tag for tag in doc.tags if tag.start < count and tag.value in VERB_CUES]
    stop = min((tag.start for tag in cues), default=0)
    for first, end in [(0, stop)] + [(tag.end, count) for tag in cues if tag.value in _OBJECT_CUES]:
        last = min([end, *(tag.start for tag in cues if tag.start > first)])
        if 0 < last - first <= _SLUG_LONGEST:
            for head, tail in _tightened(doc, first, last, lexicon):
                start, after = doc.spans[head][0], doc.spans[tail - 1][1]
                name = doc.raw[start:after]
                yield name.title() if name.islower() else name, start, after


def _tightened(doc: Doc, first: int, last: int, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """A part of a headline, and what is left up to a preposition without words for nobody."""
    yield first, last
    stop = next(
        (place for place in range(first + 1, last) if doc.words[place] in lexicon.words["place"]),
        last,
    )
    head, tail = first, stop
    while tail - head > 1 and doc.words[tail - 1] in lexicon.words["staff"]:
        tail -= 1
    while tail - head > 1 and doc.words[head] in lexicon.words["former"]:
        head += 1
    if (head, tail) != (first, last):
        yield head, tail


def _pieces(start: int, end: int, cuts: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    for found in cuts:
        yield start, found.start()
        yield found.end(), end


def _trimmed(doc: Doc, start: int, end: int, lexicon: Lexicon) -> Iterator[tuple[str, int, int]]:
    """A run, and what is left of it without the words at its head that name nobody."""
    for offset, name in _cuts(doc.raw[start:end], lexicon):
        first = start + offset
        if _OWN_POSSESSIVE.match(doc.raw, first + len(name)):
            yield f"{name}'s", first, first + len(name)
        if len(name) > 1 and _LETTER.search(name) and not _names_nobody(name, lexicon):
            yield name, first, first + len(name)


@lru_cache(maxsize=8192)
def _cuts(run: str, lexicon: Lexicon) -> tuple[tuple[int, str], ...]:
    """The names that a run may come to, each with where it begins."""
    found: list[tuple[int, str]] = []
    start = 0
    while start < len(run):
        text = run[start:]
        start += len(text) - len(text.lstrip(EDGE))
        text = run[start:].rstrip(" \t,;:'’\"&-/")
        first = _FIRST.match(text)
        name = _POSSESSIVE.sub("", _AFTER_NAME.sub("", text) if " " in text else text)
        head = first[0] if first else ""
        article = plain(head).strip("'’") in lexicon.words["article"] if head else False
        if not article or fold(name) in lexicon.articled:
            found.append((start, name))
        small = head[:1].islower() and head.isalpha() and not _OFFICE.match(text)
        based = _ADJECTIVE.search(head) is not None
        if first is None or not (article or small or based or is_generic(head, lexicon)):
            break
        start += first.end()
    return tuple(found)


@lru_cache(maxsize=8192)
def _names_nobody(name: str, lexicon: Lexicon) -> bool:
    """Whether a name has no capital or its words name nobody, as in "In April"."""
    if (name.islower() and name.isalpha()) or name.startswith(("and ", "of ", "et ", "und ")):
        return True
    found = name.split()
    short = (
        len(found) <= _SHORT_RUN
        and "." not in name
        and all(is_generic(word, lexicon) for word in found)
    )
    return short or is_generic(name, lexicon) or _ADJECTIVE.search(found[0]) is not None
