"""One question to all sources: is anything known of these organisations?

Works on a copy of the store in memory: nothing is stored, and since the sources are read whole,
no name that was asked for is ever part of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alertd import lexicon, pipeline
from alertd.app import App, all_of
from alertd.config import registry
from alertd.core.concerned import named
from alertd.core.feed import Source
from alertd.core.match import match
from alertd.core.model import Account, Incident, Organisation, Report
from alertd.core.people import Criteria, Reason
from alertd.store import Rx
from alertd.store.sources import Health

FRESH: Final = timedelta(hours=1)
"""A source that was read so lately is not asked again (product.md section 2)."""
MOST_MENTIONS: Final = 20

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Hit:
    """An incident of one of the organisations, and by what it was found."""

    incident: Incident
    reason: Reason
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A report that names one of the organisations, but not as one that was breached."""

    report: Report
    publisher: str
    name: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that could not be read now; ``known`` is when it last was, None for never."""

    source: str
    why: str
    known: datetime | None


@dataclass(frozen=True, slots=True)
class Looked:
    """All that was found, newest first, and what could not be read."""

    hits: tuple[Hit, ...]
    mentions: tuple[Mention, ...]
    unread: tuple[Unread, ...]
    sources: int

    @property
    def blind(self) -> bool:
        """Whether no source at all could be read."""
        return len(self.unread) == self.sources


async def look(app: App, names: Sequence[str], progress: Progress) -> Looked:
    """What the sources know of ``names``; ``app`` is opened on a copy of the store.

    ``progress`` is told in a few words what is going on.
    """
    unread = await _read_all(app, progress)
    progress("joining what the sources tell")
    await _correlate(app)
    wanted = registry(app.config).widen(Criteria(organisations=tuple(names)))
    hits, mentions = await app.store.read(lambda rx: _found(rx, wanted))
    return Looked(hits, mentions, unread, len(app.config.sources))


async def _read_all(app: App, progress: Progress) -> tuple[Unread, ...]:
    """Bring every source up to date that was not read of late."""
    began = app.clock()
    healths = await app.store.read(lambda rx: rx.healths())
    old = [item for item in app.config.sources if not _is_fresh(item, healths, began)]
    asked = [item for item in old if _may_be_asked(item, healths, began)]
    done = len(app.config.sources) - len(old)
    if done:
        progress(f"{done} read within the last hour")

    async def read(source: Source) -> None:
        await app.poll([source])
        progress(f"{source.name} was asked")

    await all_of(map(read, asked))
    after = await app.store.read(lambda rx: rx.healths())
    left = (item for item in old if not _was_read(item, after, began))
    return tuple(_unread(item, after[item.name]) for item in left)


def _is_fresh(source: Source, healths: Mapping[str, Health], now: datetime) -> bool:
    health = healths.get(source.name)
    return (
        health is not None
        and health.url == source.request.url
        and health.succeeded_at is not None
        and now - health.succeeded_at < FRESH
    )


def _may_be_asked(source: Source, healths: Mapping[str, Health], now: datetime) -> bool:
    """Whether the server has not asked us to stay away."""
    if source.name not in healths:
        return True
    health = healths[source.name].at(source.request.url)
    return not health.suspended and (health.wait_until is None or health.wait_until <= now)


def _was_read(source: Source, healths: Mapping[str, Health], began: datetime) -> bool:
    health = healths.get(source.name)
    return health is not None and health.succeeded_at is not None and health.succeeded_at >= began


def _unread(source: Source, health: Health) -> Unread:
    return Unread(source.name, health.error or "it asked not to be asked now", health.succeeded_at)


async def _correlate(app: App) -> None:
    while (
        await pipeline.correlate(
            store=app.store, weights=lexicon.weights()["cluster"], clock=app.clock, pace=app.pace
        )
    ).correlated:
        pass


def _found(rx: Rx, wanted: Criteria) -> tuple[tuple[Hit, ...], tuple[Mention, ...]]:
    judged = ((incident, match(wanted, incident)) for incident in rx.every_incident())
    matched = [(incident, reason) for incident, reason in judged if reason.organisation]
    matched.sort(key=lambda item: item[0].published, reverse=True)
    accounts = rx.accounts([incident.id for incident, _ in matched])
    hits = tuple(Hit(incident, reason, accounts[incident.id]) for incident, reason in matched)
    told = {account.report for hit in hits for account in hit.accounts}

    def name_in(mentioned: Sequence[Organisation]) -> str | None:
        return next((item.name for item in mentioned if _is_one(item, wanted)), None)

    said = rx.telling(lambda reading: name_in(reading.mentioned) is not None)
    mentions = (
        Mention(fresh.report, fresh.publisher, name_in(fresh.reading.mentioned) or "")
        for fresh in said
        if fresh.id not in told
    )
    newest = sorted(mentions, key=_published, reverse=True)
    return hits, tuple(newest[:MOST_MENTIONS])


def _is_one(item: Organisation, wanted: Criteria) -> bool:
    return any(named(name, item) is not None for name in wanted.organisations)


def _published(mention: Mention) -> str:
    return mention.report.published.isoformat() if mention.report.published else ""
