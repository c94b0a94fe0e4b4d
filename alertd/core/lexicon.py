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
    """One language: its frequent words, its phrases, and its month and number names.

    ``phrases`` holds them by their first word and then by their second, "" where there is none.
    """

    code: str
    frequent: frozenset[str]
    phrases: Mapping[str, Mapping[str, tuple[Entry, ...]]]
    months: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """All data of the judgement.

    ``roles`` maps the folded names of bodies that report, judge or attack to what they are
    (``regulator``, ``gang``, ``press``, ``expert``); ``generic`` are capitalised words that name
    nobody; ``articled`` are folded names to which their article belongs; ``tiers`` says what
    kind of publisher a known source is; ``words`` are small words by what they do;
    ``weights`` holds, per part of the judgement, a weight per named feature.
    """

    languages: Mapping[str, Language]
    countries: Mapping[str, str]
    roles: Mapping[str, str]
    generic: frozenset[str]
    aliases: Mapping[str, str]
    articled: frozenset[str]
    tiers: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    weights: Mapping[str, Weights]

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
