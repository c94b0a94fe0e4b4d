"""Which accounts tell of the same incident, and why.

One function compares two accounts by named features; its weights stand in
``lexicon/weights.toml`` under ``cluster``.  A score above zero means the same incident.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from alertd.core.compare import Card, features, keys
from alertd.core.compare import card as card_of
from alertd.core.lexicon import Weights
from alertd.core.model import Account

__all__ = ["Placement", "group", "keys", "place"]

_LARGEST_BLOCK: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an account belongs: an incident or None, why, and others it shows to be the same."""

    incident: int | None
    reason: Mapping[str, float]
    score: float
    also: tuple[int, ...] = ()


def place(
    account: Account, candidates: Mapping[int, Sequence[Account]], weights: Weights
) -> Placement:
    """The known incident that an account belongs to, and others that it ties to it."""
    card = card_of(account)
    scored = []
    for incident in sorted(candidates):
        pairs = [features(card, card_of(other)) for other in candidates[incident]]
        scores = [_score(pair, weights) for pair in pairs]
        if scores:
            best = pairs[scores.index(max(scores))]
            scored.append((_link(scores), incident, best))
    scored.sort(key=lambda item: (-item[0], item[1]))
    if not scored or scored[0][0] <= 0:
        top = scored[0] if scored else (0.0, 0, {})
        return Placement(incident=None, reason=top[2], score=top[0])
    also = tuple(item[1] for item in scored[1:] if item[0] > weights["certain"])
    return Placement(incident=scored[0][1], reason=scored[0][2], score=scored[0][0], also=also)


def group(accounts: Sequence[Account], weights: Weights) -> tuple[tuple[int, ...], ...]:
    """Indices of the accounts of each incident; independent of the order of the input."""
    cards = [card_of(account) for account in accounts]
    order = sorted(range(len(cards)), key=lambda index: _sorting(cards[index]))
    rank = {index: place for place, index in enumerate(order)}
    scores = {
        pair: _score(features(cards[pair[0]], cards[pair[1]]), weights)
        for pair in _pairs(cards, rank)
    }
    return _merged(len(cards), scores, rank)


def _sorting(card: Card) -> tuple[str, ...]:
    account = card.account
    stated = account.facts
    return (
        account.published.isoformat(),
        account.source,
        account.url,
        account.title,
        str(account.part),
        *sorted(card.keys),
        str(stated.people),
        str(stated.incident_date),
        ",".join(sorted(stated.data_types)),
    )


def _pairs(cards: Sequence[Card], rank: Mapping[int, int]) -> set[tuple[int, int]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    for index, card in enumerate(cards):
        for key in card.keys:
            blocks[key].append(index)
    found: set[tuple[int, int]] = set()
    for members in blocks.values():
        if len(members) <= _LARGEST_BLOCK:
            found.update(
                (one, two) if rank[one] < rank[two] else (two, one)
                for one, two in combinations(members, 2)
            )
    return found


def _merged(
    count: int, scores: Mapping[tuple[int, int], float], rank: Mapping[int, int]
) -> tuple[tuple[int, ...], ...]:
    """Joins the surest pairs first, as long as the two groups agree on the whole."""
    of = list(range(count))
    members = {index: [index] for index in range(count)}
    ordered = sorted(
        (pair for pair, score in scores.items() if score > 0),
        key=lambda pair: (-scores[pair], rank[pair[0]], rank[pair[1]]),
    )
    for one, two in ordered:
        left, right = of[one], of[two]
        if left == right or _between(members[left], members[right], scores, rank) <= 0:
            continue
        for index in members[right]:
            of[index] = left
        members[left] += members.pop(right)
    return tuple(
        sorted((tuple(sorted(found)) for found in members.values()), key=lambda found: found[0])
    )


def _between(
    left: Sequence[int],
    right: Sequence[int],
    scores: Mapping[tuple[int, int], float],
    rank: Mapping[int, int],
) -> float:
    between = [
        scores.get((one, two) if rank[one] < rank[two] else (two, one), -1.0)
        for one in left
        for two in right
    ]
    return _link(between)


def _link(scores: Sequence[float]) -> float:
    """How well an account fits a group: on the whole, the best counting half."""
    return (max(scores) + math.fsum(scores) / len(scores)) / 2


def _score(found: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return math.fsum(value * weights.get(name, 0.0) for name, value in sorted(found.items()))
