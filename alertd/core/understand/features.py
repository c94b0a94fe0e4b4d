"""What speaks for a name being the organisation that was breached: its named features."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.names import LEGAL_FORMS, domains, fold, plain
from alertd.core.understand.press import told
from alertd.core.understand.text import Doc

EDGE: Final = " \t.,;:'’\"&-/"
_SHORT_WORD: Final = 3
_MOSTLY: Final = 0.8
VERB_CUES: Final = frozenset(
    {
        "suffer",
        "reports",
        "breach",
        "act",
        "at",
        "notify",
        "police",
        "threat",
        "legal",
        "patch",
        "product",
        "outage",
        "phishing",
        "context",
    }
)
_EVENTS: Final = ("breach", "act", "notify", "suffer")
_GANG_ENDINGS: Final = ("ransomware", "ransom group", "ransomware group", "ransomware gang")
_REACHING: Final = frozenset({"at", "vendor"})
_VERBS: Final = ("suffer", "reports")
_LEADING: Final = ("at", "vendor", "context", "parent", "gang_named")
_FAR_AWAY: Final = 30
_CLOSE: Final = 8
_LOOKED_AT: Final = 8
_COLON: Final = re.compile(r"\s?(?:[:–—]|\s-)\s")
_JOINED: Final = re.compile(r" (?:and|et|y|und|e|en) ")


@dataclass(slots=True)
class Candidate:
    """A name with the places where it stands (token ranges) and its features."""

    name: str
    key: str
    places: list[tuple[int, int]] = field(default_factory=list)
    features: dict[str, float] = field(default_factory=dict)
    score: float = 0.0


def is_headline(doc: Doc) -> bool:
    """Whether the title's capitals tell nothing: none, or on nearly all of its words."""
    long = [word for word in doc.raw[: doc.title_end].split() if len(word) > _SHORT_WORD]
    capitals = sum(word[0].isupper() for word in long)
    none = doc.raw[: doc.title_end].islower()
    told = any(tag.start < doc.title_tokens and tag.value in VERB_CUES for tag in doc.tags)
    return len(long) > 1 and told and (none or capitals >= _MOSTLY * len(long))


def is_generic(word: str, lexicon: Lexicon) -> bool:
    """Whether a capitalised word names nobody."""
    return _bare(word) in lexicon.generic


@lru_cache(maxsize=8192)
def _bare(word: str) -> str:
    return plain(word).strip(EDGE).removesuffix("'s")


class Context:
    """A text's places of interest, looked up once for all its names."""

    def __init__(self, doc: Doc, lexicon: Lexicon, names: Iterable[Candidate]) -> None:
        self.doc, self.lexicon = doc, lexicon
        self.events = sorted(
            tag.start for cue in _EVENTS for tag in doc.values(cue) if tag.kind == "cues"
        )
        self.begins = sorted(sentence[0] for sentence in doc.sentences)
        self.heads = {sentence[0] for sentence in doc.sentences}
        self.inside = _within_longer({place for name in names for place in name.places})
        self.told = told(doc.raw)
        self.body = doc.raw[doc.title_end :]
        self.title = set(doc.stems[: doc.title_tokens])
        self.first_end = next(
            (end for start, end in doc.sentences if start >= doc.title_tokens), len(doc.stems)
        )
        self.headline = is_headline(doc)
        self.title_key = fold(doc.raw[: doc.title_end]) if doc.title_end else ""
        self.before = _before(doc)
        self.after = _after(doc)

    def features(self, candidate: Candidate, order: int) -> dict[str, float]:
        """The named features of one name."""
        start = candidate.places[0][0]
        ahead = min(self._ahead(end) for _, end in candidate.places[:_LOOKED_AT])
        found = {
            **_own(candidate.name, candidate.key, self.lexicon),
            "early": 1.0 / (1 + order),
            "often": min(3.0, len(candidate.places) - 1) / 3,
            "slug": float(self.headline and start < self.doc.title_tokens),
            "first_sentence": float(start < self.first_end),
            "event_ahead": 1.0 / (1 + ahead),
            "late": start / (1 + len(self.doc.stems)),
            "sentence_word": float(" " not in candidate.key and self._only_begins(candidate)),
            "part": float(self._part(candidate)),
            "told": float(candidate.key in self.told),
            **self._title(candidate),
        }
        for place in candidate.places[:_LOOKED_AT]:
            found.update(self._around(place))
        return found

    def _ahead(self, end: int) -> int:
        """How many words behind a name a word of an event follows."""
        place = bisect_left(self.events, end)
        return min(_FAR_AWAY, self.events[place] - end) if place < len(self.events) else _FAR_AWAY

    def _only_begins(self, candidate: Candidate) -> bool:
        """Whether the name stands at the head of sentences only, where any word has a capital."""
        return (
            all(place[0] in self.heads for place in candidate.places) and candidate.name.istitle()
        )

    def _part(self, candidate: Candidate) -> bool:
        """Whether every place of the name lies within a longer name's."""
        return self.inside.issuperset(candidate.places)

    def _title(self, candidate: Candidate) -> dict[str, float]:
        first, last = candidate.places[0]
        titled = first < self.doc.title_tokens
        again = titled and self._again(candidate)
        longer = titled and not again and candidate.places[-1][0] >= self.doc.title_tokens
        colon = (
            first == 0
            and titled
            and _COLON.match(self.doc.raw, self.doc.spans[last - 1][1]) is not None
        )
        stems = {self.doc.stems[index] for index in range(first, min(last, len(self.doc.stems)))}
        return {
            "in_title": float(titled),
            "title_first": float(first == 0 and titled),
            "is_title": float(candidate.key == self.title_key),
            "title_words": float(bool(stems) and not titled and stems <= self.title),
            "title_colon": float(colon),
            "both": float(titled and again),
            "topic": float(colon and (longer or candidate.name.lower() in self.body)),
            "only_longer": float(longer),
        }

    def _again(self, candidate: Candidate) -> bool:
        """Whether a name of the title stands in the text too; one word not as part of a name."""
        several = " " in candidate.key
        return any(
            place[0] >= self.doc.title_tokens and (several or place not in self.inside)
            for place in candidate.places
        )

    def _around(self, place: tuple[int, int]) -> dict[str, float]:
        start, end = place
        found: dict[str, float] = {}
        for name in self.before.get(end, ()):
            found[name] = 1.0
        behind = self.after.get(start)
        if behind:
            head = self.begins[max(0, bisect_right(self.begins, start) - 1)] if self.begins else 0
            found.update({name: 1.0 for name, stop in behind if stop > head})
        if "after_vendor" in found and self.lexicon.words["owner"] & set(
            self.doc.words[max(0, start - 7) : start]
        ):
            found["after_own_vendor"] = 1.0
        before = self.doc.stems[start - 1] if start else ""
        gap = self.doc.gap(start)
        stop = self.doc.spans[min(end, len(self.doc.spans)) - 1][1]
        after = self.doc.raw[stop : stop + 3]
        found[f"after_{'in' if before in self.lexicon.words['place'] else 'word'}"] = 1.0
        if before in {"in", "near"}:
            found["after_inside"] = 1.0
        found["spelt_out"] = max(found.get("spelt_out", 0.0), float(after[:2] == " ("))
        found["by"] = found.get("by", 0.0) or float(before in self.lexicon.words["by"])
        found["bracket"] = float("(" in gap)
        found["comma"] = float("," in gap)
        found["possessive"] = max(
            found.get("possessive", 0.0), float(after[:1] in "'’" and after[1:2] == "s")
        )
        return found


def _before(doc: Doc) -> dict[int, list[str]]:
    """The ends of names behind which a verb follows, at most two words on."""
    found: dict[int, list[str]] = {}
    for cue in _VERBS:
        for tag in doc.values(cue):
            for end in range(tag.start - 2, tag.start + 1):
                found.setdefault(end, []).append(f"before_{cue}")
    return found


def _after(doc: Doc) -> dict[int, list[tuple[str, int]]]:
    """The starts of names before which a cue ends, and where that one ends."""
    found: dict[int, list[tuple[str, int]]] = {}
    for cue in _LEADING:
        for tag in doc.values(cue):
            for start in range(tag.end, tag.end + (3 if cue in _REACHING else 2)):
                found.setdefault(start, []).append((f"after_{cue}", tag.end))
    return found


@lru_cache(maxsize=8192)
def _own(name: str, key: str, lexicon: Lexicon) -> dict[str, float]:
    """What a name tells by itself, wherever it stands; to be read only."""
    words = key.split()
    holds = {
        "words": len(words) > 1,
        "long": len(words) > 6,  # noqa: PLR2004 - longer runs are mostly headings
        "kind_word": not lexicon.words["kind"].isdisjoint(words),
        "law_word": not lexicon.words["law"].isdisjoint(words),
        "legal_form": plain(name).strip(".").split()[-1].replace(".", "") in LEGAL_FORMS,
        "domain": bool(domains(name)),
        "short": len(key) < 3,  # noqa: PLR2004 - initials
        "capitals": name.isupper(),
        "generic_head": is_generic(name.split(maxsplit=1)[0], lexicon),
        "place": all(part in lexicon.countries for part in _JOINED.split(key)),
        "possessive_inside": "'s " in name or "’s " in name,
        _role(key, words, lexicon): True,
    }
    told = {feature: 1.0 for feature, held in holds.items() if held and feature}
    return {"bias": 1.0, "size": min(5.0, len(words)) / 5, **told}


def _role(key: str, words: list[str], lexicon: Lexicon) -> str:
    """What kind of bystander a name is known to be, if any."""
    if key.endswith(_GANG_ENDINGS):
        return "gang"
    role = lexicon.roles.get(key)
    if role is None and len(words) > 1 and len(words[-1]) > _SHORT_WORD + 1:
        role = "product" if lexicon.roles.get(words[-1]) == "product" else None
    return role or ""


def _within_longer(places: set[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """The places that lie within a longer one."""
    found, reached = [], -1
    for place in sorted(places, key=lambda place: (place[0], -place[1])):
        if place[1] <= reached:
            found.append(place)
        reached = max(reached, place[1])
    return frozenset(found)
