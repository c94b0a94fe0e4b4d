"""When a message may go, on the reader's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.model import Severity
from alertd.core.outbox import StateReason
from alertd.core.people import Kind
from alertd.core.release import Release, Waiting, quiet_until, releases


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOON = utc("2026-06-01 12:00")


def waiting(
    number: int = 1,
    *,
    quiet: str | None = None,
    quiet_except: Severity | None = None,
    severity: Severity = Severity.HIGH,
    timezone: str = "UTC",
    when: str = "now",
    kind: Kind = Kind.NEW,
) -> Waiting:
    return Waiting(
        delivery=number,
        kind=kind,
        severity=severity,
        when=when,
        quiet=quiet,
        quiet_except=quiet_except,
        timezone=timezone,
    )


@pytest.mark.parametrize(
    ("quiet", "timezone", "now", "end"),
    [
        ("22:00-07:00", "UTC", "2026-06-01 21:59", None),
        ("22:00-07:00", "UTC", "2026-06-01 22:00", "2026-06-02 07:00"),
        ("22:00-07:00", "UTC", "2026-06-01 23:59", "2026-06-02 07:00"),
        ("22:00-07:00", "UTC", "2026-06-02 00:00", "2026-06-02 07:00"),
        ("22:00-07:00", "UTC", "2026-06-02 06:59", "2026-06-02 07:00"),
        ("22:00-07:00", "UTC", "2026-06-02 07:00", None),
        ("12:00-14:00", "UTC", "2026-06-01 11:59", None),
        ("12:00-14:00", "UTC", "2026-06-01 12:00", "2026-06-01 14:00"),
        ("12:00-14:00", "UTC", "2026-06-01 14:00", None),
        ("22:00-07:00", "Europe/Paris", "2026-06-01 20:30", "2026-06-02 05:00"),
        ("22:00-07:00", "Europe/Paris", "2026-06-02 05:00", None),
        ("22:00-07:00", "Europe/Paris", "2026-01-10 20:30", None),
        ("22:00-07:00", "Europe/Paris", "2026-01-10 21:00", "2026-01-11 06:00"),
        ("22:00-07:00", "America/New_York", "2026-06-02 03:00", "2026-06-02 11:00"),
        ("22:00-07:00", "Pacific/Auckland", "2026-06-01 12:00", "2026-06-01 19:00"),
        ("22:00-07:00", "Asia/Kolkata", "2026-06-01 16:29", None),
        ("22:00-07:00", "Asia/Kolkata", "2026-06-01 16:30", "2026-06-02 01:30"),
        # The night in which the clock goes forward is an hour shorter, the other longer.
        ("22:00-07:00", "Europe/Paris", "2026-03-28 21:30", "2026-03-29 05:00"),
        ("22:00-07:00", "Europe/Paris", "2026-10-24 20:30", "2026-10-25 06:00"),
        # A time that the clock leaps over ends the quiet hours as if it had not.
        ("22:00-02:30", "Europe/Paris", "2026-03-29 00:45", "2026-03-29 01:30"),
        # An end that comes twice in a night is the one that still lies ahead.
        ("22:00-02:30", "Europe/Paris", "2026-10-25 00:15", "2026-10-25 00:30"),
        ("22:00-02:30", "Europe/Paris", "2026-10-25 01:15", "2026-10-25 01:30"),
        ("22:00-02:30", "Europe/Paris", "2026-10-25 01:30", None),
    ],
)
def test_quiet_hours_end_by_the_readers_clock(
    quiet: str, timezone: str, now: str, end: str | None
) -> None:
    found = quiet_until(quiet, utc(now), timezone)
    assert found == (None if end is None else utc(end))
    assert found is None or found.utcoffset() == timedelta()


def test_a_message_outside_quiet_hours_goes_now() -> None:
    assert releases([waiting(7, quiet="22:00-07:00")], NOON) == (Release(7, NOON),)


def test_a_message_in_quiet_hours_is_held_until_they_end() -> None:
    [held] = releases([waiting(7, quiet="11:00-13:30")], NOON)
    assert held == Release(7, utc("2026-06-01 13:30"), StateReason.QUIET)


@pytest.mark.parametrize(
    ("severity", "quiet_except", "goes"),
    [
        (Severity.CRITICAL, Severity.CRITICAL, True),
        (Severity.HIGH, Severity.CRITICAL, False),
        (Severity.HIGH, Severity.MEDIUM, True),
        (Severity.CRITICAL, None, False),
        (Severity.INFO, Severity.INFO, True),
    ],
)
def test_what_is_grave_enough_breaks_the_quiet(
    severity: Severity, quiet_except: Severity | None, *, goes: bool
) -> None:
    item = waiting(quiet="11:00-13:00", severity=severity, quiet_except=quiet_except)
    [released] = releases([item], NOON)
    assert (released.reason is None) is goes
    assert (released.due_at == NOON) is goes


@pytest.mark.parametrize("when", ["now", "hourly", "daily 08:30", "weekly mon 08:30"])
def test_a_message_without_quiet_hours_goes_now_whatever_its_digest(when: str) -> None:
    assert releases([waiting(when=when)], NOON) == (Release(1, NOON),)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_message_gets_its_own_time(kind: Kind) -> None:
    found = releases([waiting(1, quiet="11:00-13:00", kind=kind), waiting(2, kind=kind)], NOON)
    assert [item.delivery for item in found] == [1, 2]
    assert [item.reason for item in found] == [StateReason.QUIET, None]


@given(
    st.integers(0, 365 * 24 * 60).map(lambda n: utc("2026-01-01 00:00") + timedelta(minutes=n)),
    st.tuples(st.integers(0, 23), st.integers(4, 23)).filter(lambda pair: pair[0] != pair[1]),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Sydney"]),
)
def test_quiet_hours_end_within_a_day_and_are_over_then(
    now: datetime, hours: tuple[int, int], timezone: str
) -> None:
    # Ends before four o'clock are left out: in one night a year they come twice.
    quiet = f"{hours[0]:02}:00-{hours[1]:02}:00"
    end = quiet_until(quiet, now, timezone)
    if end is None:
        return
    assert now < end <= now + timedelta(hours=25)
    assert end.astimezone(ZoneInfo(timezone)).hour == hours[1]
    assert quiet_until(quiet, end, timezone) is None
