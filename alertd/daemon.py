"""The daemon: every part runs as its own task, is woken, and is stopped in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from alertd.app import App
from alertd.chores import look_after
from alertd.config import Config
from alertd.config.bound import bound, need_restart
from alertd.core.feed import Source
from alertd.errors import AlertdError, StoreError
from alertd.notify import Notifier
from alertd.schedule import Schedule
from alertd.store.sources import Health
from alertd.watchdog import MARGIN, Watchdog

log = structlog.stdlib.get_logger()
SAFETY_NET: Final = timedelta(seconds=15)
LONGEST_LOOK: Final = timedelta(minutes=1)
BLOCKED: Final = 1.0
"""Seconds until a message is tried again that was due and that no sender could take."""
GRACE: Final = timedelta(seconds=30)
"""How long a stop waits for sends in flight (rule R11)."""


@dataclass(frozen=True, slots=True)
class Chore:
    """A piece of work that is done at the start and at intervals; the log calls it by ``name``."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[object]]


async def isolated(name: str, work: Callable[[], Awaitable[object]]) -> bool:
    """Run a piece of work; whatever goes wrong in it is logged and stops no other.

    Returns whether it went well.
    """
    try:
        await work()
    except StoreError as error:
        log.error("stage abandoned", stage=name, why=str(error))  # noqa: TRY400 - a state, told in one line
    except Exception:  # our bug: this piece is left until its next turn, the others go on
        log.exception("stage crashed", stage=name)
    else:
        return True
    return False


class Part:
    """A piece of work that runs when it is woken, one run at a time."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        self._name, self._work = name, work
        self._woken = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=name)
        self._closing = False
        self.since: float | None = None
        """Since when, by the loop's time, a run is under way; None when none is."""

    def wake(self) -> None:
        """Run soon; once more if it is running."""
        self._woken.set()

    async def stop(self, grace: float) -> None:
        """Let a run that is under way end within ``grace`` seconds, then cut it."""
        self._closing = True
        self._woken.set()
        done, late = await asyncio.wait({self._task}, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*done, *late, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self._closing:
                return
            self.since = asyncio.get_running_loop().time()
            await isolated(self._name, self._work)
            self.since = None


class Daemon:
    """An app that runs until it is told to stop.

    ``reload`` reads the configuration again, in a thread; ``notifier`` is told what becomes of
    the daemon; ``margin`` is for how long, beyond its lease, a message may hold up a lane.
    """

    def __init__(
        self,
        app: App,
        reload: Callable[[], Config],
        *,
        notifier: Notifier = Notifier(),  # noqa: B008 - a frozen value, which says nothing
        margin: timedelta = MARGIN,
    ) -> None:
        self._app = app
        self._read = reload
        self._bound = bound(app.config)
        self._notifier = notifier
        self._watchdog = Watchdog(app, notifier, self._busy, margin=margin)
        self._schedule = Schedule()
        self._flow = Part("flow", self._correlate)
        self._intake = Part("intake", self._poll_due)
        self._settings = Part("settings", self._reload)
        self._polls: dict[str, asyncio.Task[None]] = {}
        self._lanes: dict[str, Part] = {}
        self._at_intervals: list[Part] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._stopping = asyncio.Event()

    def chores(self) -> tuple[Chore, ...]:
        """All that is done at intervals, whatever else happens; each as a task of its own."""
        return (
            Chore("sign of life", self._watchdog.beats_every, self._watchdog.beat),
            Chore("figures", timedelta(minutes=1), self._watchdog.tell_status),
            Chore("mail that came in", timedelta(minutes=1), self._app.read_mailboxes),
            Chore("looking after", timedelta(hours=1), lambda: look_after(self._app)),
        )

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        freed = await self._app.store.run(lambda tx: tx.free_leases(self._app.clock()))
        self._make_lanes()
        await self._watchdog.begin()
        self._begin()
        sources, channels = len(self._app.config.sources), len(self._lanes)
        log.info("ready", sources=sources, channels=channels, taken_back=freed)
        await self._stopping.wait()
        await self._stop()

    def _begin(self) -> None:
        self._schedule.every(LONGEST_LOOK, self._intake.wake)
        self._schedule.every(SAFETY_NET, self._flow.wake)
        for chore in self.chores():
            part = Part(chore.name, chore.work)
            self._at_intervals.append(part)
            self._schedule.every(chore.every, part.wake)
            part.wake()
        if asked := self._watchdog.asked_every:
            self._schedule.every(asked, self._watchdog.sign)
        self._schedule.start()
        self._flow.wake()
        self._intake.wake()

    def stop(self) -> None:
        """Begin the orderly stop; ``run`` returns when it is done."""
        self._stopping.set()

    def reload(self) -> None:
        """Begin to read the configuration again; a bad one changes nothing and says why."""
        self._settings.wake()

    async def _reload(self) -> None:
        self._notifier.reloading()
        try:
            await self._app.adopt(await asyncio.to_thread(self._read))
        except AlertdError as error:
            first, *others = str(error).splitlines()
            log.error("configuration kept", why=first, more=len(others))  # noqa: TRY400 - told in one line
        else:
            self._make_lanes()
            self._intake.wake()
            self._flow.wake()  # what was held for a channel may go now
            log.info("configuration reloaded")
            if keys := need_restart(self._bound, self._app.config):
                log.warning("restart needed", keys=keys, why="these are as they were at the start")
        finally:
            self._notifier.ready(await self._watchdog.status())

    def _busy(self) -> Mapping[str, float]:
        return {name: lane.since for name, lane in self._lanes.items() if lane.since is not None}

    def _make_lanes(self) -> None:
        for name in self._app.config.channels:
            if name not in self._lanes:
                self._lanes[name] = Part(f"lane {name}", self._sending(name))

    def _sending(self, name: str) -> Callable[[], Awaitable[object]]:
        async def send() -> None:
            channel = self._app.config.channels.get(name)
            if channel is not None:
                await self._app.send_due(channel)
                await self._wake_when_due(name)

        return send

    async def _wake_when_due(self, name: str) -> None:
        """Wake the lane for its next message, when that is sooner than the safety net."""
        due_at = await self._app.store.read(lambda rx: rx.next_due(name))
        if due_at is None:
            return
        wait = (due_at - self._app.clock()).total_seconds()
        if wait < SAFETY_NET.total_seconds():
            asyncio.get_running_loop().call_later(
                wait if wait > 0 else BLOCKED, self._lanes[name].wake
            )

    async def _correlate(self) -> None:
        await self._app.correlate()
        for lane in self._lanes.values():
            lane.wake()

    async def _poll_due(self) -> None:
        """Start every source that is due, and wake again when the next one will be."""
        now = self._app.clock()
        healths = await self._app.store.read(lambda rx: rx.healths())
        next_due = now + LONGEST_LOOK
        for source in self._app.config.sources:
            due_at = self._due_at(source, healths, now)
            if due_at is None or source.name in self._polls:
                continue
            if due_at <= now:
                task = asyncio.create_task(self._poll(source), name=f"poll {source.name}")
                self._polls[source.name] = task
            else:
                next_due = min(next_due, due_at)
        if self._alarm is not None:
            self._alarm.cancel()
        wait = (next_due - now).total_seconds()
        self._alarm = asyncio.get_running_loop().call_later(wait, self._intake.wake)

    def _due_at(
        self, source: Source, healths: Mapping[str, Health], now: datetime
    ) -> datetime | None:
        """When a source is due; None for one that is not asked any more."""
        if source.name not in healths:
            return now
        health = healths[source.name].at(source.request.url)
        return None if health.suspended else health.due_at or now

    async def _poll(self, source: Source) -> None:
        async def poll() -> None:
            if await self._app.poll([source]):
                self._flow.wake()

        try:
            went_well = await isolated(f"poll {source.name}", poll)
        finally:
            del self._polls[source.name]
        if went_well:  # else it is still due, and waits for the next look round
            self._intake.wake()

    async def _stop(self) -> None:
        log.info("stopping")
        self._notifier.stopping()
        self._app.stopping = True
        self._schedule.stop()
        if self._alarm is not None:
            self._alarm.cancel()
        grace = GRACE.total_seconds()
        polls = list(self._polls.values())
        for task in polls:
            task.cancel()
        own = (self._intake, self._flow, self._settings)
        parts = (*own, *self._at_intervals, *self._lanes.values())
        await asyncio.gather(*(part.stop(grace) for part in parts))
        await asyncio.gather(*polls, return_exceptions=True)
        await isolated("leaving", self._watchdog.end)
        log.info("stopped")
