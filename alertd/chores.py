"""What the daemon does now and then for its operator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alertd import texts
from alertd.app import App
from alertd.core.feed import Source
from alertd.core.review import to_check
from alertd.core.texts import Language
from alertd.store.sources import Health

SICK: Final = timedelta(days=1)
"""How long a source may fail before the operator is told."""
NEVER_READ: Final = 3
"""Polls in a row after which a source that was never read is told of."""
WEEKLY: Final = "%G-W%V"


async def look_after(app: App) -> None:
    """Tell the operator of sources that stay sick, and of contacts to be checked again.

    Sick sources are told of once a day for as long as there are any, contacts once a week.
    """
    say = texts.load().language(app.config.language)
    healths = await app.store.read(lambda rx: rx.healths())
    sick = sick_sources(app.config.sources, healths, app.clock(), say)
    if sick:
        lines = [*sick, say.say("notice", "source-mend")]
        await app.tell_operator(say.say("notice", "sources"), lines)
    late = late_contacts(app.clock(), app.config.timezone, say)
    if late:
        lines = [*late, say.say("notice", "contact-mend")]
        await app.tell_operator(say.say("notice", "contacts"), lines, period=WEEKLY)


def sick_sources(
    sources: Iterable[Source], healths: Mapping[str, Health], now: datetime, say: Language
) -> list[str]:
    """A line for each source that is polled and has failed for long, or is suspended."""
    known = (healths[item.name].at(item.request.url) for item in sources if item.name in healths)
    return [
        say.say(
            "notice",
            key,
            source=health.name,
            since=f"{health.succeeded_at:%Y-%m-%d %H:%M} UTC" if health.succeeded_at else "",
            error=health.error or "",
        )
        for health in known
        if (key := _sickness(health, now))
    ]


def _sickness(health: Health, now: datetime) -> str:
    """Under what key it is told; empty for a source that is well, or may yet be by itself."""
    if health.suspended:
        return "source-suspended"
    if health.succeeded_at is None:
        return "source-never" if health.failures >= NEVER_READ else ""
    failing = health.failures and now - health.succeeded_at >= SICK
    return "source-failing" if failing else ""


def late_contacts(now: datetime, zone: str, say: Language) -> list[str]:
    """A line for each country and day after which telephone numbers are left out, or were."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return [
        say.say(
            "notice",
            "contact-left-out" if day < today else "contact-soon",
            country=code,
            names=", ".join(names),
            day=day,
        )
        for code, pack in sorted(texts.load().packs.items())
        for day, names in to_check(pack.bodies, today)
    ]
