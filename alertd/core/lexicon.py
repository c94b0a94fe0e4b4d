"""What the judgement knows of words: frozen values, loaded from files elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

Weights = Mapping[str, float]
"""A weight per named feature."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One phrase behind its first word: the words that follow, what it is, and of what value."""

    rest: tuple[str, ...]
    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language: its phrases, and its month and number names.

    ``phrases`` holds them by their first word and then by their second; what stands there, and
    under "" for any other second word, are all phrases that may begin so, the longest first.
    """

    code: str
    phrases: Mapping[str, Mapping[str, tuple[Entry, ...]]]
    months: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words beside and in a name tell: weights of marks, and words that are no names."""

    marks: Weights
    known: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lexicon:
    """All data of the judgement; equal to itself alone, so that what hangs on it may be kept.

    ``frequent`` maps the most frequent words to the codes of the languages that use them;
    ``roles`` maps the folded names of bodies that report, judge or attack to what they are
    (``regulator``, ``gang``, ``press``, ``expert``); ``generic`` are capitalised words that name
    nobody; ``articled`` are folded names to which their article belongs; ``tiers`` says what
    kind of publisher a known source is and ``publishers`` its country; ``words`` are small
    words by what they do;
    ``weights`` holds, per part of the judgement, a weight per named feature, and
    ``wordings``, for the languages that have one, the weights of words beside names.
    """

    languages: Mapping[str, Language]
    frequent: Mapping[str, tuple[str, ...]]
    countries: Mapping[str, str]
    roles: Mapping[str, str]
    generic: frozenset[str]
    aliases: Mapping[str, str]
    articled: frozenset[str]
    tiers: Mapping[str, str]
    publishers: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    weights: Mapping[str, Weights]
    wordings: Mapping[str, Wording] = field(default_factory=dict)

    def language(self, code: str) -> Language:
        """The language of that code, else English."""
        return self.languages.get(code) or self.languages["en"]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A folded word without its plural ending, so that one phrase covers both forms."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004 - shorter words have no plural to lose
        word = word[:-1]
    if word.endswith("sse"):
        return word[:-1]
    return word[:-2] + "y" if len(word) > 4 and word.endswith("ie") else word  # noqa: PLR2004 - "die" stays
