"""When a message may go, on the reader's own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.model import Severity
from alertd.core.outbox import StateReason
from alertd.core.people import Kind
from alertd.core.release import (
    Bundle,
    Recent,
    Release,
    Waiting,
    next_slot,
    quiet_until,
    releases,
)


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


@pytest.mark.parametrize(
    ("when", "timezone", "now", "slot"),
    [
        ("hourly", "UTC", "2026-06-01 12:00", "2026-06-01 13:00"),
        ("hourly", "UTC", "2026-06-01 12:59:59", "2026-06-01 13:00"),
        ("hourly", "Asia/Kolkata", "2026-06-01 12:00", "2026-06-01 12:30"),
        ("daily 08:30", "UTC", "2026-06-01 08:29", "2026-06-01 08:30"),
        ("daily 08:30", "UTC", "2026-06-01 08:30", "2026-06-02 08:30"),
        ("daily 08:30", "Europe/Paris", "2026-06-01 06:29", "2026-06-01 06:30"),
        ("daily 08:30", "Europe/Paris", "2026-01-10 06:30", "2026-01-10 07:30"),
        ("daily 08:30", "America/New_York", "2026-06-02 03:00", "2026-06-02 12:30"),
        ("daily 08:30", "Pacific/Auckland", "2026-06-01 12:00", "2026-06-01 20:30"),
        # The days on which the clock changes are an hour shorter and an hour longer.
        ("daily 08:30", "Europe/Paris", "2026-03-28 07:30", "2026-03-29 06:30"),
        ("daily 08:30", "Europe/Paris", "2026-10-24 06:30", "2026-10-25 07:30"),
        # A time that the clock leaps over, and one that comes twice.
        ("daily 02:30", "Europe/Paris", "2026-03-29 00:30", "2026-03-29 01:30"),
        ("daily 02:30", "Europe/Paris", "2026-10-25 00:00", "2026-10-25 00:30"),
        ("daily 02:30", "Europe/Paris", "2026-10-25 00:30", "2026-10-26 01:30"),
        ("weekly mon 08:30", "UTC", "2026-06-01 08:29", "2026-06-01 08:30"),
        ("weekly mon 08:30", "UTC", "2026-06-01 08:30", "2026-06-08 08:30"),
        ("weekly sun 08:30", "UTC", "2026-06-01 08:30", "2026-06-07 08:30"),
        ("weekly mon 00:15", "Pacific/Auckland", "2026-05-31 12:14", "2026-05-31 12:15"),
    ],
)
def test_a_slot_is_the_next_by_the_readers_clock(
    when: str, timezone: str, now: str, slot: str
) -> None:
    assert next_slot(when, utc(now), timezone) == utc(slot)


@given(
    st.integers(0, 365 * 24 * 60).map(lambda n: utc("2026-01-01 00:00") + timedelta(minutes=n)),
    st.sampled_from(["hourly", "daily 02:30", "weekly sun 02:30", "weekly wed 23:59"]),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"]),
)
def test_a_slot_lies_ahead_and_within_its_period(now: datetime, when: str, timezone: str) -> None:
    longest = {"hourly": timedelta(hours=1), "daily": timedelta(hours=25)}
    slot = next_slot(when, now, timezone)
    assert now < slot <= now + longest.get(when.split(maxsplit=1)[0], timedelta(days=7, hours=1))


@pytest.mark.parametrize("when", ["hourly", "daily 18:00", "weekly mon 18:00"])
@pytest.mark.parametrize("kind", [Kind.NEW, Kind.UPDATE, Kind.WITHDRAWN])
def test_a_message_waits_for_the_digest_that_its_route_asks_for(when: str, kind: Kind) -> None:
    [held] = releases([waiting(when=when, kind=kind, severity=Severity.CRITICAL)], NOON)
    assert (held.reason, held.bundle) == (StateReason.DIGEST, when)
    assert held.due_at == next_slot(when, NOON, "UTC")


def test_what_a_digest_route_excepts_from_its_quiet_waits_for_no_slot_either() -> None:
    grave, other = (
        waiting(n, when="daily 18:00", severity=severity, quiet_except=Severity.CRITICAL)
        for n, severity in enumerate((Severity.CRITICAL, Severity.HIGH))
    )
    found = releases([grave, other], NOON)
    assert [item.reason for item in found] == [None, StateReason.DIGEST]


def test_quiet_hours_at_a_slot_move_it_to_their_end() -> None:
    item = waiting(when="daily 23:00", quiet="22:00-07:00")
    [held] = releases([item], NOON)
    assert (held.reason, held.due_at) == (StateReason.DIGEST, utc("2026-06-02 07:00"))


def several(count: int, **fields: object) -> list[Waiting]:
    return [
        replace(waiting(n), about=(n, 1), subscriber=7, channel="mail", **fields)  # type: ignore[arg-type]  # any field
        for n in range(count)
    ]


def test_R10_the_hourly_cap_holds_the_rest_until_an_hour_after_the_first() -> None:
    sent = Recent(subscriber=7, channel="mail", about=(99, 1), at=utc("2026-06-01 11:40"))
    found = releases(several(4), NOON, recent=[sent], alerts_per_hour=3)
    assert [item.reason for item in found] == [None, None, StateReason.CAP, StateReason.CAP]
    assert {item.due_at for item in found[2:]} == {utc("2026-06-01 12:40")}


def test_R10_under_the_cap_the_gravest_go_first() -> None:
    items = several(3)
    items[2] = replace(items[2], severity=Severity.CRITICAL)
    found = releases(items, NOON, alerts_per_hour=1)
    assert [item.reason for item in found] == [StateReason.CAP, StateReason.CAP, None]


def test_R10_each_person_has_a_cap_of_their_own() -> None:
    mine, theirs = several(2), [replace(item, subscriber=8) for item in several(2)]
    theirs = [replace(item, delivery=item.delivery + 50) for item in theirs]
    found = releases([*mine, *theirs], NOON, alerts_per_hour=2)
    assert {item.reason for item in found} == {None}


def test_more_than_five_first_contacts_become_one_digest_at_once() -> None:
    six = releases(several(6, first_contact=True), NOON)
    assert {(item.due_at, item.reason, item.bundle) for item in six} == {
        (NOON, StateReason.DIGEST, Bundle.FIRST)
    }
    five = releases(several(5, first_contact=True), NOON)
    assert {item.reason for item in five} == {None}


def test_first_contacts_of_the_last_hour_count_and_one_alone_is_no_digest() -> None:
    before = [
        Recent(subscriber=7, channel="mail", about=(90 + n, 1), at=None, first_contact=True)
        for n in range(5)
    ]
    two = releases(several(2, first_contact=True), NOON, recent=before)
    assert {item.bundle for item in two} == {Bundle.FIRST}
    one = releases(several(1, first_contact=True), NOON, recent=before)
    assert {item.reason for item in one} == {None}
    other = [replace(item, channel="team") for item in before]
    assert {
        item.reason for item in releases(several(2, first_contact=True), NOON, recent=other)
    } == {None}


def test_news_of_more_than_thirty_days_becomes_one_digest_at_once() -> None:
    old = several(2, published=NOON - timedelta(days=31))
    fresh = replace(waiting(9), about=(9, 1), published=NOON - timedelta(days=29))
    found = releases([*old, fresh], NOON)
    assert [item.bundle for item in found] == [Bundle.OLD, Bundle.OLD, ""]


def test_quiet_hours_hold_first_contacts_as_everything() -> None:
    found = releases(several(6, first_contact=True, quiet="11:00-13:00"), NOON)
    assert {item.reason for item in found} == {StateReason.QUIET}


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
