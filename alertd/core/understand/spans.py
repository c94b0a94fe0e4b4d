"""The stretches of words that may be a name, with what their letters and gaps tell.

A stretch begins and ends with a capital, a number within a name or a word that says what kind of
body it is; in a title without capitals any few words may be a name.  A host name, an initial with
its dot and a word with an apostrophe are never cut in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from alertd.core.names import LEGAL_FORMS, listed, registrable
from alertd.core.understand.text import Doc

SMALL, CAPITAL, NUMBER = 0, 1, 2
"""The shapes of a word: none of its letters is a capital, one is, or it is a number."""

LONGEST: Final = 9
"""Words of a name at most; longer ones are seldom written out."""

LINKS: Final = listed(
    "of and for the de du des la le les a y del und von et di d l at en in van do da dos der den"
)
_LONGEST_PLAIN: Final = 7
_SHORT_WORD: Final = 3
_MOSTLY: Final = 0.8
_MOST_SPANS: Final = 600
_MOST_LINKS: Final = 2
_MOST_COMMAS: Final = 2
_AHEAD: Final = 4
_LONG_WORD: Final = 24
_DOTTED: Final = listed("st dr ste mt ft inc co corp ltd jr sr no u s mr ms mrs")
_DEGREES: Final = LEGAL_FORMS | listed("md dds dmd do phd od dpm dc cpa cpas m d p")
_JOINTS: Final = frozenset(
    [" ", "\u00a0", "-", "–", "&", " & ", "'", "’", "/", "+", " + ", ".", "@", " @ ", "!", ":"]
)
_GLUE: Final = frozenset([".", ",", ":", "'", "’", "&", "_", "@"])
_ELIDED: Final = listed("l d qu s")
_MEASURE: Final = re.compile(r"\d+(?:k|m|s|x|am|pm|gb|tb|mb|bn|yearold)$")

Span = tuple[int, int]
"""Token positions of a stretch of words, the end excluded."""


@dataclass(frozen=True, slots=True)
class View:
    """A text as its names are looked for.

    ``shapes`` are those of its words, ``gaps`` what stands behind each word, ``heads`` where
    sentences begin; ``plain_title`` says that the title's capitals tell nothing.
    """

    doc: Doc
    shapes: Sequence[int]
    gaps: Sequence[str]
    heads: AbstractSet[int]
    plain_title: bool


def view(doc: Doc) -> View:
    """Looks at the shapes of a text's words and the gaps between them, once."""
    raw, spans = doc.raw, doc.spans
    gaps = [raw[one[1] : other[0]] for one, other in pairwise(spans)]
    gaps.append("\n")
    shapes = [
        SMALL if raw[start:end] == word and word.isalpha() else _shape(raw[start:end], word)
        for (start, end), word in zip(spans, doc.words, strict=True)
    ]
    _raise_hosts(doc, gaps, shapes)
    heads = {start for start, _ in doc.sentences} | {0, doc.title_tokens}
    return View(doc, shapes, gaps, heads, _has_plain_title(doc))


def spans(seen: View, kinds: AbstractSet[str]) -> list[Span]:
    """The stretches that may be names, in reading order; ``kinds`` say what a body is."""
    return list(islice(_every(seen, kinds), _MOST_SPANS))


def _every(seen: View, kinds: AbstractSet[str]) -> Iterator[Span]:
    if seen.plain_title:
        yield from _of_plain_title(seen)
    for start, end in _runs(seen, kinds, seen.doc.title_tokens if seen.plain_title else 0):
        yield from _within(seen, start, end, kinds)


def _shape(text: str, word: str) -> int:
    first = text[0]
    if first.isdigit():
        return NUMBER if word.isdigit() else SMALL if _MEASURE.match(word) else CAPITAL
    if not first.islower():
        return CAPITAL
    return CAPITAL if len(text) < _LONG_WORD and not text.islower() else SMALL


def _raise_hosts(doc: Doc, gaps: list[str], shapes: list[int]) -> None:
    """Lets the words of a host name count as capitals, and its hyphens as part of a word."""
    for place in [place for place, gap in enumerate(gaps) if gap == "."]:
        if not registrable(f"{doc.words[place]}.{doc.words[place + 1]}"):
            continue
        if gaps[place + 1][:1] == "@" or doc.raw[doc.spans[place + 1][0]].isupper():
            continue
        first = place
        while first > 0 and gaps[first - 1] in {".", "-"}:
            first -= 1
        shapes[first : place + 2] = [CAPITAL] * (place + 2 - first)
        gaps[first:place] = ["."] * (place - first)
        if doc.words[first] == "www":
            shapes[first] = SMALL


def _has_plain_title(doc: Doc) -> bool:
    """Whether nearly all long words of a title have a capital, or none has."""
    long = [word for word in doc.raw[: doc.title_end].split() if len(word) > _SHORT_WORD]
    capitals = sum(word[0].isupper() for word in long)
    return len(long) > 1 and (not capitals or capitals >= _MOSTLY * len(long))


def _of_plain_title(seen: View) -> Iterator[Span]:
    count = seen.doc.title_tokens
    for start in range(count):
        if not _may_begin(seen, start):
            continue
        for end in range(start + 1, min(count, start + _LONGEST_PLAIN) + 1):
            if _may_end(seen, end):
                yield start, end


def _runs(seen: View, kinds: AbstractSet[str], place: int) -> Iterator[Span]:
    """The longest stretches of capitals with the small words that tie them."""
    count = len(seen.shapes)
    while place < count:
        if not seen.shapes[place]:
            place += 1
            continue
        end = _run_end(seen, kinds, place)
        yield place, end
        place = end


def _run_end(seen: View, kinds: AbstractSet[str], start: int) -> int:
    words, last, links, commas = seen.doc.words, start + 1, 0, 0
    for place in range(start + 1, len(words)):
        if not _is_joined(seen, place):
            commas += 1
            if commas > _MOST_COMMAS or not _is_listed(seen, start, place):
                break
        if seen.shapes[place] or (words[place] == "s" and seen.gaps[place - 1] in "'’"):
            last, links = place + 1, 0
        elif words[place] in LINKS and links < _MOST_LINKS:
            links += 1
        elif words[place] in kinds and last == place:
            last = place + 1
        else:
            break
    return last


def _is_joined(seen: View, place: int) -> bool:
    """Whether what stands before a word may stand within a name."""
    gap, before = seen.gaps[place - 1], seen.doc.words[place - 1]
    if gap in _JOINTS:
        return True
    if gap in {". ", "., "}:
        return len(before) == 1 or before in _DOTTED
    return gap == ", " and seen.doc.words[place] in _DEGREES


def _is_listed(seen: View, start: int, place: int) -> bool:
    """Whether a comma stands within one name: "Ministry of Agriculture, Forestry and Fisheries"."""
    if seen.gaps[place - 1] != ", " or not seen.shapes[place]:
        return False
    of = "of" in seen.doc.words[start:place]
    for other in range(place, min(len(seen.shapes) - 1, place + _AHEAD)):
        if "&" in seen.gaps[other] or (of and seen.doc.words[other] == "and"):
            return True
        if seen.gaps[other] not in _JOINTS and seen.gaps[other] != ", ":
            return False
    return False


def _within(seen: View, first: int, last: int, kinds: AbstractSet[str]) -> Iterator[Span]:
    for start in range(first, last):
        if not seen.shapes[start] or not _may_begin(seen, start):
            continue
        for end in range(start + 1, min(last, start + LONGEST) + 1):
            if _closes(seen, start, end - 1, kinds) and _may_end(seen, end):
                yield start, end


def _closes(seen: View, start: int, place: int, kinds: AbstractSet[str]) -> bool:
    if CAPITAL not in seen.shapes[start : place + 1]:
        return False
    word = seen.doc.words[place]
    return bool(seen.shapes[place]) or word == "s" or word in kinds


def _may_begin(seen: View, place: int) -> bool:
    words, gaps = seen.doc.words, seen.gaps
    return not place or gaps[place - 1] not in _GLUE or words[place - 1] in _ELIDED


def _may_end(seen: View, place: int) -> bool:
    words, gaps = seen.doc.words, seen.gaps
    return place >= len(words) or gaps[place - 1] not in _GLUE or words[place] in _ELIDED
