"""The pipeline stopped at each of its commits: nothing is lost and nothing is doubled."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TypeVar

import pytest

from alertd.core.feed import Reply, Source
from alertd.core.model import DataType, Reading, Report
from alertd.core.people import Criteria
from alertd.errors import StoreError
from alertd.store import Store, Tx
from tests.conftest import NOON, Clock
from tests.store.stage import person, said
from tests.world import World, source

T = TypeVar("T")
SOURCES = (source("press"), source("other"))
PEOPLE = (
    person("ada", Criteria(organisations=("Almerys", "Orange"))),
    person("bob", Criteria(organisations=("Almerys", "Viamedis"))),
)
TOLD = {
    ("ada", "Almerys", "new", 1),
    ("bob", "Almerys", "new", 1),
    ("bob", "Viamedis", "new", 1),
    ("ada", "Almerys", "update", 2),
    ("bob", "Almerys", "update", 2),
}


class When(Enum):
    """On which side of a commit the power is cut."""

    BEFORE = "before"
    AFTER = "after"


class PowerCutError(StoreError):
    """The process ends here."""


class Cut(Store):
    """A store whose power is cut once, at one of its commits."""

    commits = 0
    cut_at = 0
    when = When.BEFORE

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Count the commit, and end at the one that was chosen."""
        self.commits += 1
        ends = self.commits == self.cut_at

        def until_the_cut(tx: Tx) -> T:
            done = work(tx)
            if ends and self.when is When.BEFORE:
                raise PowerCutError("the power went before this commit")
            return done

        done = await super().run(until_the_cut)
        if ends and self.when is When.AFTER:
            raise PowerCutError("the power went after this commit")
        return done


class Papers(World):
    """Sources whose reports carry their own reading: the text lists what leaked."""

    async def read(self, wanted: Source, reply: Reply) -> Sequence[tuple[Report, Reading]]:
        """What stands in the source."""
        del reply
        return [(item, reading(item)) for item in self.reports.get(wanted.name, ())]


def reading(item: Report) -> Reading:
    """One incident of the organisation in the title."""
    kinds = frozenset(DataType(word) for word in item.text.split())
    facts = said(item.title, data_types=kinds)
    return Reading(relevant=True, confidence=1.0, language="en", incidents=(facts,))


async def day(world: Papers) -> None:
    """Run the flow to its end, from the start again wherever the power was cut."""
    while True:
        try:
            await world.store.run(lambda tx: tx.free_leases(world.clock()))
            await world.add(*PEOPLE)
            await world.run(*SOURCES)
        except PowerCutError:
            continue
        return


async def live(store: Cut, cut_at: int) -> Papers:
    """Live two days with one cut; what outlives the cut is in the store alone."""
    store.commits, store.cut_at = 0, cut_at
    world = Papers(store, Clock())
    world.publish("press", "Almerys", "name")
    world.publish("press", "Orange", "name", at=NOON - timedelta(days=30))
    world.publish("other", "Almerys", "name")
    world.publish("other", "Viamedis", "email")
    await day(world)
    world.clock.forward(days=1)
    world.publish("press", "Almerys", "name bank-account", at=NOON)
    await day(world)
    return world


@pytest.fixture
async def store(store_path: Path) -> AsyncIterator[Cut]:
    """A store that has its secret, so that every life gives the same message ids."""
    opened = await Cut.open(f"sqlite:///{store_path}", NOON)
    assert isinstance(opened, Cut)
    yield opened
    await opened.close()


@pytest.fixture
def begin_anew(store: Cut, tmp_path: Path) -> Callable[[], None]:
    """Give the store back what it held at first."""
    assert store.path is not None
    path, seed = store.path, tmp_path / "seed.db"
    copied(path, seed)
    return lambda: copied(seed, path)


def copied(source_path: Path, target_path: Path) -> None:
    with (
        closing(sqlite3.connect(source_path)) as original,
        closing(sqlite3.connect(target_path)) as target,
    ):
        original.backup(target)


def told(world: Papers) -> set[tuple[str, str, str, int]]:
    alerts = [item.alerts[0] for item in world.sent]
    return {
        (
            item.reader.name,
            item.incident.organisations[0].name,
            item.kind.value,
            item.incident.revision,
        )
        for item in alerts
    }


def ids(world: Papers) -> Counter[str]:
    return Counter(item.delivery.message_id for item in world.sent)


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("when", list(When))
async def test_R1_R3_R9_a_cut_at_any_commit_loses_nothing_and_repeats_what_was_in_flight_at_most(
    store: Cut, begin_anew: Callable[[], None], when: When, stride: int
) -> None:
    unbroken = await live(store, 0)
    assert told(unbroken) == TOLD
    assert set(ids(unbroken).values()) == {1}
    cuts, repeated = store.commits, 0
    assert cuts > 20
    store.when = when
    for cut_at in range(1, cuts + 1, stride):
        begin_anew()
        world = await live(store, cut_at)
        twice = [item for item, count in ids(world).items() if count > 1]
        assert store.commits > cuts, "the power was never cut"
        assert told(world) == TOLD, f"cut {when.value} commit {cut_at}"
        assert ids(world).keys() == ids(unbroken).keys(), f"cut {when.value} commit {cut_at}"
        assert max(ids(world).values()) <= 1 + len(twice) <= 2
        assert await store.read(lambda rx: rx.counts()) == {"sent": len(TOLD)}
        repeated += len(twice)
    if stride == 1:
        assert repeated == (len(TOLD) if when is When.BEFORE else 0)
