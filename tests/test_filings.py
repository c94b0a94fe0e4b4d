"""A register of filings in the flow: rows are corrected, leave the page and may be filed late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alertd.core.model import Corroboration
from alertd.core.people import Kind
from alertd.sources import catalogue
from alertd.store import Store
from tests.conftest import Clock
from tests.sources.samples import SAMPLES, reply_with
from tests.world import World, subscriber

SOURCE = catalogue()["hhs-ocr"]
PAGE = (SAMPLES / "hhs-ocr" / "first-page.html").read_text("utf-8")
FIRST, SECOND = '<tr data-ri="0"', '<tr data-ri="1"'


@pytest.fixture
async def world(store: Store, clock: Clock) -> World:
    made = World(store, clock)
    await made.add(subscriber("ada", organisations=("Unlimited Care", "Brightside Health")))
    return made


def serve(world: World, page: str) -> None:
    world.reports["hhs-ocr"] = list(SOURCE.parse(reply_with(page.encode(), SOURCE), SOURCE))
    world.version += 1


def without_first_row() -> str:
    return PAGE[: PAGE.index(FIRST)] + PAGE[PAGE.index(SECOND) :]


async def test_a_row_that_was_not_there_before_is_news_however_old_its_filing(world: World) -> None:
    serve(world, without_first_row())
    assert await world.run(SOURCE) == [], "on first contact all of it is history"
    world.clock.forward(hours=12)
    serve(world, PAGE)
    (claimed,) = await world.run(SOURCE)
    (alert,) = claimed.alerts
    assert alert.kind is Kind.NEW
    assert alert.incident.corroboration is Corroboration.C4
    assert alert.incident.people is not None
    assert alert.incident.people.high == 8453


async def test_a_row_that_leaves_the_page_is_no_deletion_and_no_news(world: World) -> None:
    serve(world, PAGE)
    await world.run(SOURCE)
    before = await world.store.read(lambda rx: rx.incidents())
    world.clock.forward(hours=12)
    serve(world, without_first_row())
    assert await world.run(SOURCE) == []
    assert await world.store.read(lambda rx: rx.incidents()) == before


@pytest.mark.parametrize(("count", "kinds"), [("9,001", []), ("84,530", [Kind.UPDATE])])
async def test_a_corrected_count_is_the_same_breach_and_told_when_it_is_another_size(
    world: World, count: str, kinds: list[Kind]
) -> None:
    serve(world, without_first_row())
    await world.run(SOURCE)
    world.clock.forward(hours=12)
    serve(world, PAGE)
    assert len(await world.run(SOURCE)) == 1
    world.clock.forward(hours=12)
    serve(world, PAGE.replace("8,453", count))
    sent = await world.run(SOURCE)
    assert [alert.kind for claimed in sent for alert in claimed.alerts] == kinds
    kept = await world.store.read(lambda rx: rx.incidents())
    names = [one.name for item, _ in kept for one in item.organisations]
    assert names.count("Unlimited Care, Inc.") == 1


async def test_what_was_filed_of_late_is_news_on_first_contact(world: World) -> None:
    filed = world.clock() - timedelta(days=2)
    serve(world, PAGE.replace("04/30/2023", f"{filed:%m/%d/%Y}"))
    (claimed,) = await world.run(SOURCE)
    assert claimed.alerts[0].incident.organisations[0].name == "Brightside Health, Inc."
