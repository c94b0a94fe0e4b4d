"""The store's subscribers against those of the file: who is new, changed, gone or back."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from alertd.core.model import DataType, Severity, Status
from alertd.core.people import Criteria, Role, Route, Watch
from alertd.errors import UsageError
from alertd.store import Store
from alertd.store.people import ALWAYS
from tests.conftest import NOON, Clock
from tests.store.stage import Stage, person, said

ALMERYS = Criteria(organisations=("Almerys",))
NAMES = Criteria(data_types=frozenset({DataType.NAME}))


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


async def count(store: Store, table: str) -> int:
    statement = sa.text(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of this file
    return int(await store.read(lambda rx: rx.connection.execute(statement).scalar_one()))


async def ages(stage: Stage, name: str, watch: str = "watch 1") -> dict[str, object]:
    ids = await stage.store.read(lambda rx: rx.subscriber_ids())
    found = await stage.store.read(lambda rx: rx.term_ages(ids[name], watch))
    return {key: since for (_, key), since in found.items()}


async def test_a_subscriber_is_kept_with_every_field(stage: Stage) -> None:
    wanted = Criteria(
        organisations=("Almerys", "Viamedis"),
        data_types=frozenset({DataType.NATIONAL_ID}),
        countries=frozenset({"FR"}),
        sectors=frozenset({"health"}),
        keywords=("portal",),
        exclude=("Almerys Stadium",),
        min_people=100,
        min_status=Status.CONFIRMED,
        follow_suppliers=2,
    )
    route = Route(
        channel="sec-team",
        when="daily 08:30",
        events=frozenset({"new", "withdrawn"}),
        min_severity=Severity.HIGH,
        quiet="22:00-07:00",
        quiet_except=Severity.CRITICAL,
        to="someone@example.org",
    )
    ada = person("ada", wanted, NAMES, routes=[route, Route(channel="mail", to="ada@example.org")])
    reader = replace(
        ada.reader,
        language="fr",
        country="FR",
        timezone="Europe/Paris",
        role=Role.PRIVACY,
        discreet=True,
    )
    ada = replace(ada, reader=reader)
    await stage.add(ada)
    assert await stage.store.read(lambda rx: rx.subscribers()) == ((ada, "file"),)
    assert await stage.store.read(lambda rx: rx.subscribers("ada")) == ((ada, "file"),)
    assert await stage.store.read(lambda rx: rx.subscribers("bob")) == ()


async def test_a_route_without_an_address_goes_to_the_subscribers_own(stage: Stage) -> None:
    await stage.add(person("ada", routes=[Route(channel="mail")]))
    [(ada, _)] = await stage.store.read(lambda rx: rx.subscribers())
    assert ada.routes[0].to == "ada@example.org"


async def test_an_unchanged_subscriber_is_not_written_again(stage: Stage) -> None:
    people = [person("ada", ALMERYS), person("bob", NAMES)]
    await stage.add(*people)
    statements: list[str] = []

    def record(*args: object) -> None:
        statements.append(str(args[2]))

    sa.event.listen(stage.store._writer, "before_cursor_execute", record)
    await stage.add(*people)
    written = [text for text in statements if not text.startswith(("SELECT", "BEGIN"))]
    assert all(text.startswith("DELETE FROM criteria") for text in written)
    statements.clear()
    await stage.add(people[0], person("bob", ALMERYS))
    assert any("INTO watch" in text for text in statements)


async def test_equal_wishes_are_kept_once_and_shared(stage: Stage) -> None:
    await stage.add(
        person("ada", Criteria(organisations=("Almerys", "Viamedis"), keywords=("a", "b"))),
        person("bob", Criteria(organisations=("Viamedis", "Almerys"), keywords=("b", "a", "a"))),
        person("cyd", Criteria(organisations=("Almerys",), keywords=("a", "b"))),
    )
    assert await count(stage.store, "criteria") == 2
    assert await count(stage.store, "watch") == 3


async def test_criteria_that_nobody_wants_any_more_go_with_their_terms(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", ALMERYS, NAMES))
    await stage.add(person("ada", ALMERYS))
    assert await count(stage.store, "criteria") == 1
    assert await count(stage.store, "term") == 1


async def test_terms_of_a_store_just_made_count_as_always_there(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS), first=True)
    assert await ages(stage, "ada") == {"almerys": ALWAYS}


async def test_a_term_keeps_its_age_when_its_watch_changes(stage: Stage) -> None:
    await stage.add(person("ada", Criteria(organisations=("Almerys", "Viamedis"))))
    later = stage.clock.forward(days=3)
    await stage.add(person("ada", Criteria(organisations=("Almerys", "Orange"))))
    assert await ages(stage, "ada") == {"almerys": NOON, "orange": later}
    again = stage.clock.forward(days=3)
    await stage.add(person("ada", Criteria(organisations=("Almerys", "Viamedis"))))
    assert await ages(stage, "ada") == {"almerys": NOON, "viamedis": again}


async def test_routes_and_watches_that_are_gone_from_the_file_are_gone(stage: Stage) -> None:
    routes = [Route(channel="mail", to="a@example.org"), Route(channel="chat", to="room")]
    await stage.add(person("ada", ALMERYS, NAMES, routes=routes))
    await stage.add(person("ada", ALMERYS, routes=routes[1:]))
    [(ada, _)] = await stage.store.read(lambda rx: rx.subscribers())
    assert [item.channel for item in ada.routes] == ["chat"]
    assert [item.name for item in ada.watches] == ["watch 1"]


async def test_a_watch_added_by_command_outlives_a_change_of_the_file(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    ids = await stage.store.read(lambda rx: rx.subscriber_ids())
    extra = Watch(name="extra", criteria=NAMES)
    await stage.store.run(lambda tx: tx.add_watch(ids["ada"], extra, stage.clock()))
    await stage.add(person("ada", Criteria(organisations=("Viamedis",))))
    found = await stage.store.read(lambda rx: rx.watches_of(ids["ada"]))
    assert [item.name for item in found] == ["extra", "watch 1"]
    with pytest.raises(UsageError, match="give another --name"):
        await stage.store.run(lambda tx: tx.add_watch(ids["ada"], extra, stage.clock()))
    assert await stage.store.run(lambda tx: tx.remove_watch(ids["ada"], "extra"))
    assert not await stage.store.run(lambda tx: tx.remove_watch(ids["ada"], "extra"))


async def test_who_left_the_file_is_told_no_more_and_their_unsent_messages_are_set_aside(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", ALMERYS))
    await stage.tell("one", said("Almerys"))
    await stage.add(person("bob", ALMERYS))
    assert await stage.messages() == [
        ("ada", "new", 1, "suppressed unsubscribed"),
        ("bob", "new", 1, "waiting"),
    ]
    assert [item.delivery.to for item in await stage.send()] == ["bob@example.org"]
    assert list(await stage.store.read(lambda rx: rx.subscriber_ids())) == ["bob"]
    assert await count(stage.store, "subscriber") == 2


async def test_F3_what_somebody_was_told_is_kept_when_they_leave(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", said("Almerys"))
    await stage.send()
    await stage.add()
    [incident] = [item.id for item, _ in await stage.store.read(lambda rx: rx.incidents())]
    told = await stage.store.read(lambda rx: rx.told_of(incident))
    assert [item["subscriber"] for item in told] == ["ada"]


async def test_who_comes_back_is_told_again_of_what_is_new_and_of_nothing_else(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS))
    ids = await stage.store.read(lambda rx: rx.subscriber_ids())
    await stage.tell("one", said("Almerys"))
    await stage.add()
    stage.clock.forward(days=1)
    await stage.tell("two", said("Viamedis"))
    back = stage.clock.forward(days=1)
    await stage.add(person("ada", Criteria(organisations=("Almerys", "Viamedis"))))
    assert await stage.store.read(lambda rx: rx.subscriber_ids()) == ids
    assert await ages(stage, "ada") == {"almerys": back, "viamedis": back}
    assert await stage.send() == []
    stage.clock.forward(days=1)
    await stage.tell("three", said("Viamedis", data_types=frozenset({DataType.NAME})))
    assert [item.alerts[0].incident.organisations[0].name for item in await stage.send()] == [
        "Viamedis"
    ]


async def test_a_name_of_the_file_that_was_added_by_command_is_refused_whole(
    stage: Stage,
) -> None:
    now = stage.clock()
    await stage.store.run(lambda tx: tx.save(person("ada", ALMERYS), "store", now, created_at=now))
    with pytest.raises(UsageError, match="'ada' is in the file and was also added by command"):
        await stage.add(person("bob", ALMERYS), person("ada", NAMES))
    people = await stage.store.read(lambda rx: rx.subscribers())
    assert people == ((person("ada", ALMERYS), "store"),)


async def test_who_was_added_by_command_is_not_touched_by_the_file(stage: Stage) -> None:
    now = stage.clock()
    await stage.store.run(lambda tx: tx.save(person("ada", ALMERYS), "store", now, created_at=now))
    await stage.add(person("bob", NAMES))
    await stage.add()
    people = await stage.store.read(lambda rx: rx.subscribers())
    assert people == ((person("ada", ALMERYS), "store"),)


async def test_a_no_is_kept_as_a_hash_and_holds_for_every_spelling_of_the_address(
    stage: Stage,
) -> None:
    await stage.store.run(lambda tx: tx.suppress(" Ada@Example.org", "unsubscribed", stage.clock()))
    await stage.store.run(lambda tx: tx.suppress("ada@example.org", "paused", stage.clock()))
    spellings = ("ada@example.org", "ADA@EXAMPLE.ORG ", "bob@example.org")
    answers = await stage.store.read(lambda rx: [rx.is_suppressed(item) for item in spellings])
    assert answers == [True, True, False]
    [row] = await stage.store.read(
        lambda rx: rx.connection.execute(sa.text("SELECT digest, why FROM suppression")).all()
    )
    assert "example" not in row.digest
    assert row.why == "unsubscribed", "a pause takes nothing from a stronger no"


async def test_a_store_is_given_its_secret_once(stage: Stage) -> None:
    secret = await stage.store.read(lambda rx: rx.secret())
    assert not await stage.store.run(lambda tx: tx.found("00" * 32, stage.clock()))
    assert await stage.store.read(lambda rx: rx.secret()) == secret
    assert len(secret) == 32
