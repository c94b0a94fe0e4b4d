"""What a name looks like beside the other words of its text: a person, a state, short forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.names import listed
from alertd.core.understand.features import Candidate
from alertd.core.understand.spans import CAPITAL, LINKS, Span, View

_TITLES: Final = listed(
    "mr mrs ms dr judge attorney general detective sgt sergeant lt officer sheriff chief president"
    " ceo director spokesman spokeswoman spokesperson prosecutor investigator hacker rep sen gov"
    " governor mayor senator inspector"
)
_PERSON_WORDS: Final = 3
_AGE_DIGITS: Final = 2
_DEEDS: Final = frozenset({"claim", "act", "breach", "criminals", "deny", "threat"})
_SHORT_FORM: Final = 2
_OF: Final = frozenset({"of", "in", "at"})
_OFTEN: Final = 3
_TIES: Final = frozenset([" ", "\u00a0", "-", "–", "&", " & ", "/"])


class Natures:
    """A text's persons and short forms, looked up once for all its names."""

    def __init__(
        self,
        seen: View,
        spans: Sequence[Span],
        keys: Iterable[str],
        lexicon: Lexicon,
        known: frozenset[str],
    ) -> None:
        self.seen, self.words, self.known = seen, lexicon.words, known
        self.countries = lexicon.countries
        self.title = f" {' '.join(seen.doc.words[: seen.doc.title_tokens])} "
        self.persons = {
            word
            for span in set(spans)
            if self._is_person(span)
            for word in seen.doc.words[slice(*span)]
        }
        self.short = {
            word
            for word, shape in zip(seen.doc.words, seen.shapes, strict=True)
            if shape == CAPITAL and len(word) > 1
        }
        self.roles = lexicon.roles
        self.verbs = {tag.start for tag in seen.doc.tags if tag.value in _DEEDS}
        self.spelt = {_initials(key.split()) for key in keys if " " in key}

    def features(self, candidate: Candidate) -> dict[str, float]:
        """The named features of one candidate."""
        words = candidate.key.split()
        title = self.seen.doc.title_tokens
        free = sum(map(self._is_free, candidate.places))
        found = {"gang": 1.0} if self._is_gang(candidate, words) else {}
        return (
            found
            | self._in_title(words)
            | {
                "known": float(self.known.issuperset(words)),
                "known_one": float(len(words) == 1 and words[0] in self.known),
                "person": float(self.persons.issuperset(words)),
                "given": float(len(words) > 1 and words[0] in self.words["given"]),
                "state": float(len(words) == 1 and words[0] in self.words["state"]),
                "initials": float(len(words) > _SHORT_FORM and _initials(words) in self.short),
                "acronym": float(len(words) == 1 and words[0] in self.spelt),
                "free": free / len(candidate.places),
                "free_often": min(_OFTEN, max(0, free - 1)) / _OFTEN,
                "in_body": float(any(place[0] >= title for place in candidate.places)),
                "list": float(" and " in f" {candidate.name.lower()} "),
            }
        )

    def _is_gang(self, candidate: Candidate, words: Sequence[str]) -> bool:
        """Whether a gang and what it does stand in one run of capitals: "Clop Claims"."""
        return self.roles.get(words[0]) == "gang" and any(
            start + 1 < end and start + 1 in self.verbs for start, end in candidate.places
        )

    def _in_title(self, words: Sequence[str]) -> dict[str, float]:
        """Whether the title has the whole name, or only how it begins or ends."""
        if len(words) == 1:
            return {}
        if f" {' '.join(words)} " in self.title:
            return {"title_whole": 1.0}
        return {
            "title_short_of": float(self._is_short_of_place(words)),
            "title_begins": float(f" {' '.join(words[:2])} " in self.title),
            "title_ends": float(f" {' '.join(words[-2:])} " in self.title),
        }

    def _is_short_of_place(self, words: Sequence[str]) -> bool:
        """Whether the title has the name without the state it ends in: "Foo Bank (of Ohio)"."""
        tie = max((place for place, word in enumerate(words) if word in _OF), default=0)
        where = words[tie + 1 :]
        placed = " ".join(where) in self.countries or self.words["state"].issuperset(where)
        return tie > 1 and bool(where) and placed and f" {' '.join(words[:tie])} " in self.title

    def _is_person(self, span: Span) -> bool:
        """Whether a first name, a title before it or an age behind it marks a person."""
        start, end = span
        words, doc = self.seen.doc.words[start:end], self.seen.doc
        plain = self.seen.plain_title and start < doc.title_tokens
        if plain or len(words) > _PERSON_WORDS or self._is_body(words):
            return False
        given = len(words) > 1 and words[0] in self.words["given"]
        return given or self._is_titled(start) or self._is_aged(end)

    def _is_body(self, words: Sequence[str]) -> bool:
        return "and" in words or not self.words["kind"].isdisjoint(words)

    def _is_titled(self, start: int) -> bool:
        return start > 0 and self.seen.doc.words[start - 1] in _TITLES

    def _is_aged(self, end: int) -> bool:
        words, gaps = self.seen.doc.words, self.seen.gaps
        return (
            end < len(words)
            and gaps[end - 1].strip() == ","
            and words[end].isdigit()
            and len(words[end]) == _AGE_DIGITS
        )

    def _is_free(self, span: Span) -> bool:
        """Whether no capital is tied to the name on either side."""
        start, end = span
        seen, title = self.seen, self.seen.doc.title_tokens if self.seen.plain_title else 0
        left = title < start and seen.shapes[start - 1] and seen.gaps[start - 1] in _TIES
        right = title < end < len(seen.shapes) and seen.shapes[end] and seen.gaps[end - 1] in _TIES
        return not left and not right


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words if word not in LINKS)
