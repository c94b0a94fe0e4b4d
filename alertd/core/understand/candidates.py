"""The names in a text that may be organisations, and what speaks for each.

A name is a run of capitalised words; each gets named features, whose weights stand in
``lexicon/weights.toml`` under ``organisation``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.names import LEGAL_FORMS, domains, fold, plain
from alertd.core.understand.text import Doc

_CAP: Final = (
    r"(?:(?:St|Dr|Ste|Mt|Ft|[A-Z])\.|"
    r"[^\W\d_a-zà-öø-ÿ][\w+]*(?:[-.&/'’](?!s\b)[\w+]+)*|\d{1,4}[A-Z][\w-]*|\d{1,4}and[A-Z]\w*|[a-z]{1,3}[A-Z]\w+)"
)
_LINK: Final = r"(?:(?:of|and|for|the|de|du|des|la|le|les|à|y|del|und|von|&|et|di)[ \u00a0]+|[dl]['’])"
_RUN: Final = re.compile(
    rf"{_CAP}(?:(?:['’]s)?[ \u00a0]+(?:{_LINK}){{0,2}}{_CAP}"
    r"|,[ ](?:Inc|LLC|Ltd|P\.?A|S\.?A|L\.?L\.?C|P\.?C|LLP|PLLC|L\.?P)\b){0,9}"
)
_SPLIT: Final = re.compile(r"(?:['’]s)?\s+(?:and|&|et|und|y|e|en)\s+(?:the\s+)?|['’]s\s+|\s+(?:of|for)\s+(?:the\s+)?")
_KIND_WORDS: Final = frozenset(
    "hospital university bank health medical clinic center centre college school county city services service systems group"
    " insurance corporation association institute foundation ministry ministere department federation federation council"
    " hotel hotels airlines airways telecom mutuelle caisse mairie commune cabinet banque universite klinik stadtwerke"
    " ayuntamiento hospitals healthcare dental pharmacy credit union agency logistics partners technologies"
    " solutions networks entertainment games media hospice district academy society trust authority board care".split()
)
_EDGE: Final = " \t.,;:'’\"&-/"
_FIRST: Final = re.compile(r"[\w'’.-]+(?=\s)")
_POSSESSIVE: Final = re.compile(r"['’]s$")
_LETTER: Final = re.compile(r"[^\W\d]")
_MOST: Final = 80
_SHORT_WORD: Final = 3
_MOSTLY: Final = 0.8
_OBJECT_CUES: Final = frozenset({"at", "suffer"})
_SLUG_LONGEST: Final = 6
_SLUG_CUES: Final = frozenset({"suffer", "reports", "breach", "act", "at", "notify", "police", "threat", "legal", "patch", "product", "outage", "phishing", "context"})


@dataclass(slots=True)
class Candidate:
    """A name with the places where it stands (token ranges) and its features."""

    name: str
    key: str
    places: list[tuple[int, int]] = field(default_factory=list)
    features: dict[str, float] = field(default_factory=dict)
    score: float = 0.0


def candidates(doc: Doc, lexicon: Lexicon) -> list[Candidate]:
    """The names of a text, best supported first."""
    found: dict[str, Candidate] = {}
    starts = [span[0] for span in doc.spans]
    for name, start, end in _names(doc, lexicon):
        key = fold(name)
        place = (bisect_left(starts, start), bisect_left(starts, end))
        if place[0] >= place[1]:
            continue
        found.setdefault(key, Candidate(name, key)).places.append(place)
        if len(found) >= _MOST:
            break
    weights = lexicon.weights["organisation"]
    context = _Context(doc, lexicon)
    for order, candidate in enumerate(found.values()):
        candidate.features = context.features(candidate, order)
        candidate.score = weigh(candidate.features, weights)
    return sorted(found.values(), key=lambda item: (-item.score, item.places[0], item.key))


def weigh(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The sum of the features' weights."""
    return sum(value * weights.get(name, 0.0) for name, value in features.items())


def _names(doc: Doc, lexicon: Lexicon) -> Iterator[tuple[str, int, int]]:
    headline = _is_headline(doc)
    if headline:
        yield from _headline(doc)
    for run in _RUN.finditer(doc.raw, doc.title_end if headline else 0):
        yield from _trimmed(doc.raw, run.start(), run.end(), lexicon)
        parts = list(_SPLIT.finditer(doc.raw, run.start(), run.end()))
        for first, last in _pieces(run.start(), run.end(), parts):
            yield from _trimmed(doc.raw, first, last, lexicon)


def _is_headline(doc: Doc) -> bool:
    """Whether the title's capitals tell nothing: none, or on nearly all of its words."""
    long = [word for word in doc.raw[: doc.title_end].split() if len(word) > _SHORT_WORD]
    capitals = sum(word[0].isupper() for word in long)
    told = any(tag.start < doc.title_tokens and tag.value in _SLUG_CUES for tag in doc.tags)
    return len(long) > 1 and told and (capitals == 0 or capitals >= _MOSTLY * len(long))


def _headline(doc: Doc) -> Iterator[tuple[str, int, int]]:
    """What stands before the verb of a headline, and what follows "breach at"."""
    count = doc.title_tokens
    cues = [tag for tag in doc.tags if tag.start < count and tag.value in _SLUG_CUES]
    stop = min((tag.start for tag in cues), default=0)
    for first, end in [(0, stop)] + [(tag.end, count) for tag in cues if tag.value in _OBJECT_CUES]:
        last = min([end, *(tag.start for tag in cues if tag.start > first)])
        if 0 < last - first <= _SLUG_LONGEST:
            start, after = doc.spans[first][0], doc.spans[last - 1][1]
            name = doc.raw[start:after]
            yield name.title() if name.islower() else name, start, after


def _pieces(start: int, end: int, cuts: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    for found in cuts:
        yield start, found.start()
        yield found.end(), end


def _trimmed(raw: str, start: int, end: int, lexicon: Lexicon) -> Iterator[tuple[str, int, int]]:
    """A run, and what is left of it without the words at its head that name nobody."""
    while start < end:
        text = raw[start:end]
        start += len(text) - len(text.lstrip(_EDGE))
        text = raw[start:end].rstrip(" \t,;:'’\"&-/")
        first = _FIRST.match(text)
        name = _POSSESSIVE.sub("", text)
        if len(name) > 1 and not _generic(name, lexicon) and _LETTER.search(name):
            yield name, start, start + len(name)
        if first is None or not _generic(first[0], lexicon):
            return
        start += first.end()


def _generic(word: str, lexicon: Lexicon) -> bool:
    return plain(word).strip(_EDGE).removesuffix("'s") in lexicon.generic


class _Context:
    """A text's places of interest, looked up once for all its names."""

    def __init__(self, doc: Doc, lexicon: Lexicon) -> None:
        self.doc, self.lexicon = doc, lexicon
        self.title = set(doc.stems[: doc.title_tokens])
        self.headline = _is_headline(doc)
        self.title_key = fold(doc.raw[: doc.title_end]) if doc.title_end else ""
        self.starting = {
            cue: {tag.start for tag in doc.values(cue)} for cue in ("suffer", "reports")
        }
        self.ending = {cue: {tag.end for tag in doc.values(cue)} for cue in ("at", "vendor", "context", "parent")}

    def features(self, candidate: Candidate, order: int) -> dict[str, float]:
        """The named features of one name."""
        words = candidate.key.split()
        first = candidate.places[0]
        found: dict[str, float] = {
            "bias": 1.0,
            "early": 1.0 / (1 + order),
            "often": min(3.0, len(candidate.places) - 1) / 3,
            "words": float(len(words) > 1),
            "long": float(len(words) > 6),  # noqa: PLR2004 - longer runs are mostly headings
            "kind_word": float(any(word in _KIND_WORDS for word in words)),
            "legal_form": float(plain(candidate.name).strip(".").split()[-1].replace(".", "") in LEGAL_FORMS),
            "place": float(candidate.key in self.lexicon.countries),
            "domain": float(bool(domains(candidate.name))),
            "short": float(len(candidate.key) < 3),  # noqa: PLR2004 - initials
            "slug": float(self.headline and first[0] < self.doc.title_tokens),
            "capitals": float(candidate.name.isupper()),
            "generic_head": float(_generic(candidate.name.split()[0], self.lexicon)),
            "first_sentence": float(first[0] < self._first_end()),
        }
        role = self.lexicon.roles.get(candidate.key)
        if role:
            found[role] = 1.0
        found.update(self._title(candidate, words))
        for place in candidate.places[:8]:
            found.update(self._around(place))
        return found

    def _first_end(self) -> int:
        body = [one for one in self.doc.sentences if one[0] >= self.doc.title_tokens]
        return body[0][1] if body else len(self.doc.stems)

    def _title(self, candidate: Candidate, words: list[str]) -> dict[str, float]:
        first, last = candidate.places[0]
        titled = first < self.doc.title_tokens
        stems = {self.doc.stems[index] for index in range(first, min(last, len(self.doc.stems)))}
        return {
            "in_title": float(titled),
            "title_first": float(first == 0 and titled),
            "is_title": float(candidate.key == self.title_key),
            "title_words": float(bool(stems) and not titled and stems <= self.title),
            "both": float(titled and candidate.places[-1][0] >= self.doc.title_tokens),
        }

    def _around(self, place: tuple[int, int]) -> dict[str, float]:
        start, end = place
        found: dict[str, float] = {}
        for cue, starts in self.starting.items():
            if starts & {end, end + 1, end + 2}:
                found[f"before_{cue}"] = 1.0
        for cue, ends in self.ending.items():
            if ends & {start, start - 1} or (start > 1 and start - 2 in ends and cue in {"at", "vendor"}):
                found[f"after_{cue}"] = 1.0
        before = self.doc.stems[start - 1] if start else ""
        gap = self.doc.gap(start)
        after = self.doc.raw[self.doc.spans[min(end, len(self.doc.spans)) - 1][1] :][:3]
        found[f"after_{'in' if before in _PLACE_WORDS else 'word'}"] = 1.0
        found["by"] = found.get("by", 0.0) or float(before in _BY_WORDS)
        found["bracket"] = float("(" in gap)
        found["comma"] = float("," in gap)
        found["possessive"] = max(found.get("possessive", 0.0), float(after[:1] in "'’" and after[1:2] == "s"))
        return found


_PLACE_WORDS: Final = frozenset("in near from a en dans at bei".split())
_BY_WORDS: Final = frozenset("by par von por da door said told says".split())
