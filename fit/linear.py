"""Linear models over named features, fitted by gradient descent in a fixed order."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from fit.model import Features

_STEP: Final = 0.5
_TINY: Final = 1e-8
_FAR: Final = 30.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Example:
    """Features, whether they belong to a true case, and how much that counts."""

    features: Features
    true: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives of which one or several are right, and how much the choice counts."""

    options: Sequence[Features]
    right: Sequence[bool]
    weight: float = 1.0


class _Descent:
    """Weights that move against a gradient, each at its own shrinking pace (AdaGrad)."""

    def __init__(self, prior: Features, pull: float) -> None:
        self.weights: dict[str, float] = defaultdict(float, prior)
        self._prior, self._pull = dict(prior), pull
        self._seen: dict[str, float] = defaultdict(float)

    def move(self, gradient: Mapping[str, float], share: float) -> None:
        """One step; ``share`` is the part of all data that the gradient stands for."""
        for name, slope in gradient.items():
            now = self.weights[name]
            whole = slope + self._pull * share * (now - self._prior.get(name, 0.0))
            self._seen[name] += whole * whole
            self.weights[name] = now - _STEP * whole / math.sqrt(self._seen[name] + _TINY)


def score(features: Features, weights: Mapping[str, float]) -> float:
    """The weighted sum of the features."""
    return math.fsum(value * weights.get(name, 0.0) for name, value in features.items())


def logistic(
    examples: Sequence[Example],
    *,
    prior: Features | None = None,
    pull: float = 1.0,
    rounds: int = 20,
) -> dict[str, float]:
    """Weights under which a true example's score is above zero.

    ``pull`` draws every weight towards its prior (L2); ``rounds`` are passes over the data.
    """
    descent = _Descent(prior or {}, pull)
    share = 1 / max(1, len(examples))
    for turn in range(rounds):
        for example in _ordered(examples, turn):
            total = max(-_FAR, min(_FAR, score(example.features, descent.weights)))
            off = example.weight * (1 / (1 + math.exp(-total)) - example.true)
            descent.move({name: off * value for name, value in example.features.items()}, share)
    return dict(descent.weights)


def softmax(
    choices: Sequence[Choice],
    *,
    prior: Features | None = None,
    pull: float = 1.0,
    rounds: int = 20,
) -> dict[str, float]:
    """Weights under which a right option's score is the highest of its choice."""
    descent = _Descent(prior or {}, pull)
    usable = [choice for choice in choices if any(choice.right) and not all(choice.right)]
    share = 1 / max(1, len(usable))
    for turn in range(rounds):
        for choice in _ordered(usable, turn):
            descent.move(_slope(choice, descent.weights), share)
    return dict(descent.weights)


def _slope(choice: Choice, weights: Mapping[str, float]) -> dict[str, float]:
    scores = [score(option, weights) for option in choice.options]
    top = max(scores)
    likely = [math.exp(one - top) for one in scores]
    total = math.fsum(likely)
    rightly = math.fsum(one for one, right in zip(likely, choice.right, strict=True) if right)
    slope: dict[str, float] = defaultdict(float)
    for option, one, right in zip(choice.options, likely, choice.right, strict=True):
        off = choice.weight * (one / total - (one / max(rightly, _TINY) if right else 0.0))
        if abs(off) > _TINY:
            for name, value in option.items():
                slope[name] += off * value
    return slope


def _ordered(items: Sequence[_T], turn: int) -> Iterator[_T]:
    """The items in another order each turn, the same at every fit: strides over the list."""
    count = max(1, len(items))
    stride = turn + count // 2
    while math.gcd(stride, count) > 1:
        stride += 1
    return (items[place * stride % count] for place in range(len(items)))


def spread(figures: Sequence[float]) -> str:
    """Mean and standard deviation, as a note tells them."""
    mean = math.fsum(figures) / len(figures)
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in figures) / len(figures))
    return f"{mean:.3f} +- {deviation:.3f} over {len(figures)} folds"
