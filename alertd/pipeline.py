"""The whole flow: poll, correlate, release, lane.  Each stage reads and commits rows.

    poll       source     -> reports               one per source, when due
    correlate  reports    -> incidents, fan-outs   decided outside any transaction
    release    fan-outs   -> due messages          to people, and each message gets its time
    lane       messages   -> sent                  senders of one channel: claim, send, settle

Between stages there is only the store, so that a crash at any point loses nothing and repeats
at most one step.  One ``store.run`` is one commit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Final, Protocol

import structlog

from alertd.core.decide import decide
from alertd.core.feed import Reply, Request, Source, Validators
from alertd.core.lexicon import Weights
from alertd.core.model import Reading, Report
from alertd.core.outbox import Crashed, Dead, Expire, Hold, Later, Outcome, Sent, Settlement
from alertd.core.people import Kind
from alertd.core.plan import Plan, Seen
from alertd.core.release import HOUR, Recent, Release, releases
from alertd.core.retry import after, channel_pause
from alertd.core.transport import ChannelKind
from alertd.errors import FetchError, ParseError, SourceError, Stale
from alertd.store import Rx, Store, Tx
from alertd.store.claims import Claimed
from alertd.store.sources import Health

log = structlog.stdlib.get_logger()
BATCH: Final = 50
"""Fresh reports decided together."""
CHUNK: Final = 5_000
"""Watches expanded in one transaction."""
MOST_DECISIONS: Final = 5
"""Times that a stale plan is decided again before the stage is left for its next tick."""
KILLS: Final = 2
"""A body that ended the parser so often is set aside until it changes."""
LONGEST_BACKOFF: Final = timedelta(hours=6)
DOUBT: Final = timedelta(days=5)
"""An endpoint that refuses us for so long is suspended (reliability.md section 3)."""
RETRY_AFTER: Final = (timedelta(minutes=1), timedelta(hours=24))
"""The bounds within which a server's own Retry-After is obeyed (rule F5)."""

Clock = Callable[[], datetime]
Jitter = Callable[[], float]
Fetch = Callable[[Request, Validators], Awaitable[Reply]]
Read = Callable[[Source, Reply], Awaitable[Sequence[tuple[Report, Reading]]]]
Send = Callable[[Claimed], Awaitable[Outcome]]
Tell = Callable[[str, Sequence[str]], Awaitable[object]]
"""Tells the operator of a subject, in lines; at most once a day for each subject."""


class Lane(Protocol):
    """What a lane needs to know of its channel."""

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""

    @property
    def kind(self) -> ChannelKind:
        """Its kind: schedule, lease, lifetime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast things go: ``floor`` between polls, ``lookback``, and the scale of waits.

    ``alerts_per_hour`` is how many one person may get before the rest becomes a digest.
    """

    floor: timedelta = timedelta(seconds=60)
    lookback: timedelta = timedelta(days=7)
    retry_scale: float = 1.0
    alerts_per_hour: int = 20


async def poll(
    source: Source,
    *,
    fetch: Fetch,
    read: Read,
    store: Store,
    clock: Clock,
    jitter: Jitter,
    pace: Pace,
) -> int:
    """Fetch one source and keep what is new or changed; return how many reports that is."""
    url = source.request.url
    health = (await store.read(lambda rx: rx.health(source.name))).at(url)
    body_hash = None
    try:
        reply = await fetch(source.request, health.validators_for(clock()))
        body_hash = None if reply.unchanged else sha256(reply.body).hexdigest()
        found = await _read(source, reply, body_hash, health, read)
    except SourceError as error:
        await _note_failure(
            source,
            health,
            error,
            body_hash=body_hash,
            store=store,
            now=clock(),
            jitter=jitter,
            pace=pace,
        )
        return 0
    now = clock()
    due_at = now + max(source.every, pace.floor) * (1 + jitter() / 10)

    def keep(tx: Tx) -> int:
        kept = tx.keep(source, found or (), now)
        tx.note_success(
            source.name,
            url,
            now,
            due_at=due_at,
            validators=reply.validators,
            body_hash=body_hash,
            items=None if found is None else len(found),
            found=kept,
        )
        return kept

    kept = await store.run(keep)
    log.info("source polled", source=source.name, items=len(found or ()), kept=kept)
    return kept


async def _read(
    source: Source, reply: Reply, body_hash: str | None, health: Health, read: Read
) -> Sequence[tuple[Report, Reading]] | None:
    """What the answer holds; None when it is the one that was read last time."""
    if body_hash is None or body_hash == health.body_hash:
        return None
    if body_hash == health.killer_hash and health.kills >= KILLS:
        raise ParseError(
            "this answer ended the parser twice and is set aside until the publisher changes it"
        )
    found = await read(source, reply)
    if not found and health.items:
        raise ParseError(
            f"the answer holds no item, where there were {health.items} before: see {reply.url}"
        )
    return found


async def _note_failure(
    source: Source,
    health: Health,
    error: SourceError,
    *,
    body_hash: str | None,
    store: Store,
    now: datetime,
    jitter: Jitter,
    pace: Pace,
) -> None:
    wished = error.retry_after if isinstance(error, FetchError) else None
    wait_until = None
    if wished is not None:
        low, high = RETRY_AFTER
        wait_until = now + min(max(timedelta(seconds=wished), low), high)
    pause = max(source.every, pace.floor) * 2 ** min(health.failures, 6)
    due_at = now + min(pause, max(LONGEST_BACKOFF, source.every)) * (1 + jitter() / 10)
    killed = isinstance(error, ParseError) and error.killed
    failures = await store.run(
        lambda tx: tx.note_failure(
            source.name,
            source.request.url,
            str(error),
            now,
            due_at=max(due_at, wait_until or due_at),
            wait_until=wait_until,
            suspend=isinstance(error, FetchError) and error.gone,
            killer_hash=body_hash if killed else None,
        )
    )
    log.warning("source failed", source=source.name, failures=failures, why=str(error))


async def correlate(*, store: Store, weights: Weights, clock: Clock, pace: Pace) -> Plan:
    """Turn kept reports into incidents and fan-outs, until none is fresh; return the last plan."""
    for _ in range(MOST_DECISIONS):
        seen = await store.read(lambda rx: rx.candidates(limit=BATCH))
        plan = decide(seen, weights, lookback=pace.lookback)  # no transaction is open here
        try:
            return await store.run(partial(_apply, plan, seen, clock()))
        except Stale:
            continue
    raise Stale("incidents change faster than they can be decided: trying again at the next tick")


def _apply(plan: Plan, seen: Seen, now: datetime, tx: Tx) -> Plan:
    return tx.apply(plan, seen.versions, now)


def _schedule(released: Sequence[Release], tx: Tx) -> int:
    return tx.schedule(released)


async def release(*, store: Store, clock: Clock, pace: Pace | None = None) -> int:
    """Expand fan-outs to people, give each message its time, make digests of what is held.

    Returns how many messages got their first time.
    """
    while await store.run(lambda tx: tx.expand(clock(), limit=CHUNK)):
        pass
    again = await store.run(lambda tx: tx.ripen(clock()))
    scheduled = await _schedule_all(store, clock, pace or Pace())
    while await store.run(lambda tx: tx.gather(clock())):
        pass
    return max(0, scheduled - again)


async def _schedule_all(store: Store, clock: Clock, pace: Pace) -> int:
    scheduled = 0
    while waiting := await store.read(lambda rx: rx.to_release()):
        now, people = clock(), {item.subscriber for item in waiting}
        recent = await store.read(partial(_recent, people, now))
        released = releases(waiting, now, recent=recent, alerts_per_hour=pace.alerts_per_hour)
        scheduled += await store.run(partial(_schedule, released))
    return scheduled


def _recent(people: Collection[int], now: datetime, rx: Rx) -> tuple[Recent, ...]:
    return rx.recent(people, now, since=now - HOUR)


async def lane(
    channel: Lane,
    *,
    owner: str,
    store: Store,
    send: Send,
    tell: Tell,
    clock: Clock,
    jitter: Jitter,
    pace: Pace,
    go_on: Callable[[], bool] = lambda: True,
    only: str = "",
) -> int:
    """One sender of one channel: claim what it sends now, send, settle, until nothing is due.

    Claims no more once ``go_on`` says no (rule R11), and nothing whose key does not begin with
    ``only``.  Returns how many messages were tried and not taken.
    """
    unsent = 0
    while go_on() and (
        batch := await store.run(
            lambda tx: tx.claim(
                channel.name, clock(), owner=owner, lease=channel.kind.lease, limit=1, only=only
            )
        )
    ):
        for claimed in batch:
            settlement = await _deliver(
                channel, claimed, send=send, clock=clock, jitter=jitter, pace=pace
            )
            await store.settle(claimed.delivery, settlement, clock())
            await _tell_of(channel, claimed, settlement, tell)
            unsent += not isinstance(settlement, Sent)
            if await _must_pause(
                channel,
                settlement,
                store=store,
                tell=tell,
                clock=clock,
                jitter=jitter,
                pace=pace,
            ):
                return unsent
    return unsent


async def _deliver(
    channel: Lane, claimed: Claimed, *, send: Send, clock: Clock, jitter: Jitter, pace: Pace
) -> Settlement:
    try:
        outcome = await send(claimed)
    except Exception as error:  # our bug, not theirs: the others go on
        log.exception("delivery crashed", delivery=claimed.delivery.id)
        outcome = Crashed(f"{type(error).__name__}: {error}")
    settlement = after(
        outcome, claimed.delivery, clock(), jitter, kind=channel.kind, retry_scale=pace.retry_scale
    )
    log.info(
        "delivery settled",
        delivery=claimed.delivery.id,
        channel=channel.name,
        outcome=type(outcome).__name__.lower(),
        state=type(settlement).__name__.lower(),
    )
    return settlement


async def _tell_of(channel: Lane, claimed: Claimed, settlement: Settlement, tell: Tell) -> None:
    """A message that gives up, or a channel that is suspended, reaches the operator (rule R7)."""
    if claimed.delivery.kind is Kind.NOTICE:
        return
    number = claimed.delivery.id
    match settlement:
        case Dead(answer) | Expire(answer):
            log.error("delivery gave up", delivery=number, channel=channel.name, why=answer)
            await tell(
                f"Messages by {channel.name} gave up",
                (f"Message {number}: {answer}", "All of them: alertd delivery list --dead"),
            )
        case Hold(_, answer, suspend=True):
            log.error("delivery held", delivery=number, channel=channel.name, why=answer)
            await tell(*_held(channel, f"Message {number}: {answer}"))
        case Hold(_, answer):
            log.error("delivery held", delivery=number, channel=channel.name, why=answer)
            await tell(
                f"Messages by {channel.name} are held",
                (f"Message {number}: {answer}", "When that is mended: alertd delivery retry ID"),
            )


async def _must_pause(
    channel: Lane,
    settlement: Settlement,
    *,
    store: Store,
    tell: Tell,
    clock: Clock,
    jitter: Jitter,
    pace: Pace,
) -> bool:
    """Whether the whole channel has to wait; what is known of its trouble is written down."""
    suspend = isinstance(settlement, Hold) and settlement.suspend
    later = settlement if isinstance(settlement, Later) else None
    if not suspend and not (later and (later.channel or later.doubtful)):
        return False
    now = clock()
    known = await store.read(lambda rx: rx.channels().get(channel.name, {}))
    gone = bool(later and later.doubtful) and now - (known.get("failing_since") or now) >= DOUBT
    waits = suspend or gone or bool(later and later.channel)
    pause = channel_pause(int(known.get("failures") or 0) + 1, now, jitter, pace.retry_scale)
    times = (known.get("resume_at"), later and later.until, pause if waits else None)
    until = max((time for time in times if time), default=None)
    await store.run(
        lambda tx: tx.note_channel(
            channel.name, now, answer=settlement.answer, resume_at=until, suspend=suspend or gone
        )
    )
    if gone:
        await tell(*_held(channel, f"It has been refused for days: {settlement.answer}"))
    if waits:
        log.warning(
            "channel waits", channel=channel.name, suspended=suspend or gone, why=settlement.answer
        )
    return waits


def _held(channel: Lane, why: str) -> tuple[str, tuple[str, ...]]:
    """What the operator is told of a channel that is suspended."""
    mended = f"When that is mended: alertd channel test {channel.name}, which lets them go"
    return f"Messages by {channel.name} are held", (why, mended)
