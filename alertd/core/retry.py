"""What becomes of a delivery after a send: the retry matrix as a pure function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

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
from alertd.core.transport import ChannelKind

Jitter = Callable[[], float]
"""A random share, 0 to 1; how much of the allowed addition a wait gets."""

JITTER: Final = 0.2
JITTER_ON_THEIR_FIGURE: Final = 0.1
RETRY_AFTER_CAP: Final = timedelta(hours=24)
AMBIGUOUS_WAIT: Final = timedelta(minutes=5)
"""A server that took the message but could not say so gets time to deliver and to remember it."""

POISON: Final = 5
"""Crashes of our own after which a row is given up, so that it cannot stop the others."""

CHANNEL_PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 900)
)
"""A server that cannot be reached is tried again soon, and at least each quarter of an hour."""

_ENDS: Final[Mapping[Refusal, Callable[[str], Settlement]]] = MappingProxyType(
    {
        Refusal.SERVER_PERMANENT: lambda why: Hold(StateReason.CHANNEL, why, suspend=True),
        Refusal.ENDPOINT_PERMANENT: lambda why: Hold(StateReason.CHANNEL, why, suspend=True),
        Refusal.SENDER_POLICY: lambda why: Hold(StateReason.POLICY, why),
        Refusal.RECIPIENT_PERMANENT: lambda why: Dead(why, recipient=True),
        Refusal.MESSAGE_PERMANENT: Dead,
    }
)


def after(
    outcome: Outcome,
    delivery: Delivery,
    now: datetime,
    jitter: Jitter,
    *,
    kind: ChannelKind,
    retry_scale: float = 1.0,
) -> Settlement:
    """What becomes of ``delivery`` after ``outcome`` (reliability.md section 3).

    Args:
        outcome: what the send came to.
        delivery: the row as it was claimed, before this attempt is counted.
        now: aware time of the outcome.
        jitter: gives a share from 0 to 1; asked once for each wait.
        kind: whose schedule and lifetime hold.
        retry_scale: multiplies every wait, never the lifetime.
    """
    match outcome:
        case Accepted(answer):
            return Sent(answer)
        case Refused(refusal, answer) if refusal in _ENDS:
            return _ENDS[refusal](answer)
        case Crashed(answer) if delivery.crashes + 1 >= POISON:
            return Dead(answer)
    if now >= delivery.created_at + kind.lifetime:
        return _too_late(outcome)
    wait, stretch = _wait(outcome, delivery, kind)
    return _later(outcome, now + _stretched(wait, stretch, jitter, retry_scale))


def channel_pause(
    failures: int, now: datetime, jitter: Jitter, retry_scale: float = 1.0
) -> datetime:
    """Until when a channel rests after ``failures`` (1 or more) server failures in a row."""
    wait = _step(CHANNEL_PAUSES, failures - 1)
    return now + _stretched(wait, JITTER, jitter, retry_scale)


def _too_late(outcome: Outcome) -> Settlement:
    if isinstance(outcome, Refused) and outcome.refusal is Refusal.RECIPIENT_TEMPORARY:
        return Dead(outcome.answer, recipient=True)  # a mailbox full for days is abandoned
    return Expire(outcome.answer)


def _later(outcome: Outcome, due_at: datetime) -> Later:
    refusal = outcome.refusal if isinstance(outcome, Refused) else None
    of_channel = refusal is Refusal.SERVER_TEMPORARY
    crashed = isinstance(outcome, Crashed)
    return Later(
        due_at,
        outcome.answer,
        counts=not of_channel and not crashed,
        channel=of_channel,
        maybe_sent=isinstance(outcome, Ambiguous),
        crashed=crashed,
        until=due_at if of_channel and _told(outcome) is not None else None,
        doubtful=refusal is Refusal.ENDPOINT_DOUBTFUL,
    )


def _wait(outcome: Outcome, delivery: Delivery, kind: ChannelKind) -> tuple[timedelta, float]:
    """The wait before jitter and scale, and how much jitter may add."""
    match outcome:
        case Crashed():
            return _step(kind.schedule, delivery.crashes), JITTER
        case Ambiguous():
            return max(_step(kind.schedule, delivery.attempts), AMBIGUOUS_WAIT), JITTER
        case Refused(refusal=Refusal.SERVER_TEMPORARY):
            own = kind.schedule[0]  # the channel's own pause is what grows
        case _:
            own = _step(kind.schedule, delivery.attempts)
    theirs = _told(outcome)
    return (own, JITTER) if theirs is None or theirs <= own else (theirs, JITTER_ON_THEIR_FIGURE)


def _told(outcome: Outcome) -> timedelta | None:
    """The server's own figure within bounds; None where it gave none that can be used."""
    seconds = outcome.retry_after if isinstance(outcome, Refused) else None
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return timedelta(seconds=min(seconds, RETRY_AFTER_CAP.total_seconds()))


def _step(schedule: tuple[timedelta, ...], passed: int) -> timedelta:
    return schedule[min(max(passed, 0), len(schedule) - 1)]


def _stretched(wait: timedelta, stretch: float, jitter: Jitter, retry_scale: float) -> timedelta:
    """Jitter only adds: nobody is asked again earlier than was decided."""
    share = min(max(jitter(), 0.0), 1.0)
    return max(wait * (1 + stretch * share) * retry_scale, timedelta.resolution)
