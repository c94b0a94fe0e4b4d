"""Which accounts tell of the same incident, and why.

One function compares two accounts by named features; its weights stand in
``lexicon/weights.toml`` under ``cluster``.  A score above zero means the same incident.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.model import Account, Facts, Organisation, People, Status

_LARGEST_BLOCK: Final = 400
_SOFT: Final = frozenset(
    "the of and for de du des la le les et inc group groupe holding holdings company corp services service"
    " international global cabinet societe entreprise mairie commune ville city county new national american"
    " federation francaise francais ministry ministere department university universite hospital health medical"
    " center centre united first community association mutuelle bank banque blue cross texas california school".split()
)
_HEAD_LETTERS: Final = 4
_FOREVER: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an account belongs: an incident or None, why, and others it shows to be the same."""

    incident: int | None
    reason: Mapping[str, float]
    score: float
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Card:
    """What comparing needs of an account, worked out once."""

    keys: frozenset[str]
    names: tuple[frozenset[str], ...]
    squashed: frozenset[str]
    domains: frozenset[str]
    via: frozenset[str]
    when: tuple[date, date] | None
    published: date
    account: Account


def keys(facts: Facts, url: str) -> frozenset[str]:
    """Look-up keys: equal names, domains, heads of names, links; a key is never a scan."""
    found = {f"url:{url}"} if url else set()
    for item in facts.organisations:
        for key in _all_keys(item):
            found.add(f"org:{key}")
            found.add(f"sq:{key.replace(' ', '')}")
            found.update(f"head:{head}" for head in _heads(key))
        found.update(f"dom:{host}" for host in item.domains)
    return frozenset(found)


def _all_keys(item: Organisation) -> tuple[str, ...]:
    return tuple(dict.fromkeys((item.key, *item.aliases)))


def same_name(one: Organisation, two: Organisation) -> bool:
    """Whether two names are spellings of one: equal without spaces, or one within the other."""
    left, right = _all_keys(one), _all_keys(two)
    return bool({key.replace(" ", "") for key in left} & {key.replace(" ", "") for key in right}) or any(
        _likeness(frozenset(a.split()), frozenset(b.split())) >= 1 for a in left for b in right
    )


def _heads(key: str) -> tuple[str, ...]:
    """The telling first words of a name, by which its variants meet."""
    telling = [word for word in key.split() if word not in _SOFT and len(word) >= _HEAD_LETTERS]
    return tuple(dict.fromkeys((" ".join(telling[:1]), " ".join(telling[:2])))) if telling else ()


def place(
    account: Account, candidates: Mapping[int, Sequence[Account]], lexicon: Lexicon
) -> Placement:
    """The known incident that an account belongs to, and others that it ties to it."""
    card = _card(account)
    weights = lexicon.weights["cluster"]
    scored = []
    for incident in sorted(candidates):
        pairs = [_features(card, _card(other)) for other in candidates[incident]]
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


def group(accounts: Sequence[Account], lexicon: Lexicon) -> tuple[tuple[int, ...], ...]:
    """Indices of the accounts of each incident; independent of the order of the input."""
    weights = lexicon.weights["cluster"]
    cards = [_card(account) for account in accounts]
    order = sorted(range(len(cards)), key=lambda index: _sorting(cards[index]))
    rank = {index: place for place, index in enumerate(order)}
    scores = {
        pair: _score(_features(cards[pair[0]], cards[pair[1]]), weights)
        for pair in _pairs(cards, rank)
    }
    return _merged(len(cards), scores, rank)


def _sorting(card: _Card) -> tuple[str, ...]:
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


def _pairs(cards: Sequence[_Card], rank: Mapping[int, int]) -> set[tuple[int, int]]:
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
    return tuple(sorted((tuple(sorted(found)) for found in members.values()), key=lambda found: found[0]))


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


def _card(account: Account) -> _Card:
    facts = account.facts
    named = {key for item in facts.organisations for key in _all_keys(item)}
    return _Card(
        keys=keys(facts, account.url),
        names=tuple(frozenset(key.split()) for key in sorted(named)),
        squashed=frozenset(key.replace(" ", "") for key in named),
        domains=frozenset(host for item in facts.organisations for host in item.domains),
        via=frozenset(item.key for item in facts.via),
        when=_span(facts.incident_date),
        published=account.published.date(),
        account=account,
    )


def _span(value: str | None) -> tuple[date, date] | None:
    """First and last day of a date that may be a day, a month or a year."""
    parts = [int(part) for part in value.split("-")] if value else []
    if not parts:
        return None
    first = date(*(parts + [1, 1])[:3])
    last = {
        1: date(parts[0], 12, 31),
        2: (date(first.year, first.month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1),
    }.get(len(parts), first)
    return first, last


def _features(one: _Card, two: _Card) -> dict[str, float]:
    """The named features of a pair; equal in both directions."""
    found = {"bias": 1.0, _names(one, two): 1.0, _time(one, two): 1.0}
    if one.domains and two.domains:
        found["domain_same" if one.domains & two.domains else "domain_other"] = 1.0
    if one.account.url and one.account.url == two.account.url:
        found["link_same"] = 1.0
    counted = _counts(one.account.facts.people, two.account.facts.people)
    if counted:
        found[counted] = 1.0
    found.update(_chain(one, two))
    if one.account.source == two.account.source:
        found["source_same"] = 1.0
    claims = {one.account.facts.status is Status.CLAIMED, two.account.facts.status is Status.CLAIMED}
    if len(claims) > 1:
        found["claim_and_report"] = 1.0
    return found


def _names(one: _Card, two: _Card) -> str:
    if one.squashed & two.squashed:
        return "name_same"
    best = max((_likeness(left, right) for left in one.names for right in two.names), default=0.0)
    if best >= 1:
        return "name_within"
    return "name_like" if best >= 0.5 else "name_far"  # noqa: PLR2004 - half of the words


def _likeness(left: frozenset[str], right: frozenset[str]) -> float:
    if left <= right or right <= left:
        telling = (left & right) - _SOFT
        return 1.0 if telling else 0.0
    return len(left & right) / len(left | right)


def _counts(one: People | None, two: People | None) -> str | None:
    if one is None or two is None:
        return None
    left, right = one.low or one.high or 0, two.low or two.high or 0
    if not left or not right or (one.unit != two.unit and "GB" in {one.unit, two.unit}):
        return None
    ratio = max(left, right) / min(left, right)
    size = "big" if min(left, right) >= 10_000 else "small"  # noqa: PLR2004 - fewer coincide by chance
    if ratio <= 1.1:  # noqa: PLR2004 - the same figure, rounded
        return f"count_close_{size}"
    return "count_far" if ratio > 3 else "count_near"  # noqa: PLR2004 - evals: threefold differs


def _chain(one: _Card, two: _Card) -> dict[str, float]:
    mine = {item.key for item in one.account.facts.organisations}
    theirs = {item.key for item in two.account.facts.organisations}
    if mine & two.via or theirs & one.via:
        return {"client_and_supplier": 1.0}
    if one.via and two.via:
        return {"via_same" if one.via & two.via else "via_other": 1.0}
    return {"via_one": 1.0} if one.via or two.via else {}


def _time(one: _Card, two: _Card) -> str:
    if one.when and two.when:
        return "event_" + _bucket(_gap(one.when, two.when), (3, 45, 120, 300))
    if one.when or two.when:
        when, told = (one.when, two.published) if one.when else (two.when, one.published)
        return _after(when, told)
    return "told_" + _bucket(abs((one.published - two.published).days), (7, 45, 120, 300))


def _after(when: tuple[date, date] | None, told: date) -> str:
    delay = (told - when[0]).days if when else 0
    return "told_before_event" if delay < -10 else "event_told_" + _bucket(max(0, delay), (45, 150, 300, 500))  # noqa: PLR2004 - dates are approximate


def _gap(one: tuple[date, date], two: tuple[date, date]) -> int:
    return max(0, (max(one[0], two[0]) - min(one[1], two[1])).days)


def _bucket(days: int, limits: Iterable[int]) -> str:
    return next((str(limit) for limit in limits if days <= limit), "later")
