"""What a poll brought: new, changed or known, version by version, and never less."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from alertd import lexicon
from alertd.core.decide import decide
from alertd.core.model import DataType, Dated, Reading, Report, Tier
from alertd.core.plan import Fresh
from alertd.store import Store
from alertd.store.reports import chunks
from tests.conftest import NOON, Clock
from tests.store.stage import Stage, said
from tests.world import source

ALMERYS = said("Almerys")


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


async def versions(stage: Stage) -> list[tuple[str, int]]:
    statement = sa.text(
        "SELECT report.key, report_version.version FROM report_version"
        " JOIN report ON report.id = report_id ORDER BY report_id, report_version.version"
    )
    rows = await stage.store.read(lambda rx: rx.connection.execute(statement).all())
    return [(row[0], row[1]) for row in rows]


async def test_a_report_is_new_once_then_known_until_it_changes(stage: Stage) -> None:
    at = stage.clock() - timedelta(hours=1)
    assert await stage.keep("one", ALMERYS, at=at) == 1
    stage.clock.forward(hours=1)
    assert await stage.keep("one", ALMERYS, at=at) == 0
    assert await stage.keep("one", ALMERYS, at=at, title="Corrected") == 1
    assert await stage.keep("one", ALMERYS, at=at, title="Corrected") == 0
    assert await stage.keep("two", ALMERYS, at=at) == 1
    assert await versions(stage) == [("one", 1), ("one", 2), ("two", 1)]


async def test_F3_what_a_source_no_longer_lists_stays(stage: Stage) -> None:
    await stage.keep("one", ALMERYS)
    await stage.keep("two", ALMERYS)
    await stage.store.run(lambda tx: tx.keep(source(), (), stage.clock()))
    assert await versions(stage) == [("one", 1), ("two", 1)]


async def test_the_same_key_of_another_source_is_another_report(stage: Stage) -> None:
    assert await stage.keep("one", ALMERYS) == 1
    assert await stage.keep("one", ALMERYS, by=source("other")) == 1
    assert [item.report.source for item in await fresh(stage)] == ["press", "other"]


async def fresh(stage: Stage) -> list[Fresh]:
    return list(await stage.store.read(lambda rx: rx.fresh(100)))


async def test_a_fresh_report_says_whose_it_is_and_when_it_came(stage: Stage) -> None:
    origin = source("register", tier=Tier.OFFICIAL, dated=Dated.EVENT, publisher="The Register")
    await stage.keep("one", ALMERYS, by=origin)
    stage.clock.forward(hours=1)
    await stage.keep("two", said("Viamedis"), by=origin)
    first, second = await stage.store.read(lambda rx: rx.fresh(10))
    assert (first.publisher, first.tier, first.dated) == (
        "The Register",
        Tier.OFFICIAL,
        Dated.EVENT,
    )
    assert (first.first_contact, first.polled_before, first.first_seen) == (True, None, NOON)
    assert (second.first_contact, second.polled_before) == (False, NOON)
    assert second.first_seen == second.seen_at == NOON + timedelta(hours=1)
    assert first.reading.incidents == (ALMERYS,)


async def test_a_new_version_is_fresh_again_with_the_age_of_the_first(stage: Stage) -> None:
    await stage.keep("one", ALMERYS, said("Viamedis"))
    await stage.decide()
    assert await fresh(stage) == []
    stage.clock.forward(hours=2)
    await stage.keep("one", ALMERYS, said("Viamedis"), title="Corrected")
    [again] = await stage.store.read(lambda rx: rx.fresh(10))
    assert (again.version, again.report.title) == (2, "Corrected")
    assert (again.first_seen, again.seen_at) == (NOON, NOON + timedelta(hours=2))
    assert (again.first_contact, again.polled_before) == (True, None)
    assert sorted(again.part_of) == [0, 1]
    assert len(set(again.part_of.values())) == 2


async def test_fresh_reports_come_oldest_first_and_no_more_than_asked_for(stage: Stage) -> None:
    for key in ("one", "two", "three"):
        await stage.keep(key, ALMERYS)
    found = await stage.store.read(lambda rx: rx.fresh(2))
    assert [item.report.key for item in found] == ["one", "two"]


async def test_a_version_that_came_while_an_older_one_was_decided_stays_fresh(
    stage: Stage,
) -> None:
    await stage.keep("one", ALMERYS)
    seen = await stage.store.read(lambda rx: rx.candidates(10))
    await stage.keep("one", ALMERYS, title="Corrected")
    plan = decide(seen, lexicon.weights()["cluster"], lookback=timedelta(days=7))
    await stage.store.run(lambda tx: tx.apply(plan, seen.versions, stage.clock()))
    [left] = await stage.store.read(lambda rx: rx.fresh(10))
    assert left.version == 2


async def test_reports_of_one_answer_may_be_more_than_one_statement_takes(stage: Stage) -> None:
    reading = Reading(relevant=False, confidence=0.0, language="en")
    found = [
        (Report(source="press", key=str(n), url="", title=f"Item {n}", text=""), reading)
        for n in range(1_200)
    ]
    kept = [
        await stage.store.run(lambda tx: tx.keep(source(), found, stage.clock())) for _ in range(2)
    ]
    assert kept == [1_200, 0]


async def test_a_key_that_stands_twice_in_one_answer_is_one_report_and_no_change_each_time(
    stage: Stage,
) -> None:
    reading = Reading(relevant=False, confidence=0.0, language="en")
    found = [
        (Report(source="press", key="one", url="", title=title, text=""), reading)
        for title in ("First of two", "Second of two")
    ]
    kept = [
        await stage.store.run(lambda tx: tx.keep(source(), found, stage.clock())) for _ in range(3)
    ]
    assert kept == [1, 0, 0]
    assert await versions(stage) == [("one", 1)]


@pytest.mark.parametrize(
    ("count", "size", "lengths"), [(0, 5, []), (5, 5, [5]), (11, 5, [5, 5, 1])]
)
def test_long_lists_go_in_pieces(count: int, size: int, lengths: list[int]) -> None:
    assert [len(some) for some in chunks(range(count), size)] == lengths


async def test_a_report_is_read_back_in_its_newest_version(stage: Stage) -> None:
    await stage.keep("one", ALMERYS)
    await stage.keep("one", said("Almerys", data_types=frozenset({DataType.NAME})), title="Later")
    [fresh] = await stage.store.read(lambda rx: rx.fresh(9))
    assert (fresh.version, fresh.report.title) == (2, "Later")
    assert fresh.reading.incidents[0].data_types == {DataType.NAME}
    assert await stage.store.read(lambda rx: rx.report_urls()) == ("https://press.example/one",)
