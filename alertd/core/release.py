"""When a message may go: quiet hours, digests and the hourly cap, judged on the reader's clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from alertd.core.model import Severity
from alertd.core.outbox import StateReason
from alertd.core.people import Kind

HOUR: Final = timedelta(hours=1)
MOST_FIRST: Final = 5
"""Alerts from first contacts within an hour; more of them become one digest (product 7)."""
OLD: Final = timedelta(days=30)
"""News published longer ago goes into one digest (product 7)."""
NOW: Final = "now"

_WEEK: Final = 7
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALERTS: Final = frozenset({Kind.NEW, Kind.UPDATE, Kind.WITHDRAWN})


class Bundle(StrEnum):
    """Why alerts come together in one digest."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    CAP = "cap"
    FIRST = "first"
    OLD = "old"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that has no time yet, with what its route says of time.

    ``about`` is the incident and revision told, the same for every channel; ``first_contact``
    says that it comes from a first contact with a source, ``published`` when its newest report
    was.
    """

    delivery: int
    kind: Kind
    severity: Severity
    when: str
    quiet: str | None
    quiet_except: Severity | None
    timezone: str
    subscriber: int = 0
    channel: str = ""
    about: tuple[int, int] = (0, 0)
    first_contact: bool = False
    published: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """A message to a person that went within the hour, or is on its way.

    ``at`` is when it went, ``now`` for one on its way, and None for one that a digest replaced:
    that one is no message more, but still an alert from a first contact.
    """

    subscriber: int
    channel: str
    about: tuple[int, int]
    at: datetime | None
    first_contact: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """When a message is due; ``reason`` says what it is held for until then.

    ``bundle`` says of what becomes part of a digest why that is: a route's ``when``, or the
    value of a ``Bundle``.
    """

    delivery: int
    due_at: datetime
    reason: StateReason | None = None
    bundle: str = ""


def releases(
    waiting: Iterable[Waiting],
    now: datetime,
    *,
    recent: Iterable[Recent] = (),
    alerts_per_hour: int = 20,
) -> tuple[Release, ...]:
    """Give each message its time, in the order given.

    What is grave enough for a route's ``quiet_except`` waits neither for the end of its quiet
    hours nor for its digest.  More than ``MOST_FIRST`` alerts from first contacts, or more than
    one of old news, become one digest at once.  The hourly cap counts the alerts of a person
    over all channels, and the gravest go first.
    """
    asked, lately = list(waiting), list(recent)
    found = {item.delivery: own for item in asked if (own := _by_route(item, now))}
    free = [item for item in asked if item.delivery not in found]
    for some in _ways(free):
        found |= _at_once(some, lately, now)
    free = [item for item in free if item.delivery not in found]
    budgets = _budgets(lately, now, alerts_per_hour)
    for item in sorted(free, key=lambda item: (-item.severity.rank, item.delivery)):
        found[item.delivery] = budgets[item.subscriber].release(item)
    return tuple(found[item.delivery] for item in asked)


def _by_route(item: Waiting, now: datetime) -> Release | None:
    """When its route lets a message go; None for now."""
    if item.quiet_except is not None and item.severity.rank >= item.quiet_except.rank:
        return None
    if item.kind in _ALERTS and item.when != NOW:
        slot = next_slot(item.when, now, item.timezone)
        due_at = quiet_until(item.quiet, slot, item.timezone) if item.quiet else None
        return Release(item.delivery, due_at or slot, StateReason.DIGEST, item.when)
    end = quiet_until(item.quiet, now, item.timezone) if item.quiet else None
    return None if end is None else Release(item.delivery, end, StateReason.QUIET)


def _ways(items: Iterable[Waiting]) -> Iterable[list[Waiting]]:
    """The messages of each person and channel."""
    ways: dict[tuple[int, str], list[Waiting]] = {}
    for item in items:
        ways.setdefault((item.subscriber, item.channel), []).append(item)
    return ways.values()


def _at_once(some: list[Waiting], recent: list[Recent], now: datetime) -> dict[int, Release]:
    """What of one person and channel becomes a digest now: nothing, where that would be one."""
    first = [item for item in some if item.first_contact]
    old = [item for item in some if item.published and item.published < now - OLD]
    of = {(item.subscriber, item.channel) for item in some}
    before = {
        item.about[0]
        for item in recent
        if item.first_contact and (item.subscriber, item.channel) in of
    }
    many = len(before | {item.about[0] for item in first}) > MOST_FIRST
    found: dict[int, Release] = {}
    for bundle, items in ((Bundle.OLD, old), (Bundle.FIRST, first if many else [])):
        if len(items) > 1:
            held = (Release(item.delivery, now, StateReason.DIGEST, bundle) for item in items)
            found |= {item.delivery: item for item in held}
    return found


@dataclass(slots=True)
class _Budget:
    """The alerts that one person got within the hour, and when the first of them was."""

    now: datetime
    limit: int
    about: set[tuple[int, int]] = field(default_factory=set)
    first: datetime | None = None

    def count(self, about: tuple[int, int], at: datetime) -> None:
        self.about.add(about)
        self.first = min(at, self.first or at)

    def release(self, item: Waiting) -> Release:
        if item.kind not in _ALERTS:
            return Release(item.delivery, self.now)
        if item.about in self.about or len(self.about) < self.limit:
            self.count(item.about, self.now)
            return Release(item.delivery, self.now)
        until = (self.first or self.now) + HOUR
        return Release(item.delivery, until, StateReason.CAP, Bundle.CAP)


def _budgets(recent: Iterable[Recent], now: datetime, limit: int) -> dict[int, _Budget]:
    budgets: dict[int, _Budget] = defaultdict(lambda: _Budget(now, limit))
    for item in recent:
        if item.at is not None:
            budgets[item.subscriber].count(item.about, item.at)
    return budgets


def next_slot(when: str, now: datetime, timezone: str) -> datetime:
    """The next time, after ``now``, that ``hourly``, ``daily 08:30`` or ``weekly mon 08:30`` names.

    By the clock of ``timezone``: a time that the clock leaps over is as late as if it had not,
    one that comes twice is its first.
    """
    here = now.astimezone(ZoneInfo(timezone))
    if when == Bundle.HOURLY:
        past = timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
        return now - past + HOUR
    *days, at = when.split()[1:]
    for ahead in range(_WEEK + 1):
        day = here.date() + timedelta(days=ahead)
        slot = datetime.combine(day, time.fromisoformat(at), here.tzinfo).astimezone(now.tzinfo)
        if slot > now and (not days or _DAYS[day.weekday()] in days):
            return slot
    raise AssertionError


def quiet_until(quiet: str, now: datetime, timezone: str) -> datetime | None:
    """When the quiet hours (``22:00-07:00``, local) that hold at ``now`` end; None outside."""
    start, end = (time.fromisoformat(part) for part in quiet.split("-"))
    here = now.astimezone(ZoneInfo(timezone))
    inside = start <= here.time() < end if start < end else not end <= here.time() < start
    if not inside:
        return None
    # In the night when clocks go back an hour comes twice: the end is that of the same hour.
    until = datetime.combine(here.date(), end, here.tzinfo).replace(fold=here.fold)
    if until.astimezone(now.tzinfo) <= now:
        until += timedelta(days=1)
    return until.astimezone(now.tzinfo)
