"""Two accounts compared: the named features that speak for or against one incident.

The weights stand in ``lexicon/weights.toml`` under ``cluster``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from alertd.core.card import Card, card, keys
from alertd.core.model import Facts, People, Status, Tier
from alertd.core.spellings import nearness, same_name, squash

__all__ = ["Card", "card", "features", "keys", "same_name"]

_LISTS: Final = frozenset({Tier.OFFICIAL, Tier.CURATED, Tier.CLAIM})
_ALIKE: Final = 0.5
_MANY: Final = 10_000
_EXACT: Final = 1.02
_ROUNDED: Final = 1.1
_FAR: Final = 3
_SURELY_FAR: Final = 20
_TOO_EARLY: Final = -10
_SOON: Final = 45
_WEEK: Final = 7
_LONG_AGO: Final = 300
_MONTH: Final = 31
_COPIED: Final = 2
_ENOUGH_WORDS: Final = 3


def features(one: Card, two: Card) -> dict[str, float]:
    """The named features of a pair; equal in both directions."""
    found = {"bias": 1.0, f"name_{_nearness(one, two)}": 1.0}
    found.update(_time(one, two))
    found.update(dict.fromkeys(_marks(one, two), 1.0))
    found.update(dict.fromkeys(_counts(one.account.facts.people, two.account.facts.people), 1.0))
    found.update(_chain(one, two))
    found.update(_types(one.account.facts, two.account.facts))
    found.update(_words(one, two))
    return found


def _nearness(one: Card, two: Card) -> str:
    near = nearness(one.names, two.names)
    if near == "far":
        # Two names that each account mentions beside its own are two bodies.
        there = bool(one.named & two.names.squashed), bool(two.named & one.names.squashed)
        return "mentioned" if there[0] != there[1] else near
    return near


def _marks(one: Card, two: Card) -> Iterable[str]:
    """Domains, links, sources and statuses that agree or do not."""
    if one.domains and two.domains:
        yield "domain_same" if one.domains & two.domains else "domain_other"
    same_link = bool(one.link) and one.link == two.link
    if one.account.source != two.account.source or one.account.tier not in _LISTS:
        if same_link:
            yield "link_same"
        if one.account.source == two.account.source:
            yield "outlet_same"
    else:
        yield from _rows(one, two, same_link=same_link)
    if _namesake(one, two) or _namesake(two, one):
        yield "namesake"
    if _again(*sorted((one, two), key=lambda item: item.published)):
        yield "again"
    one_claims = one.account.facts.status is Status.CLAIMED
    if one_claims != (two.account.facts.status is Status.CLAIMED):
        yield "claim_and_report"


def _rows(one: Card, two: Card, *, same_link: bool) -> Iterable[str]:
    """Two rows of one list, which are two incidents unless much speaks against it."""
    yield "source_same"
    if _other_count(one, two):
        yield "source_count"
    if _same_day(one, two):
        yield "source_day"
    if _refiled(one, two):
        yield "source_refiled"
    if same_link:
        copied = len(one.wording & two.wording) >= _COPIED
        yield "source_copy" if copied else "source_link"


def _namesake(one: Card, two: Card) -> bool:
    """Whether one says of the other's name that it is somebody else's."""
    return bool(one.not_own and one.not_own & (two.names.squashed | two.names.other))


def _again(earlier: Card, later: Card) -> bool:
    """Whether the later account speaks of another time."""
    apart = (later.published - earlier.published).days > _WEEK
    said = later.account.facts.evidence, earlier.account.facts.evidence
    return apart and "again" in said[0] and "again" not in said[1]


def _refiled(one: Card, two: Card) -> bool:
    """Whether two rows are dated alike and tell nothing but another count: a correction."""
    dated = one.published == two.published and one.when is None and two.when is None
    said = bool(one.names.squashed & two.names.squashed) and one.wording == two.wording
    return dated and said and _other_count(one, two)


def _same_day(one: Card, two: Card) -> bool:
    """Whether both events were on one and the same stated day."""
    return one.when is not None and one.when == two.when and one.when[0] == one.when[1]


def _counts(one: People | None, two: People | None) -> Iterable[str]:
    if one is None or two is None or (one.unit != two.unit and "GB" in {one.unit, two.unit}):
        return
    left, right = one.low or one.high or 0, two.low or two.high or 0
    if not left or not right:
        return
    ratio = max(left, right) / min(left, right)
    size = "big" if min(left, right) >= _MANY else "small"
    if left == right and _odd(left):
        yield f"count_equal_{size}"
    elif ratio <= _ROUNDED:
        yield f"count_{'close' if ratio <= _EXACT else 'rounded'}_{size}"
    elif _open(one if left < right else two):
        yield "count_at_least"
    else:
        yield "count_near" if ratio <= _FAR else "count_far"
        if ratio > _SURELY_FAR:
            yield "count_very_far"


def _other_count(one: Card, two: Card) -> bool:
    """Whether both count, and differently."""
    left, right = one.account.facts.people, two.account.facts.people
    return left is not None and right is not None and left != right


def _odd(count: int) -> bool:
    """Whether a number is too particular to be met twice by chance or by rounding."""
    return len(str(count).rstrip("0")) > 3  # noqa: PLR2004 - digits that tell


def _open(people: People) -> bool:
    """Whether the count is only a lower bound."""
    return people.low is not None and people.high is None


def _types(one: Facts, two: Facts) -> dict[str, float]:
    """Whether the kinds of data agree, where both tell of some."""
    either = one.data_types | two.data_types
    if not one.data_types or not two.data_types:
        return {}
    shared = len(one.data_types & two.data_types) / len(either)
    return {"types_agree" if shared >= _ALIKE else "types_differ": float(abs(shared - _ALIKE))}


def _chain(one: Card, two: Card) -> dict[str, float]:
    if one.own & two.via or two.own & one.via:
        return {"client_and_supplier": 1.0}
    if one.via and two.via:
        return {"via_same" if one.via & two.via else "via_other": 1.0}
    return {}


def _words(one: Card, two: Card) -> Iterable[tuple[str, float]]:
    """Names and numbers that both mention, and whether either mentions the other's name.

    Rows of one list share its wording, and a supplier's clients share its name: that tells
    nothing.
    """
    if one.account.source == two.account.source and one.account.tier in _LISTS:
        return
    known = one.names.squashed | two.names.squashed | set(map(squash, one.via | two.via))
    shared = len((one.named & two.named) - known)
    if shared:
        yield "words_named", float(min(shared, _ENOUGH_WORDS))
    if one.wording & two.wording:
        yield "wording", float(min(len(one.wording & two.wording), _COPIED))
    if one.numbers & two.numbers:
        yield "words_number", 1.0
    elif not shared:
        fewest = min(len(one.named - known), len(two.named - known))
        yield "words_none", min(fewest, _ENOUGH_WORDS) / _ENOUGH_WORDS


def _time(one: Card, two: Card) -> dict[str, float]:
    """How far apart the events are, else the publications; each limit passed counts."""
    told = abs((one.published - two.published).days)
    if one.when and two.when:
        found = _event_and_event(one, two)
    elif one.when or two.when:
        when, other = (one.when, two.published) if one.when else (two.when, one.published)
        found = _event_and_publication(when, other)
        lists = Tier.CURATED in {one.account.tier, two.account.tier}
        if told > _LONG_AGO and not lists:
            found["told_apart"] = 1.0
    else:
        return {"told": 1.0, **_passed("told_over", told, (7, 20, 45, 75, 120, 300, 1000))}
    # Where each gives another date, that both were told of at one time no longer matters.
    if told <= _SOON and found.get("event_over_300", 0.0) < 1:
        found["told_near_event" if one.when and two.when else "told_near"] = 1.0
        if told <= _WEEK:
            found["told_week"] = 1.0
    return found


def _event_and_event(one: Card, two: Card) -> dict[str, float]:
    """The event's dates; half as telling where one is only the day of publication."""
    if _same_day(one, two):
        return {"event_same": 1.0}
    trust = 0.5 if one.posted or two.posted else 1.0
    limits = _passed("event_over", _gap(one.when, two.when), (3, 45, 120, 300, 1000))
    vague = any(item.when and _days(item.when) > _MONTH for item in (one, two))
    found = {"event": 1.0, **dict.fromkeys(limits, trust)}
    return {**found, "event_vague": 1.0} if vague else found


def _event_and_publication(when: tuple[date, date] | None, told: date) -> dict[str, float]:
    delay = (told - when[0]).days if when else 0
    if delay < _TOO_EARLY:
        return {"told_before_event": 1.0}
    return {"event_told": 1.0, **_passed("event_told_over", delay, (45, 150, 300, 500, 1000))}


def _passed(name: str, days: int, limits: Iterable[int]) -> dict[str, float]:
    return {f"{name}_{limit}": 1.0 for limit in limits if days > limit}


def _days(span: tuple[date, date]) -> int:
    return (span[1] - span[0]).days


def _gap(one: tuple[date, date] | None, two: tuple[date, date] | None) -> int:
    return max(0, (max(one[0], two[0]) - min(one[1], two[1])).days) if one and two else 0
