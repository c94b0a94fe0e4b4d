"""The composition root: builds every part from the configuration and runs them.

Knows all parts; the flow itself is ``pipeline``.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar

import structlog

from alertd import __version__, lexicon, net, pipeline, texts
from alertd.clock import utc_now
from alertd.config import Config, ConfiguredChannel
from alertd.core import codec
from alertd.core.feed import Source
from alertd.core.message import Message
from alertd.core.names import fold
from alertd.core.outbox import Outcome
from alertd.core.people import Kind
from alertd.core.render import notice, render
from alertd.core.transport import Envelope
from alertd.core.widen import Registry
from alertd.fetch import Fetcher
from alertd.parsing import Reader
from alertd.pipeline import Clock, Jitter, Pace
from alertd.send import Senders
from alertd.store import Store, Tx
from alertd.store.claims import Claimed
from alertd.store.sources import Health

log = structlog.stdlib.get_logger()
T = TypeVar("T")
POLLS_AT_ONCE: Final = 8
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
    fetcher: Fetcher = field(init=False)
    reader: Reader = field(init=False)
    senders: Senders = field(init=False)
    _parts: AsyncExitStack = field(init=False, default_factory=AsyncExitStack)
    _polls: asyncio.Semaphore = field(
        init=False, default_factory=lambda: asyncio.Semaphore(POLLS_AT_ONCE)
    )

    async def __aenter__(self) -> Self:
        config = self.config
        contact = config.contact or config.public_url
        client = net.client(
            config.network.allow,
            config.network.proxy,
            user_agent=f"alertd/{__version__}" + (f" (+{contact})" if contact else ""),
        )
        await self._parts.enter_async_context(client)
        self.fetcher = Fetcher(client, clock=self.clock, own=config.network.allow)
        self.reader = Reader()
        self._parts.push_async_callback(self.reader.aclose)
        self.senders = await self._parts.enter_async_context(Senders())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._parts.aclose()

    @property
    def pace(self) -> Pace:
        """How fast things go, by the configuration."""
        return Pace(
            floor=self.config.polling.floor,
            lookback=self.config.polling.lookback,
            retry_scale=self.config.delivery.retry_scale,
        )

    async def reconcile(self) -> None:
        """Make the store agree with the people and channels of the configuration."""
        known = registry(self.config)
        people = [known.widen_all(person) for person in self.config.subscribers]
        channels = list(self.config.channels)
        now, first = self.clock(), self.store.is_new

        def write(tx: Tx) -> None:
            tx.reconcile(people, now, first=first)
            tx.set_channels(channels)

        await self.store.run(write)
        self.store.is_new = False

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
        return await pipeline.release(store=self.store, clock=self.clock)

    async def send_due(self, channel: ConfiguredChannel) -> int:
        """Send what is due through one channel; return how many were tried and not taken."""
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
                go_on=lambda: not self.stopping,
            )
            for _ in range(due)
        )
        return sum(await all_of(lanes))

    async def send_all_due(self) -> int:
        """Send what is due through every channel; return how many were not taken."""
        channels = self.config.channels.values()
        return sum(await all_of(self.send_due(channel) for channel in channels))

    async def once(self) -> Ran:
        """Poll what is due, correlate, deliver what is due."""
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
            envelope = Envelope(
                to=claimed.delivery.to,
                message_id=claimed.delivery.message_id,
                date=self.clock(),
                first_message_id=claimed.first_message_id,
                last_message_id=claimed.last_message_id,
                contact=self.config.contact or "",
            )
            payload = channel.kind.encode(self.message(claimed), envelope, channel.settings)
            answer = await self.senders.send(channel.name, channel.settings, payload)
            return channel.kind.judge(answer)

        return send

    def message(self, claimed: Claimed) -> Message:
        """What a claimed message says, in its reader's words."""
        words = texts.load()
        if claimed.alerts:
            alert = replace(claimed.alerts[0], contact=self.config.contact or "")
            return render(alert, words)
        content = claimed.content or {}
        return notice(
            str(content.get("subject", "")),
            [str(line) for line in content.get("lines", ())],
            words,
            self.config.language,
        )

    async def tell_operator(self, subject: str, lines: Sequence[str]) -> None:
        """Queue a notice for the operator, where there is one: one a subject and day."""
        operator, now = self.config.operator, self.clock()
        if operator is None:
            return
        row = {
            "dedup_key": f"o/{subject}/{now:%Y-%m-%d}",
            "kind": Kind.NOTICE.value,
            "channel": operator.channel,
            "address": operator.to or "",
            "created_at": now,
            "due_at": now,
            "content": codec.dumps({"subject": subject, "lines": lines}),
        }
        await self.store.run(lambda tx: tx.enqueue(row))


async def all_of(works: Iterable[Awaitable[T]]) -> list[T]:
    """The results of works side by side; each goes to its end before a failure is raised."""
    results = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def registry(config: Config) -> Registry:
    """What the configuration knows of organisations, for watches to be widened by."""
    names = {fold(item.name): (*item.aliases, *item.domains) for item in config.organisations}
    tags: dict[str, tuple[str, ...]] = {}
    for item in config.organisations:
        for tag in map(str.casefold, item.tags):
            tags[tag] = (*tags.get(tag, ()), item.name)
    return Registry(names, tags)


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
