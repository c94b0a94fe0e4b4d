"""Plans written down: incidents, revisions, links, merges, and the guard against stale plans."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa

from alertd import lexicon, pipeline
from alertd.core.decide import decide
from alertd.core.model import DataType, Incident, Organisation, People, Status
from alertd.core.people import Criteria
from alertd.core.plan import Plan, Seen
from alertd.errors import Stale
from alertd.store import Store, Tx
from tests.conftest import NOON, Clock
from tests.store.stage import Stage, person, said

NAME, EMAIL = DataType.NAME, DataType.EMAIL
T = TypeVar("T")
ALMERYS = Criteria(organisations=("Almerys",))


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


async def incidents(stage: Stage) -> list[Incident]:
    return [item for item, _ in await stage.store.read(lambda rx: rx.incidents())]


async def seen(stage: Stage) -> Seen:
    return await stage.store.read(lambda rx: rx.candidates(100))


def planned(rows: Seen) -> Plan:
    return decide(rows, lexicon.weights()["cluster"], lookback=timedelta(days=7))


async def test_a_new_incident_is_kept_with_its_first_revision_and_why(stage: Stage) -> None:
    await stage.keep("one", said("Almerys", data_types=frozenset({NAME})))
    await stage.decide()
    [incident] = await incidents(stage)
    assert (incident.id, incident.revision, incident.data_types) == (1, 1, frozenset({NAME}))
    assert await stage.store.read(lambda rx: rx.incident(incident.ref)) == incident
    assert await stage.store.read(lambda rx: rx.revision(1, 1)) == incident
    assert await stage.store.read(lambda rx: rx.timeline(1)) == ((1, NOON, ("first",)),)
    [(report, part, by, reason)] = await stage.store.read(lambda rx: rx.links(1))
    assert (report, part, by) == (1, 0, "machine")
    assert "a new incident" in reason
    assert await stage.store.read(lambda rx: rx.is_news(1))
    assert await stage.store.read(lambda rx: rx.incident("no-such-ref")) is None


async def test_a_revision_keeps_the_ones_before_it(stage: Stage) -> None:
    await stage.keep("one", said("Almerys", data_types=frozenset({NAME})))
    await stage.decide()
    stage.clock.forward(hours=1)
    await stage.keep("two", said("Almerys", data_types=frozenset({NAME, EMAIL})))
    await stage.decide()
    [incident] = await incidents(stage)
    assert incident.revision == 2
    assert (await stage.store.read(lambda rx: rx.revision(1, 1))).data_types == {NAME}
    assert (await stage.store.read(lambda rx: rx.revision(1, 2))).data_types == {NAME, EMAIL}
    assert await stage.store.read(lambda rx: rx.timeline(1)) == (
        (1, NOON, ("first",)),
        (2, NOON + timedelta(hours=1), ("data-types",)),
    )
    accounts = await stage.store.read(lambda rx: rx.accounts([1]))
    assert [item.report for item in accounts[1]] == [1, 2]


async def test_small_edits_change_the_incident_and_make_no_revision(stage: Stage) -> None:
    await stage.keep("one", said("Almerys"))
    await stage.decide()
    await stage.keep("two", said("Almerys"))
    await stage.decide()
    [incident] = await incidents(stage)
    assert (incident.revision, len(incident.citations)) == (1, 2)
    assert len((await stage.store.read(lambda rx: rx.revision(1, 1))).citations) == 1


async def test_small_edits_add_up_to_a_revision_against_what_was_last_told(stage: Stage) -> None:
    for number, people in enumerate((1_000, 1_300, 1_600)):
        stage.clock.forward(hours=1)
        facts = said("Almerys", people=People(people, people))
        await stage.keep("one", facts, at=NOON, title=f"Version {number}")
        await stage.decide()
    [incident] = await incidents(stage)
    assert incident.revision == 2


async def test_a_new_version_takes_the_place_of_the_old_account(stage: Stage) -> None:
    await stage.keep("one", said("Almerys", data_types=frozenset({NAME})))
    await stage.decide()
    await stage.keep("one", said("Almerys", data_types=frozenset({EMAIL})))
    await stage.decide()
    [incident] = await incidents(stage)
    assert (incident.data_types, len(incident.citations)) == (frozenset({EMAIL}), 1)


async def test_a_ref_does_not_hang_on_the_ids_that_the_store_gave(stage: Stage) -> None:
    await stage.keep("zero", said("Viamedis"))
    await stage.keep("one", said("Almerys"))
    await stage.decide()
    refs = {item.organisations[0].name: item.ref for item in await incidents(stage)}

    def empty(tx: Tx) -> None:
        tx.connection.execute(sa.text("DELETE FROM report"))
        tx.connection.execute(sa.text("DELETE FROM incident"))

    await stage.store.run(empty)
    await stage.keep("one", said("Almerys"))
    await stage.decide()
    [again] = await incidents(stage)
    assert again.ref == refs["Almerys"]
    assert again.id > 2


async def test_incidents_are_listed_newest_first_and_no_more_than_asked_for(stage: Stage) -> None:
    for days, name in ((2, "Almerys"), (1, "Viamedis"), (3, "Orange")):
        await stage.keep(name, said(name), at=NOON - timedelta(days=days))
    await stage.decide()
    assert [item.title for item in await incidents(stage)] == ["Viamedis", "Almerys", "Orange"]
    latest = await stage.store.read(lambda rx: rx.incidents(limit=1))
    assert [item.title for item, _ in latest] == ["Viamedis"]


# --- what is looked at ---


async def test_only_incidents_and_criteria_that_could_be_meant_are_looked_at(
    stage: Stage,
) -> None:
    await stage.add(
        person("ada", ALMERYS),
        person("bob", Criteria(organisations=("Viamedis",))),
        person("cyd", Criteria(data_types=frozenset({EMAIL}))),
        person("dan", Criteria(min_people=5)),
        person("eve", Criteria(keywords=("portal",))),
        person("fay", Criteria(countries=frozenset({"FR"}))),
    )
    for name in ("Almerys", "Viamedis"):
        await stage.keep(name, said(name))
    await stage.decide()
    await stage.keep("again", said("ALMERYS", countries=frozenset({"FR"})), title="The portal")
    rows = await seen(stage)
    assert list(rows.known) == [1]
    assert {*rows.criteria.values()} == {
        ALMERYS,
        Criteria(min_people=5),
        Criteria(keywords=("portal",)),
        Criteria(countries=frozenset({"FR"})),
    }


@pytest.mark.parametrize(
    ("title", "names", "found"),
    [
        ("Orange customers' data for sale", (), True),
        ("Orange County data for sale", ("Orange County",), False),
        ("Somebody's data for sale", (), False),
    ],
)
async def test_names_in_the_title_are_looked_up_when_no_organisation_was_read(
    stage: Stage, title: str, names: tuple[str, ...], *, found: bool
) -> None:
    await stage.add(person("ada", Criteria(organisations=("Orange",))))
    await stage.tell("one", said(*names), title=title)
    sent = await stage.send()
    assert [item.alerts[0].matched[0].reason.possible for item in sent] == [True] * found


async def test_what_is_told_in_one_batch_may_be_read_from_another_title(stage: Stage) -> None:
    await stage.add(person("ada", Criteria(organisations=("Orange",))))
    await stage.keep("one", said("Almerys"))
    await stage.keep("two", said(), title="Orange hit")
    await stage.decide()
    await stage.expand()
    assert [row[:2] for row in await stage.messages()] == [("ada", "new")]


# --- stale plans ---


async def test_a_plan_on_an_incident_that_has_changed_since_is_refused_whole(
    stage: Stage,
) -> None:
    await stage.keep("one", said("Almerys"))
    await stage.decide()
    await stage.keep("two", said("Almerys", data_types=frozenset({NAME})))
    rows = await seen(stage)
    await stage.decide()
    before = await incidents(stage)
    with pytest.raises(Stale, match="incident 1 has changed"):
        await stage.store.run(lambda tx: tx.apply(planned(rows), rows.versions, stage.clock()))
    assert await incidents(stage) == before


class Meddled(Store):
    """A store in which somebody else touches every incident before a plan is written."""

    meddle = 0

    async def run(self, work: Callable[[Tx], T]) -> T:
        def meddled(tx: Tx) -> T:
            tx.connection.execute(sa.text("UPDATE incident SET touched = touched + 1"))
            return work(tx)

        self.meddle -= 1
        return await super().run(meddled if self.meddle >= 0 else work)


@pytest.fixture
async def meddled(store_path: Path, clock: Clock) -> AsyncIterator[Stage]:
    opened = await Meddled.open(f"sqlite:///{store_path}", clock())
    yield Stage(opened, clock)
    await opened.close()


async def prepared(stage: Stage, times: int) -> None:
    """An incident, and a report on it that ``times`` plans will be stale for."""
    await stage.keep("one", said("Almerys"))
    await stage.decide()
    await stage.keep("two", said("Almerys", data_types=frozenset({NAME})))
    assert isinstance(stage.store, Meddled)
    stage.store.meddle = times


async def test_a_stale_plan_is_decided_again(meddled: Stage) -> None:
    await prepared(meddled, pipeline.MOST_DECISIONS - 1)
    plan = await meddled.decide()
    assert [item.incident.revision for item in plan.revised] == [2]


async def test_a_plan_that_is_stale_every_time_waits_for_the_next_tick(meddled: Stage) -> None:
    await prepared(meddled, pipeline.MOST_DECISIONS)
    with pytest.raises(Stale, match="at the next tick"):
        await meddled.decide()
    assert len(await meddled.store.read(lambda rx: rx.fresh(10))) == 1
    assert [item.incident.revision for item in (await meddled.decide()).revised] == [2]


# --- merges ---


async def two_incidents(stage: Stage) -> None:
    await stage.keep("one", said("Almerys", data_types=frozenset({NAME})))
    await stage.keep("two", said("Be Group", data_types=frozenset({EMAIL})))
    await stage.decide()


def tying() -> Organisation:
    """A name that is a spelling of both."""
    return Organisation("Almerys", "almerys", ("be group",))


async def test_incidents_shown_to_be_one_are_joined_and_the_older_name_stays(
    stage: Stage,
) -> None:
    await two_incidents(stage)
    older, newer = sorted(await incidents(stage), key=lambda item: item.id)
    facts = replace(said(), organisations=(tying(),), data_types=frozenset({NAME}))
    await stage.keep("three", facts)
    await stage.decide()
    [joined] = await incidents(stage)
    assert (joined.id, joined.ref, joined.revision) == (older.id, older.ref, 2)
    assert joined.data_types == {NAME, EMAIL}
    assert await stage.store.read(lambda rx: rx.incident(newer.ref)) == joined
    links = await stage.store.read(lambda rx: rx.links(older.id))
    assert sorted(link[0] for link in links) == [1, 2, 3]
    await stage.keep("four", said("Be Group", data_types=frozenset({DataType.HEALTH})))
    await stage.decide()
    [still] = await incidents(stage)
    assert (still.id, still.revision) == (older.id, 3)


async def test_who_was_told_of_either_is_known_to_have_been_told_of_the_one(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", Criteria(organisations=("Be Group",))))
    await two_incidents(stage)
    await pipeline.release(store=stage.store, clock=stage.clock)
    first = {item.alerts[0].reader.name: item for item in await stage.send()}
    assert sorted(first) == ["ada", "bob"]
    facts = replace(
        said(), organisations=(tying(),), data_types=frozenset({NAME, EMAIL, DataType.HEALTH})
    )
    await stage.tell("three", facts)
    told = await stage.store.read(lambda rx: rx.told_of(1))
    assert sorted(item["subscriber"] for item in told) == ["ada", "bob"]
    sent = {item.alerts[0].reader.name: item for item in await stage.send()}
    assert {name: item.alerts[0].kind.value for name, item in sent.items()} == {
        "ada": "update",
        "bob": "update",
    }
    assert sent["bob"].first_message_id == first["bob"].delivery.message_id


async def test_a_withdrawn_incident_is_written_as_such(stage: Stage) -> None:
    await stage.keep("one", said("Almerys"))
    await stage.decide()
    await stage.keep("one", said("Almerys", status=Status.WITHDRAWN))
    await stage.decide()
    [incident] = await incidents(stage)
    assert (incident.status, incident.revision) == (Status.WITHDRAWN, 2)


async def test_an_item_that_tells_of_another_organisation_each_time_stops_nothing(
    stage: Stage,
) -> None:
    for name in ("Almerys", "Orange", "Almerys"):
        stage.clock.forward(hours=1)
        await stage.tell("one", said(name))
    refs = [found.ref for found, _ in await stage.store.read(lambda rx: rx.incidents())]
    assert len(refs) == len(set(refs)) >= 2
