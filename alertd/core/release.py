"""When a message may go: quiet hours and digests, judged on the reader's own clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from alertd.core.model import Severity
from alertd.core.outbox import StateReason
from alertd.core.people import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that has no time yet, with what its route says of time."""

    delivery: int
    kind: Kind
    severity: Severity
    when: str
    quiet: str | None
    quiet_except: Severity | None
    timezone: str


@dataclass(frozen=True, slots=True)
class Release:
    """When a message is due; ``reason`` says what it is held for until then."""

    delivery: int
    due_at: datetime
    reason: StateReason | None = None


def releases(waiting: Iterable[Waiting], now: datetime) -> tuple[Release, ...]:
    """Give each message its time: now, or when its reader's quiet hours end."""
    return tuple(_release(item, now) for item in waiting)


def _release(item: Waiting, now: datetime) -> Release:
    if item.quiet is None or _breaks_quiet(item):
        return Release(item.delivery, now)
    end = quiet_until(item.quiet, now, item.timezone)
    if end is None:
        return Release(item.delivery, now)
    return Release(item.delivery, end, StateReason.QUIET)


def _breaks_quiet(item: Waiting) -> bool:
    return item.quiet_except is not None and item.severity.rank >= item.quiet_except.rank


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
