"""A catalogue of old breaches in the flow: silent at first, then each record in its time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from alertd.core.model import DataType
from alertd.core.people import Kind
from alertd.parsing import Reader
from alertd.sources import catalogue
from alertd.store import Store
from tests.conftest import Clock
from tests.sources.samples import SAMPLES, reply_with
from tests.world import World, subscriber

SOURCE = catalogue()["hibp"]
NEWEST = "ColorDating"
EVERYTHING = frozenset({DataType.PASSWORD, DataType.EMAIL, DataType.NAME, DataType.PHONE})

Record = dict[str, Any]


@pytest.fixture
async def world(store: Store, clock: Clock) -> World:
    """Somebody who watches every kind of data that the records tell of."""
    made = World(store, clock)
    await made.add(subscriber("ada", data_types=EVERYTHING))
    return made


def records() -> list[Record]:
    found: list[Record] = json.loads((SAMPLES / "hibp" / "trimmed.json").read_text("utf-8"))
    return found


def added(record: Record, at: datetime) -> Record:
    return record | {"AddedDate": f"{at:%Y-%m-%dT%H:%M:%SZ}"}


def serve(world: World, listed: list[Record]) -> None:
    body = json.dumps(listed).encode()
    world.reports["hibp"] = list(SOURCE.parse(reply_with(body, SOURCE), SOURCE))
    world.version += 1


async def test_on_first_contact_only_what_was_added_of_late_is_told(world: World) -> None:
    listed = [
        added(item, world.clock() - timedelta(days=6)) if item["Name"] == NEWEST else item
        for item in records()
    ]
    serve(world, listed)
    sent = await world.run(SOURCE)
    told = [alert.incident for claimed in sent for alert in claimed.alerts]
    assert [item.organisations[0].name for item in told] == ["Color Dating"]
    kept = await world.store.read(lambda rx: rx.incidents())
    assert len(kept) == 22, "the others are kept, as history"
    assert sum(news for _, news in kept) == 1


async def test_of_a_later_list_only_the_record_more_is_told(world: World) -> None:
    serve(world, records())
    assert await world.run(SOURCE) == []
    world.clock.forward(hours=6)
    old = next(item for item in records() if item["Name"] == "Adobe")
    more = old | {"Name": "Corail", "Title": "Corail", "Domain": "corail.example.com"}
    serve(world, [*records(), added(more, world.clock())])
    (claimed,) = await world.run(SOURCE)
    (alert,) = claimed.alerts
    assert alert.kind is Kind.NEW
    assert alert.incident.organisations[0].name == "Corail"
    assert alert.incident.incident_date == old["BreachDate"], "an old breach, newly known"
    assert alert.incident.published == world.clock()


async def test_a_record_that_changed_is_told_again_only_when_its_facts_did(world: World) -> None:
    first, *others = [item for item in records() if item["Name"] == NEWEST]
    assert not others
    first = added(first, world.clock() - timedelta(hours=1))
    serve(world, [first])
    assert len(await world.run(SOURCE)) == 1
    world.clock.forward(hours=6)
    touched = first | {"ModifiedDate": "2026-06-01T18:00:00Z", "LogoPath": "https://x.example/y"}
    serve(world, [touched | {"Description": first["Description"] + " It was reworded."}])
    assert await world.run(SOURCE) == []
    world.clock.forward(hours=6)
    serve(world, [touched | {"DataClasses": [*first["DataClasses"], "Phone numbers"]}])
    (claimed,) = await world.run(SOURCE)
    assert [alert.kind for alert in claimed.alerts] == [Kind.UPDATE]


async def test_old_records_that_change_stay_silent(world: World) -> None:
    serve(world, records())
    assert await world.run(SOURCE) == []
    world.clock.forward(hours=6)
    serve(world, [item | {"DataClasses": [*item["DataClasses"], "PINs"]} for item in records()])
    assert await world.run(SOURCE) == []


async def test_a_sensitive_record_is_marked_so_in_its_incident(world: World) -> None:
    serve(world, records())
    await world.run(SOURCE)
    kept = await world.store.read(lambda rx: rx.incidents())
    sensitive = {item.title for item, _ in kept if item.sensitive}
    assert {"Ashley Madison", "Badoo"} <= sensitive
    assert "Adobe" not in sensitive


async def test_a_collection_is_no_possible_match_of_a_name_in_its_title(world: World) -> None:
    await world.add(subscriber("bob", organisations=("Qakbot", "Estonian Cybercrime Bureau")))
    gathered = [item for item in records() if item["Name"] in {"Qakbot", "Estonia"}]
    serve(world, [added(item, world.clock() - timedelta(hours=1)) for item in gathered])
    assert await world.run(SOURCE) == []


@pytest.mark.slow
async def test_a_list_of_thousands_is_read_within_the_limits_of_the_child() -> None:
    many = [item | {"Name": f"{item['Name']}{n}"} for n in range(80) for item in records()]
    body = json.dumps(many).encode()
    reader = Reader()
    try:
        found = await reader.read(SOURCE, reply_with(body, SOURCE))
    finally:
        await reader.aclose()
    assert len(found) == 22 * 80
    assert all(reading.relevant for _, reading in found)
