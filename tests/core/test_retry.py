"""What becomes of a delivery after each outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.channels.email import KIND as MAIL
from alertd.core.outbox import (
    Accepted,
    Ambiguous,
    Crashed,
    Dead,
    Delivery,
    Expire,
    Hold,
    Later,
    Outcome,
    Refusal,
    Refused,
    Sent,
    Settlement,
    StateReason,
)
from alertd.core.people import Kind
from alertd.core.retry import CHANNEL_PAUSES, POISON, RETRY_AFTER_CAP, after, channel_pause

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LONGEST = max(*MAIL.schedule, RETRY_AFTER_CAP) * 1.2


def delivery(*, attempts: int = 0, crashes: int = 0, age: timedelta = timedelta()) -> Delivery:
    return Delivery(
        id=1,
        dedup_key="a/1/1/1/mail",
        kind=Kind.NEW,
        subscriber=1,
        channel="mail",
        to="reader@example.org",
        message_id="A" * 26,
        created_at=NOW - age,
        due_at=NOW,
        attempts=attempts,
        crashes=crashes,
    )


def settle(
    outcome: Outcome, row: Delivery | None = None, *, share: float = 0.0, scale: float = 1.0
) -> Settlement:
    return after(outcome, row or delivery(), NOW, lambda: share, kind=MAIL, retry_scale=scale)


def refused(refusal: Refusal, retry_after: float | None = None) -> Refused:
    return Refused(refusal, "no", retry_after)


@pytest.mark.parametrize(
    ("outcome", "settlement"),
    [
        (Accepted("250 taken"), Sent("250 taken")),
        (refused(Refusal.SERVER_PERMANENT), Hold(StateReason.CHANNEL, "no", suspend=True)),
        (refused(Refusal.ENDPOINT_PERMANENT), Hold(StateReason.CHANNEL, "no", suspend=True)),
        (refused(Refusal.SENDER_POLICY), Hold(StateReason.POLICY, "no")),
        (refused(Refusal.RECIPIENT_PERMANENT), Dead("no", recipient=True)),
        (refused(Refusal.MESSAGE_PERMANENT), Dead("no")),
    ],
)
def test_what_needs_no_second_try_ends_at_once_at_any_age(
    outcome: Outcome, settlement: Settlement
) -> None:
    assert settle(outcome) == settlement
    assert settle(outcome, delivery(attempts=9, age=timedelta(days=30))) == settlement


@pytest.mark.parametrize(
    ("outcome", "later"),
    [
        (refused(Refusal.ROW_TEMPORARY), {}),
        (refused(Refusal.RECIPIENT_TEMPORARY), {}),
        (refused(Refusal.ENDPOINT_DOUBTFUL), {"doubtful": True}),
        (refused(Refusal.SERVER_TEMPORARY), {"counts": False, "channel": True}),
        (Crashed("no"), {"counts": False, "crashed": True}),
    ],
)
def test_what_may_go_better_later_waits_a_minute_first(
    outcome: Outcome,
    later: dict[str, Any],
) -> None:
    assert settle(outcome) == Later(NOW + timedelta(minutes=1), "no", **later)


def test_R2_an_ambiguous_answer_waits_five_minutes_and_is_marked() -> None:
    expected = Later(NOW + timedelta(minutes=5), "no reply", maybe_sent=True)
    assert settle(Ambiguous("no reply")) == expected


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(0, 1), (1, 5), (2, 15), (3, 30), (4, 60), (5, 120), (6, 240), (7, 240), (99, 240)],
)
def test_each_answer_that_counts_takes_the_next_step_of_the_schedule(
    attempts: int, minutes: int
) -> None:
    later = settle(refused(Refusal.ROW_TEMPORARY), delivery(attempts=attempts))
    assert later == Later(NOW + timedelta(minutes=minutes), "no")


def test_an_outage_of_the_server_never_makes_the_row_wait_longer() -> None:
    later = settle(refused(Refusal.SERVER_TEMPORARY), delivery(attempts=9))
    assert isinstance(later, Later)
    assert later.due_at == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (None, 60),
        (0.0, 60),
        (59.0, 60),
        (90.5, 90.5),
        (3600.0, 3600),
        (1e9, 86_400),
        (-5.0, 60),
        (float("nan"), 60),
        (float("inf"), 60),
    ],
)
def test_a_servers_own_figure_is_a_minimum_within_bounds(
    retry_after: float | None, seconds: float
) -> None:
    for refusal in (Refusal.ROW_TEMPORARY, Refusal.SERVER_TEMPORARY):
        later = settle(refused(refusal, retry_after))
        assert isinstance(later, Later)
        assert later.due_at == NOW + timedelta(seconds=seconds)


def test_only_a_time_that_the_server_named_holds_for_the_whole_channel() -> None:
    told = settle(refused(Refusal.SERVER_TEMPORARY, 3_600.0))
    assert isinstance(told, Later)
    assert told.until == told.due_at == NOW + timedelta(hours=1)
    for outcome in (
        refused(Refusal.SERVER_TEMPORARY),
        refused(Refusal.SERVER_TEMPORARY, -5.0),
        refused(Refusal.ROW_TEMPORARY, 3_600.0),
    ):
        later = settle(outcome)
        assert isinstance(later, Later)
        assert later.until is None


@pytest.mark.parametrize(("retry_after", "most"), [(None, 1.2), (600.0, 1.1)])
def test_jitter_only_adds_and_less_to_a_servers_own_figure(
    retry_after: float | None, most: float
) -> None:
    waits = [
        later.due_at - NOW
        for share in (0.0, 1.0, -3.0, 7.0)
        if isinstance(
            later := settle(refused(Refusal.ROW_TEMPORARY, retry_after), share=share), Later
        )
    ]
    assert waits == [waits[0], waits[0] * most, waits[0], waits[0] * most]


def test_a_row_expires_at_the_end_of_its_lifetime_and_not_before() -> None:
    last = delivery(attempts=30, age=MAIL.lifetime - timedelta(seconds=1))
    over = delivery(attempts=30, age=MAIL.lifetime)
    for outcome in (
        refused(Refusal.ROW_TEMPORARY),
        refused(Refusal.SERVER_TEMPORARY),
        Ambiguous("no"),
        Crashed("no"),
    ):
        assert isinstance(settle(outcome, last), Later)
        assert settle(outcome, over) == Expire("no")


def test_a_mailbox_that_is_full_for_days_counts_against_the_address() -> None:
    over = delivery(attempts=30, age=MAIL.lifetime)
    assert settle(refused(Refusal.RECIPIENT_TEMPORARY), over) == Dead("no", recipient=True)


def test_the_fifth_crash_makes_a_row_dead() -> None:
    assert isinstance(settle(Crashed("bug"), delivery(crashes=POISON - 2)), Later)
    assert settle(Crashed("bug"), delivery(crashes=POISON - 1)) == Dead("bug")


def test_a_row_that_crashed_before_is_not_dead_when_the_peer_takes_it() -> None:
    assert settle(Accepted("250"), delivery(crashes=9)) == Sent("250")


def test_a_channel_rests_longer_with_each_failure_up_to_a_quarter_of_an_hour() -> None:
    waits = [channel_pause(failures, NOW, lambda: 0.0) - NOW for failures in range(1, 9)]
    assert waits[: len(CHANNEL_PAUSES)] == list(CHANNEL_PAUSES)
    assert waits[-1] == timedelta(minutes=15)
    assert channel_pause(0, NOW, lambda: 0.0) == NOW + waits[0]
    assert channel_pause(1, NOW, lambda: 1.0, 0.01) == NOW + waits[0] * 1.2 * 0.01


OUTCOMES = st.one_of(
    st.builds(Accepted, st.just("yes")),
    st.builds(Ambiguous, st.just("?")),
    st.builds(Crashed, st.just("bug")),
    st.builds(Refused, st.sampled_from(Refusal), st.just("no"), st.none() | st.floats()),
)
ROWS = st.builds(
    delivery,
    attempts=st.integers(0, 50),
    crashes=st.integers(0, 6),
    age=st.timedeltas(timedelta(), timedelta(days=9)),
)


@settings(deadline=None)
@given(OUTCOMES, ROWS, st.floats(0, 1), st.floats(1e-6, 1))
def test_R12_a_later_time_is_always_ahead_and_never_beyond_the_longest_step(
    outcome: Outcome, row: Delivery, share: float, scale: float
) -> None:
    settlement = settle(outcome, row, share=share, scale=scale)
    if isinstance(settlement, Later):
        assert NOW < settlement.due_at <= NOW + LONGEST * scale + timedelta.resolution


@settings(deadline=None)
@given(OUTCOMES, ROWS, st.floats(0, 1), st.floats(0.01, 10))
def test_the_scale_multiplies_every_wait_and_changes_nothing_else(
    outcome: Outcome, row: Delivery, share: float, scale: float
) -> None:
    usual = settle(outcome, row, share=share)
    scaled = settle(outcome, row, share=share, scale=scale)
    assert type(scaled) is type(usual)
    if isinstance(usual, Later) and isinstance(scaled, Later):
        difference = (scaled.due_at - NOW) - (usual.due_at - NOW) * scale
        assert abs(difference) <= timedelta(microseconds=20)


@settings(deadline=None)
@given(OUTCOMES, ROWS)
def test_only_what_counts_uses_up_an_attempt(outcome: Outcome, row: Delivery) -> None:
    settlement = settle(outcome, row)
    if isinstance(settlement, Later):
        ours = isinstance(outcome, Crashed)
        theirs = isinstance(outcome, Refused) and outcome.refusal is Refusal.SERVER_TEMPORARY
        assert settlement.counts is not (ours or theirs)
        assert settlement.maybe_sent is isinstance(outcome, Ambiguous)
