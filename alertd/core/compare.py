"""Two accounts compared: the named features that speak for or against one incident.

The weights stand in ``lexicon/weights.toml`` under ``cluster``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from alertd.core.model import Account, Facts, Organisation, People, Status, Tier
from alertd.core.names import listed

_SOFT: Final = listed(
    "the of and for de du des la le les et inc group groupe holding holdings company corp "
    "services service international global cabinet societe entreprise mairie commune "
    "ville city county new national american federation francaise francais ministry "
    "ministere department university universite hospital health medical center centre "
    "united first community association mutuelle bank banque blue cross texas california "
    "school "
)
_PADDING: Final = listed(
    "group groupe holding holdings company corp services service international global cabinet"
    " societe entreprise the of de du des la le les france"
)
_LISTS: Final = frozenset({Tier.OFFICIAL, Tier.CURATED, Tier.CLAIM})
_HEAD_LETTERS: Final = 4
_ALIKE: Final = 0.5
_MANY: Final = 10_000
_ROUNDED: Final = 1.1
_FAR: Final = 3
_TOO_EARLY: Final = -10


@dataclass(frozen=True, slots=True)
class Card:
    """What comparing needs of an account, worked out once."""

    keys: frozenset[str]
    names: tuple[frozenset[str], ...]
    spelt: frozenset[str]
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
    return bool(
        {key.replace(" ", "") for key in left} & {key.replace(" ", "") for key in right}
    ) or any(
        _likeness(frozenset(a.split()), frozenset(b.split())) >= 1 for a in left for b in right
    )


def _heads(key: str) -> tuple[str, ...]:
    """The telling first words of a name, by which its variants meet."""
    telling = [word for word in key.split() if word not in _SOFT and len(word) >= _HEAD_LETTERS]
    return tuple(dict.fromkeys((" ".join(telling[:1]), " ".join(telling[:2])))) if telling else ()


def card(account: Account) -> Card:
    """What comparing needs of an account."""
    facts = account.facts
    named = {key for item in facts.organisations for key in _all_keys(item)}
    return Card(
        keys=keys(facts, account.url),
        names=tuple(frozenset(key.split()) for key in sorted(named)),
        spelt=frozenset(named),
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
    first = date(*[*parts, 1, 1][:3])
    last = {
        1: date(parts[0], 12, 31),
        2: (date(first.year, first.month, 28) + timedelta(days=4)).replace(day=1)
        - timedelta(days=1),
    }.get(len(parts), first)
    return first, last


def features(one: Card, two: Card) -> dict[str, float]:
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
    found.update(_types(one.account.facts, two.account.facts))
    if one.account.source == two.account.source:
        listed_there = one.account.tier in _LISTS
        found["source_same" if listed_there else "outlet_same"] = 1.0
    claims = {
        one.account.facts.status is Status.CLAIMED,
        two.account.facts.status is Status.CLAIMED,
    }
    if len(claims) > 1:
        found["claim_and_report"] = 1.0
    return found


def _names(one: Card, two: Card) -> str:
    if one.spelt & two.spelt:
        return "name_same"
    if one.squashed & two.squashed:
        return "name_joined"
    pairs = [(left, right) for left in one.names for right in two.names]
    best = max((_likeness(left, right) for left, right in pairs), default=0.0)
    if best >= 1:
        shortest = min(min(len(left), len(right)) for left, right in pairs)
        padded = any(left - _PADDING == right - _PADDING for left, right in pairs)
        return "name_within" if shortest > 1 or padded else "name_one_word"
    return "name_like" if best >= _ALIKE else "name_far"


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
    size = "big" if min(left, right) >= _MANY else "small"
    if ratio <= _ROUNDED:
        return f"count_close_{size}"
    return "count_far" if ratio > _FAR else "count_near"


def _types(one: Facts, two: Facts) -> dict[str, float]:
    """Whether the kinds of data agree, where both tell of some."""
    either = one.data_types | two.data_types
    if not one.data_types or not two.data_types:
        return {}
    shared = len(one.data_types & two.data_types) / len(either)
    return {"types_agree" if shared >= _ALIKE else "types_differ": float(abs(shared - _ALIKE))}


def _chain(one: Card, two: Card) -> dict[str, float]:
    mine = {item.key for item in one.account.facts.organisations}
    theirs = {item.key for item in two.account.facts.organisations}
    if mine & two.via or theirs & one.via:
        return {"client_and_supplier": 1.0}
    if one.via and two.via:
        return {"via_same" if one.via & two.via else "via_other": 1.0}
    return {"via_one": 1.0} if one.via or two.via else {}


def _time(one: Card, two: Card) -> str:
    if one.when and two.when:
        return "event_" + _bucket(_gap(one.when, two.when), (3, 45, 120, 300))
    if one.when or two.when:
        when, told = (one.when, two.published) if one.when else (two.when, one.published)
        return _after(when, told)
    return "told_" + _bucket(abs((one.published - two.published).days), (7, 45, 120, 300))


def _after(when: tuple[date, date] | None, told: date) -> str:
    delay = (told - when[0]).days if when else 0
    return (
        "told_before_event"
        if delay < _TOO_EARLY
        else "event_told_" + _bucket(max(0, delay), (45, 150, 300, 500))
    )


def _gap(one: tuple[date, date], two: tuple[date, date]) -> int:
    return max(0, (max(one[0], two[0]) - min(one[1], two[1])).days)


def _bucket(days: int, limits: Iterable[int]) -> str:
    return next((str(limit) for limit in limits if days <= limit), "later")
