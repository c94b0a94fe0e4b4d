"""What the operator is told now and then: sources that stay sick, contacts to be checked again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from alertd import config, texts
from alertd.app import App
from alertd.chores import look_after
from alertd.core.feed import Validators
from alertd.core.outbox import Accepted, Outcome
from alertd.core.review import AHEAD
from alertd.store import Store
from alertd.store.claims import Claimed
from tests.conftest import Clock

SOURCE = '[[source]]\nname = "{name}"\nkind = "feed"\nurl = "https://{name}.example.org/feed"\n'
MAIL = '[channel.mail]\nkind = "file"\nfolder = "out"\n'
POLLED = ("well", "sick", "new", "never", "gone", "once")
SOURCES = "Sources that cannot be read"
CONTACTS = "Telephone numbers that have to be checked again"


@pytest.fixture
async def app(tmp_path: Path, store: Store, clock: Clock) -> AsyncIterator[App]:
    path = tmp_path / "alertd.toml"
    names = ", ".join(f'"{name}"' for name in POLLED)
    tables = "".join(SOURCE.format(name=name) for name in (*POLLED, "left"))
    operator = 'operator = {channel = "mail", to = "ops@example.org"}\n'
    path.write_text(f"{operator}[polling]\nsources = [{names}]\n{MAIL}{tables}")
    loaded = config.load(path, {}, tmp_path)
    async with App(loaded, store, clock=clock, jitter=float) as made:
        yield made


def url(name: str) -> str:
    return f"https://{name}.example.org/feed"


async def succeeded(app: App, name: str) -> None:
    now = app.clock()
    good = {"due_at": now, "validators": Validators(), "body_hash": "x", "items": 1, "found": 1}
    await app.store.run(lambda tx: tx.note_success(name, url(name), now, **good))  # type: ignore[arg-type]  # what each is stands above


async def failed(app: App, name: str, times: int = 1, *, suspend: bool = False) -> None:
    now = app.clock()
    for _ in range(times):
        await app.store.run(
            lambda tx: tx.note_failure(
                name, url(name), f"{name} answers 500", now, due_at=now, suspend=suspend
            )
        )


async def told(app: App) -> dict[str, list[str]]:
    """What the operator is sent now: the lines of each notice, under its subject."""
    found: dict[str, list[str]] = {}

    async def send(claimed: Claimed) -> Outcome:
        content = claimed.content or {}
        assert content["subject"] not in found, "one notice a subject"
        found[content["subject"]] = list(content["lines"])
        return Accepted("250 ok")

    app.deliver = send
    await look_after(app)
    await app.send_all_due()
    return found


async def test_sources_that_fail_for_a_day_or_are_suspended_are_told_of(
    app: App, clock: Clock
) -> None:
    for name in ("well", "sick", "new", "gone", "left"):
        await succeeded(app, name)
    clock.forward(hours=20)
    await succeeded(app, "well")
    await succeeded(app, "new")
    clock.forward(hours=5)
    await failed(app, "sick", 9)
    await failed(app, "new", 9)
    await failed(app, "never", 3)
    await failed(app, "once", 2)
    await failed(app, "gone", suspend=True)
    await failed(app, "left", 9)
    *lines, mend = (await told(app))[SOURCES]
    assert lines == [
        "sick: not read since 2026-06-01 12:00 UTC: sick answers 500",
        "never: never read yet: never answers 500",
        "gone: not asked any more: gone answers 500",
    ]
    assert "alertd source test NAME" in mend


async def test_the_operator_is_told_of_sick_sources_once_a_day(app: App, clock: Clock) -> None:
    await failed(app, "never", 3)
    assert SOURCES in await told(app)
    clock.forward(hours=1)
    assert await told(app) == {}
    clock.forward(hours=24)
    assert SOURCES in await told(app)
    await succeeded(app, "never")
    clock.forward(hours=24)
    assert await told(app) == {}


def last_day() -> datetime:
    """Noon of the day after which the first French telephone number is left out."""
    bodies = texts.load().packs["FR"].bodies
    day = min(one.expires for one in bodies if one.phone and one.phone_status.printable)
    return datetime.combine(day, time(12), UTC)


async def test_contacts_are_told_of_sixty_days_before_and_once_a_week(
    app: App, clock: Clock
) -> None:
    clock.now = last_day() - AHEAD - timedelta(days=1)
    assert not any("FR: " in line for line in (await told(app)).get(CONTACTS, ()))
    clock.forward(days=7)
    lines = (await told(app))[CONTACTS]
    assert any("FR: " in line and "will be left out after" in line for line in lines)
    clock.forward(hours=1)
    assert await told(app) == {}
    clock.forward(days=70)
    assert any("have been left out since" in line for line in (await told(app))[CONTACTS])


async def test_the_operator_is_told_in_his_language(app: App) -> None:
    app.config = replace(app.config, language="fr")
    await failed(app, "never", 3)
    ((subject, (line, *_)),) = (await told(app)).items()
    assert subject == "Des sources ne peuvent pas être lues"
    assert line == "never : encore jamais lue : never answers 500"


async def test_nobody_is_told_where_there_is_no_operator(app: App) -> None:
    app.config = replace(app.config, operator=None)
    await failed(app, "never", 3)
    assert await told(app) == {}
