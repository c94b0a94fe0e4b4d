"""Which accounts tell of the same incident, and why.

One function compares two accounts by named features; its weights stand in
``lexicon/weights.toml`` under ``cluster``.  A score above zero means the same incident.  Groups
join while the mean of the scores between them is above zero: correlation clustering, greedily,
the surest pairs first.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from alertd.core.compare import Card, features, keys
from alertd.core.compare import card as card_of
from alertd.core.lexicon import Weights
from alertd.core.model import Account

__all__ = ["Placement", "group", "keys", "pairs", "place"]

Pair = tuple[int, int]

_LARGEST_BLOCK: Final = 400
_SURE: Final = 6.0
"""No pair counts for more in a mean: one look-alike does not outvote two that differ."""
_STRANGERS: Final = -1.0
"""The score of two accounts that share no look-up key and are not compared."""
_CONFLICT: Final = -1.5
_FORBIDDEN: Final = -1e6
"""Outweighs any mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an account belongs: an incident or None, why, and others it shows to be the same."""

    incident: int | None
    reason: Mapping[str, float]
    score: float
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fit:
    """How an account fits a known incident: on the whole, and the features that tell most."""

    score: float
    incident: int
    best: Mapping[str, float]


def place(
    account: Account,
    candidates: Mapping[int, Sequence[Account]],
    weights: Weights,
    *,
    apart: AbstractSet[int] = frozenset(),
) -> Placement:
    """The known incident that an account belongs to, and others that it ties to it.

    Args:
        account: the new one.
        candidates: the accounts of each incident that shares a look-up key with it.
        weights: of the features, the section ``cluster``.
        apart: incidents that it may not join, whatever speaks for it: an operator said so.
    """
    card = card_of(account)
    known = {id_: [card_of(other) for other in candidates[id_]] for id_ in sorted(candidates)}
    fits = [_fit(card, id_, cards, weights) for id_, cards in known.items() if cards]
    fits = sorted((fit for fit in fits if fit.incident not in apart), key=_best_first)
    if not fits or fits[0].score <= 0:
        top = fits[0] if fits else _Fit(0.0, 0, {})
        return Placement(incident=None, reason=top.best, score=top.score)
    home, *others = fits
    joined, also = known[home.incident], []
    for fit in others:
        other = known[fit.incident]
        # One report does not tie two incidents that themselves speak against it.
        if (
            fit.score > 0
            and _between(joined, other, weights) > _CONFLICT
            and _between([card, *joined], other, weights) > 0
        ):
            joined = [*joined, *other]
            also.append(fit.incident)
    return Placement(incident=home.incident, reason=home.best, score=home.score, also=tuple(also))


def _fit(card: Card, incident: int, cards: Sequence[Card], weights: Weights) -> _Fit:
    found = [_weighed(card, other, weights) for other in cards]
    best = max(found, key=lambda item: item[0])
    return _Fit(_mean([score for score, _ in found]), incident, best[1])


def _best_first(fit: _Fit) -> tuple[float, int]:
    return -fit.score, fit.incident


def _between(left: Sequence[Card], right: Sequence[Card], weights: Weights) -> float:
    return _mean([_weighed(one, two, weights)[0] for one in left for two in right])


def _mean(scores: Sequence[float]) -> float:
    return math.fsum(scores) / len(scores)


def _weighed(one: Card, two: Card, weights: Weights) -> tuple[float, Mapping[str, float]]:
    """The score of a pair, none counting for more than sure, and what each feature gave."""
    if one.keys.isdisjoint(two.keys):
        return _STRANGERS, {}
    if _parts_of_one(one, two):
        return _FORBIDDEN, {}
    found = features(one, two)
    given = {name: value * weights.get(name, 0.0) for name, value in found.items()}
    return max(-_SURE, min(_SURE, math.fsum(given.values()))), given


def _parts_of_one(one: Card, two: Card) -> bool:
    """Whether one report tells of the two beside each other, under two names."""
    return one.account.report == two.account.report and one.own.isdisjoint(two.own)


def group(
    accounts: Sequence[Account],
    weights: Weights,
    *,
    same: Iterable[Pair] = (),
    apart: Iterable[Pair] = (),
) -> tuple[tuple[int, ...], ...]:
    """Indices of the accounts of each incident; independent of the order of the input.

    ``same`` and ``apart`` are pairs of indices that an operator has joined or kept apart: they
    win over every score, and a join over a split.
    """
    cards = [card_of(account) for account in accounts]
    order = sorted(range(len(cards)), key=lambda index: _sorting(cards[index]))
    rank = {index: place for place, index in enumerate(order)}
    ranked = [cards[index] for index in order]
    scores = {
        pair: _weighed(ranked[pair[0]], ranked[pair[1]], weights)[0] for pair in pairs(ranked)
    }
    scores |= dict.fromkeys(_ranked(apart, rank), _FORBIDDEN)
    groups = _Groups(len(cards), scores)
    for one, two in sorted(_ranked(same, rank)):
        groups.join(one, two)
    for one, two in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        if scores[one, two] > 0 and groups.fit(one, two):
            groups.join(one, two)
    found = (tuple(sorted(order[place] for place in members)) for members in groups.members())
    return tuple(sorted(found))


def _ranked(pairs: Iterable[Pair], rank: Mapping[int, int]) -> Iterator[Pair]:
    for one, two in pairs:
        low, high = sorted((rank[one], rank[two]))
        if low != high:
            yield low, high


def _sorting(card: Card) -> tuple[str, ...]:
    """An order that hangs on what accounts say alone."""
    account, stated = card.account, card.account.facts
    return (
        account.published.isoformat(),
        account.source,
        account.url,
        account.title,
        str(account.part),
        *sorted(card.keys),
        str(stated.people),
        str(stated.incident_date),
        stated.status,
        *sorted(stated.data_types),
        *sorted(stated.words),
        *sorted(card.via),
    )


def pairs(cards: Sequence[Card]) -> set[Pair]:
    """The pairs that share a look-up key, each with the lower index first."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for index, card in enumerate(cards):
        for key in card.keys:
            blocks[key].append(index)
    return {
        pair
        for members in blocks.values()
        if len(members) <= _LARGEST_BLOCK
        for pair in combinations(members, 2)
    }


class _Groups:
    """Groups of accounts with the sums of the scores between them, kept up to date."""

    def __init__(self, count: int, scores: Mapping[Pair, float]) -> None:
        self._of = list(range(count))
        self._members = {index: [index] for index in range(count)}
        self._between: dict[int, dict[int, tuple[float, int]]] = defaultdict(dict)
        for (one, two), score in scores.items():
            self._between[one][two] = self._between[two][one] = (score, 1)

    def members(self) -> Collection[Sequence[int]]:
        """The groups as they are."""
        return self._members.values()

    def fit(self, one: int, two: int) -> bool:
        """Whether the groups of two accounts are different ones that agree on the whole."""
        left, right = self._of[one], self._of[two]
        if left == right:
            return False
        total, compared = self._between[left].get(right, (0.0, 0))
        strangers = len(self._members[left]) * len(self._members[right]) - compared
        return total + _STRANGERS * strangers > 0

    def join(self, one: int, two: int) -> None:
        """Make one group of those of two accounts, the smaller joining the larger."""
        into, gone = self._of[one], self._of[two]
        if into == gone:
            return
        if len(self._members[into]) < len(self._members[gone]):
            into, gone = gone, into
        for index in self._members[gone]:
            self._of[index] = into
        self._members[into] += self._members.pop(gone)
        for other, (total, compared) in self._between.pop(gone, {}).items():
            del self._between[other][gone]
            if other != into:
                mine = self._between[into].get(other, (0.0, 0))
                summed = (mine[0] + total, mine[1] + compared)
                self._between[into][other] = self._between[other][into] = summed
