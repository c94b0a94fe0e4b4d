"""Fits how names of the breached are worded: a weight for each mark of a place in a text.

One softmax over all stretches of a report's words that may be names; as a stretch's score is a
sum over its places, the slope is gathered by place and only then by mark.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alertd.core.lexicon import Lexicon, Wording
from alertd.core.understand.spans import SMALL, Span, View
from alertd.core.understand.wording import Reader

LEAST: Final = 4
"""Reports that a mark must stand in, so that none rests on one or two."""

_ROUNDS: Final = 5
_STEP: Final = 0.15
_PULL: Final = 0.01
_START: Final = 1.0
_TINY: Final = 1e-4
_FAINT: Final = 0.05
_LEAST_SMALL: Final = 6
_LEAST_EVER: Final = 4
_FREQUENT: Final = 20
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Lesson:
    """A report's stretches, which of them are right, and the marks of their places."""

    spans: Sequence[Span]
    right: Sequence[bool]
    begin: Mapping[int, Sequence[str]]
    inside: Mapping[int, Sequence[str]]
    end: Mapping[int, Sequence[str]]
    size: Sequence[str]

    def marks(self) -> set[str]:
        """Every mark of the report, once."""
        places = (*self.begin.values(), *self.inside.values(), *self.end.values(), self.size)
        return {mark for marks in places for mark in marks}


def known(views: Iterable[View]) -> frozenset[str]:
    """Words that texts write without a capital: the only ones that marks may name in a name."""
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for seen in views:
        first = seen.doc.title_tokens if seen.plain_title else 0
        pairs = list(zip(seen.doc.words[first:], seen.shapes[first:], strict=True))
        small.update({word for word, shape in pairs if shape == SMALL})
        large.update({word for word, shape in pairs if shape != SMALL})
    return frozenset(
        word
        for word, count in small.items()
        if (count >= _LEAST_SMALL and count >= _HALF * large[word])
        or (count >= _LEAST_EVER and count + large[word] >= _FREQUENT)
    )


def lesson(
    seen: View,
    spans: Sequence[Span],
    right: Sequence[bool],
    lexicon: Lexicon,
    words: frozenset[str],
) -> Lesson:
    """The marks of a report, written by the judgement's own reader."""
    reader = Reader(seen, lexicon, words)
    return Lesson(
        spans,
        right,
        begin=_marked({start for start, _ in spans}, reader.begin),
        inside=_marked({place for span in spans for place in range(*span)}, reader.inside),
        end=_marked({end for _, end in spans}, reader.end),
        size=[reader.size(span) for span in spans],
    )


def fitted(lessons: Sequence[Lesson], words: frozenset[str]) -> Wording:
    """Weights under which a right stretch scores highest; faint ones are left out."""
    usable = [item for item in lessons if any(item.right) and not all(item.right)]
    counts = Counter(mark for item in usable for mark in sorted(item.marks()))
    weights = {mark: 0.0 for mark, count in counts.items() if count >= LEAST}
    moved = dict.fromkeys(weights, _START)
    for turn in range(_ROUNDS):
        for item in _shuffled(usable, turn):
            for mark, slope in _slope(item, weights).items():
                off = slope - _PULL * weights[mark]
                moved[mark] += off * off
                weights[mark] += _STEP * off / math.sqrt(moved[mark])
    kept = {mark: round(weight, 3) for mark, weight in weights.items() if abs(weight) >= _FAINT}
    return Wording(kept, words)


def rendered(wording: Wording, notes: Sequence[str]) -> str:
    """The file of a language's wording: notes, the known words, a line for each mark."""
    lines = [f"# {note}" for note in notes]
    lines.append(f"known\t{' '.join(sorted(wording.known))}")
    lines += [f"{mark}\t{weight:.2f}" for mark, weight in sorted(wording.marks.items())]
    return "\n".join(lines) + "\n"


def _marked(places: Iterable[int], marks: Callable[[int], list[str]]) -> dict[int, Sequence[str]]:
    return {place: marks(place) for place in sorted(places)}


def _slope(item: Lesson, weights: Mapping[str, float]) -> dict[str, float]:
    begin, inside, end, slope = (defaultdict[Any, float](float) for _ in range(4))
    pulls = _pulls(item, _scores(item, weights))
    for (first, last), size, pull in zip(item.spans, item.size, pulls, strict=True):
        if abs(pull) >= _TINY:
            begin[first] += pull
            end[last] += pull
            slope[size] += pull
            for place in range(first, last):
                inside[place] += pull
    for places, marks in ((begin, item.begin), (inside, item.inside), (end, item.end)):
        for place, pull in places.items():
            for mark in marks[place]:
                slope[mark] += pull
    return {mark: value for mark, value in slope.items() if mark in weights}


def _scores(item: Lesson, weights: Mapping[str, float]) -> list[float]:
    get = weights.get
    begin, inside, end = (
        {place: sum([get(mark, 0.0) for mark in marks]) for place, marks in part.items()}
        for part in (item.begin, item.inside, item.end)
    )
    return [
        begin[first] + end[last] + sum([inside[at] for at in range(first, last)]) + get(size, 0.0)
        for (first, last), size in zip(item.spans, item.size, strict=True)
    ]


def _pulls(item: Lesson, scores: Sequence[float]) -> list[float]:
    """How much each stretch should gain: its share among the right ones less its share of all."""
    top = max(scores)
    shares = [math.exp(score - top) for score in scores]
    total = math.fsum(shares)
    rightly = math.fsum(one for one, right in zip(shares, item.right, strict=True) if right)
    return [
        (one / max(rightly, _TINY * _TINY) if right else 0.0) - one / total
        for one, right in zip(shares, item.right, strict=True)
    ]


def _shuffled(items: Sequence[Lesson], turn: int) -> Iterator[Lesson]:
    """Another order each turn, the same at every fit."""
    count = len(items)
    stride = next(
        step
        for step in range(turn * 7 + count // 3 + 1, 2 * count + 99)
        if math.gcd(step, count) == 1
    )
    return (items[place * stride % count] for place in range(count))
