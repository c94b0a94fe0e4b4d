"""The composition root: builds every part from the configuration and runs them.

Knows all parts; the flow itself is ``pipeline``.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar

import structlog

from alertd import __version__, lexicon, net, pipeline, texts
from alertd.clock import utc_now
from alertd.config import Config, ConfiguredChannel, registry
from alertd.core.feed import Source
from alertd.core.outbox import Outcome
from alertd.core.silences import Held, end_of
from alertd.core.widen import Registry
from alertd.fetch import Fetcher
from alertd.parsing import Reader
from alertd.pipeline import Clock, Jitter, Pace
from alertd.send import Senders
from alertd.send.http import Outside
from alertd.store import Store, Tx
from alertd.store.claims import Claimed
from alertd.store.sources import Health
from alertd.unsubscribe import Mailboxes, maildirs
from alertd.wording import Wording

log = structlog.stdlib.get_logger()
T = TypeVar("T")
POLLS_AT_ONCE: Final = 8
DAILY: Final = "%Y-%m-%d"
_RANDOM: Final = secrets.SystemRandom()


def jitter() -> float:
    """A random share between 0 and 1."""
    return _RANDOM.random()


@dataclass(frozen=True, slots=True)
class Ran:
    """What one round of work came to: reports kept, people alerted, messages not sent."""

    kept: int = 0
    alerted: int = 0
    unsent: int = 0


@dataclass(slots=True)
class App:
    """All parts of a running alertd."""

    config: Config
    store: Store
    clock: Clock = utc_now
    jitter: Jitter = jitter
    owner: str = field(default_factory=lambda: f"{os.getpid()}-{secrets.token_hex(4)}")
    deliver: pipeline.Send | None = None
    stopping: bool = False
    moved: dict[str, float] = field(init=False, default_factory=dict)
    fetcher: Fetcher = field(init=False)
    reader: Reader = field(init=False)
    senders: Senders = field(init=False)
    mailboxes: Mailboxes = field(init=False)
    secret: bytes = field(init=False, default=b"", repr=False)
    known: Registry = field(init=False, default_factory=Registry, repr=False)
    _parts: AsyncExitStack = field(init=False, default_factory=AsyncExitStack)
    _polls: asyncio.Semaphore = field(
        init=False, default_factory=lambda: asyncio.Semaphore(POLLS_AT_ONCE)
    )

    async def __aenter__(self) -> Self:
        await self._connect()
        self.mailboxes = Mailboxes(self.store, self.clock, self.tell_operator)
        self.reader = Reader()
        self._parts.push_async_callback(self.reader.aclose)
        self.senders = await self._parts.enter_async_context(
            Senders(outside=self._outside, clock=self.clock)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._parts.aclose()

    async def _connect(self) -> None:
        """Fetch from now on as the configuration says; a request under way goes on as it was."""
        ways = self._outside()
        client = net.client(ways.allow, ways.proxy, user_agent=ways.user_agent)
        await self._parts.enter_async_context(client)
        self.fetcher = Fetcher(client, clock=self.clock, own=ways.allow)

    def _outside(self) -> Outside:
        """The network settings as they are since the last reload."""
        contact = self.config.contact or self.config.public_url
        return Outside(
            allow=self.config.network.allow,
            proxy=self.config.network.proxy,
            user_agent=f"alertd/{__version__}" + (f" (+{contact})" if contact else ""),
        )

    @property
    def wording(self) -> Wording:
        """How messages are worded, by the configuration."""
        return Wording(self.config, self.known, self.secret)

    @property
    def pace(self) -> Pace:
        """How fast things go, by the configuration."""
        return Pace(
            floor=self.config.polling.floor,
            lookback=self.config.polling.lookback,
            retry_scale=self.config.delivery.retry_scale,
            alerts_per_hour=self.config.delivery.alerts_per_hour,
        )

    async def reconcile(self) -> None:
        """Make the store agree with the people and channels of the configuration."""
        known = registry(self.config)
        people = [known.widen_all(person) for person in self.config.subscribers]
        channels = list(self.config.channels)
        now, first = self.clock(), self.store.is_new

        def write(tx: Tx) -> bytes:
            tx.reconcile(people, now, first=first, registry=known)
            tx.set_channels(channels)
            return tx.secret()

        self.secret = await self.store.run(write)
        self.known = known
        self.store.is_new = False

    async def adopt(self, config: Config) -> None:
        """Go on with another configuration.

        Raises:
            AlertdError: it cannot be used, and the former one is in force as before.
        """
        former, ways = self.config, self._outside()
        self.config = config
        try:
            await self.reconcile()
        except BaseException:
            self.config = former
            raise
        if self._outside() != ways:
            await self._connect()

    async def read_mailboxes(self) -> None:
        """Obey the mails that ask to stop; a rehearsal, on its copy, leaves them alone."""
        if self.store.path is not None:
            words = texts.load().language(self.config.language)
            await self.mailboxes.read(maildirs(self.config.channels), words)

    async def poll(self, sources: Iterable[Source]) -> int:
        """Poll sources side by side; return how many reports were kept."""
        return sum(await all_of(self._poll(source) for source in sources))

    async def _poll(self, source: Source) -> int:
        async with self._polls:
            return await pipeline.poll(
                source,
                fetch=self.fetcher.fetch,
                read=self.reader.read,
                store=self.store,
                clock=self.clock,
                jitter=self.jitter,
                pace=self.pace,
            )

    async def correlate(self) -> int:
        """Give every fresh report its incident and each person concerned a message."""
        while True:
            plan = await pipeline.correlate(
                store=self.store,
                weights=lexicon.weights()["cluster"],
                clock=self.clock,
                pace=self.pace,
            )
            if not plan.correlated:
                break
        await self.end_silences()
        return await pipeline.release(store=self.store, clock=self.clock, pace=self.pace)

    async def end_silences(self) -> None:
        """End silences whose time has come, and tell the operator what each of them held."""
        now = self.clock()

        def end(tx: Tx) -> tuple[Held, ...]:
            ended = tx.end_silences(now)
            for item in ended:
                self.note_silence(tx, item)
            return ended

        for item in await self.store.run(end):
            log.info("silence ended", silence=item.silence.id, held=len(item.messages))

    def note_silence(self, tx: Tx, ended: Held) -> None:
        """Queue what the operator is told of a silence that has ended, with its end: once."""
        row = self.wording.notice_row(f"silence/{ended.silence.id}", *end_of(ended), self.clock())
        if row is not None:
            tx.enqueue(row)

    async def send_due(self, channel: ConfiguredChannel, *, only: str = "") -> int:
        """Send what is due through one channel; return how many were tried and not taken.

        ``only`` leaves out messages whose key does not begin with it.
        """
        most = channel.kind.senders
        due = await self.store.read(lambda rx: rx.due_on(channel.name, self.clock(), most))
        lanes = (
            pipeline.lane(
                channel,
                owner=self.owner,
                store=self.store,
                send=self.deliver or self._sender(channel),
                tell=self.tell_operator,
                clock=self.clock,
                jitter=self.jitter,
                pace=self.pace,
                go_on=lambda: self._goes_on(channel.name),
                only=only,
            )
            for _ in range(due)
        )
        return sum(await all_of(lanes))

    def _goes_on(self, lane: str) -> bool:
        """Whether a lane may claim: asked after each message, and so a sign that it moves."""
        self.moved[lane] = asyncio.get_running_loop().time()
        return not self.stopping

    async def send_all_due(self, *, only: str = "") -> int:
        """Send what is due through every channel; return how many were not taken."""
        channels = self.config.channels.values()
        return sum(await all_of(self.send_due(channel, only=only) for channel in channels))

    async def once(self) -> Ran:
        """Poll what is due, correlate, deliver what is due."""
        await self.read_mailboxes()
        now = self.clock()
        healths = await self.store.read(lambda rx: rx.healths())
        due = [item for item in self.config.sources if is_due(item, healths, now, self.pace.floor)]
        kept = await self.poll(due)
        alerted = await self.correlate()
        unsent = await self.send_all_due()
        left = await self.store.read(lambda rx: rx.due(self.clock()))
        return Ran(kept, alerted, unsent + left)

    def _sender(self, channel: ConfiguredChannel) -> pipeline.Send:
        async def send(claimed: Claimed) -> Outcome:
            wording = self.wording
            payload = channel.kind.encode(
                wording.message(claimed),
                wording.envelope(claimed, channel, self.clock()),
                channel.settings,
            )
            answer = await self.senders.send(channel.name, channel.settings, payload)
            return channel.kind.judge(answer)

        return send

    async def tell_operator(
        self, subject: str, lines: Sequence[str], *, period: str = DAILY
    ) -> None:
        """Queue a notice for the operator, where there is one: one a subject and day.

        ``period`` is how the time is written whose notices count as one.
        """
        now = self.clock()
        row = self.wording.notice_row(f"{subject}/{now:{period}}", subject, lines, now)
        if row is None:
            return
        await self.store.run(lambda tx: tx.enqueue(row))


async def all_of(works: Iterable[Awaitable[T]]) -> list[T]:
    """The results of works side by side; each goes to its end before a failure is raised."""
    results = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def is_due(source: Source, healths: Mapping[str, Health], now: datetime, floor: timedelta) -> bool:
    """Whether ``run --once`` polls a source: its interval and the floor have passed."""
    if source.name not in healths:
        return True
    health = healths[source.name].at(source.request.url)
    if health.attempted_at is None:
        return True
    if health.suspended or (health.wait_until is not None and health.wait_until > now):
        return False
    return now - health.attempted_at >= max(source.every, floor)


@asynccontextmanager
async def opened(
    config: Config, *, dry_run: bool = False, clock: Clock = utc_now
) -> AsyncIterator[App]:
    """An app on its store: the real one, or an in-memory copy that sends nothing."""
    make = Store.open_copy if dry_run else Store.open
    store = await make(config.database, clock())
    try:
        async with App(config, store, clock=clock) as app:
            await app.reconcile()
            yield app
    finally:
        await store.close()
