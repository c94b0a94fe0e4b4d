"""A person's own no against everything that could undo it, and watches widened anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from alertd.core import codec
from alertd.core.model import DataType, Status
from alertd.core.people import Criteria, Route, Supplier, Watch
from alertd.core.widen import Known, Registry
from alertd.errors import UsageError
from alertd.store import Store, Tx, engine
from alertd.store.suppression import ERASED, PAUSED, UNSUBSCRIBED, No
from alertd.store.watches import text_of
from tests.conftest import NOON, Clock
from tests.store.stage import Stage, person, said

ALMERYS = Criteria(organisations=("Almerys",))


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


async def say_no(stage: Stage, name: str, why: str) -> bool:
    def work(tx: Tx) -> bool:
        return tx.say_no(tx.subscriber_ids()[name], why, stage.clock())

    return await stage.store.run(work)


async def no_of(stage: Stage, name: str) -> No | None:
    [(found, _)] = await stage.store.read(lambda rx: rx.subscribers(name))
    return await stage.store.read(lambda rx: rx.nos_of([found]).get(name))


async def test_a_stronger_no_replaces_a_weaker_one_and_never_the_other_way(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    assert await say_no(stage, "ada", PAUSED)
    assert not await say_no(stage, "ada", PAUSED)
    later = stage.clock.forward(days=1)
    assert await say_no(stage, "ada", UNSUBSCRIBED)
    assert not await say_no(stage, "ada", PAUSED)
    assert await no_of(stage, "ada") == No(UNSUBSCRIBED, later)


async def test_somebody_without_an_address_says_no_by_their_name_and_the_room_stays_open(
    stage: Stage,
) -> None:
    room = [Route(channel="mail", to="room 7")]
    people = [replace(person(name, ALMERYS, routes=room), email=None) for name in ("ada", "bob")]
    await stage.add(*people)
    await stage.tell("one", said("Almerys"))
    await say_no(stage, "ada", UNSUBSCRIBED)
    assert [item.delivery.subscriber for item in await stage.send()] == [2]
    await stage.tell("two", said("Almerys", data_types=frozenset({DataType.NAME})))
    assert len(await stage.send()) == 1
    states = {state for name, _, _, state in await stage.messages() if name == "ada"}
    assert states == {"suppressed unsubscribed"}


async def test_a_no_said_between_the_queue_and_the_claim_holds_for_who_shares_the_address(
    stage: Stage,
) -> None:
    team = [Route(channel="mail", to="team@example.org")]
    await stage.add(person("ada", ALMERYS, routes=team), person("bob", ALMERYS, routes=team))
    await stage.tell("one", said("Almerys"))
    await say_no(stage, "ada", PAUSED)
    assert await stage.send() == []
    found = await no_of(stage, "bob")
    assert found == No(PAUSED, NOON, of_address=True)


async def test_a_no_outlives_leaving_the_file_and_coming_back_under_another_name(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS))
    await say_no(stage, "ada", UNSUBSCRIBED)
    await stage.add()
    await stage.add(person("ada", ALMERYS), replace(person("eve", ALMERYS), email="x@example.org"))
    again = person("new", ALMERYS, routes=[Route(channel="mail", to="ADA@example.org")])
    await stage.add(person("ada", ALMERYS), again)
    await stage.tell("one", said("Almerys"))
    assert await stage.send() == []


async def test_lifting_keeps_the_words_of_consent_and_a_later_no_holds_again(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS))
    await say_no(stage, "ada", UNSUBSCRIBED)
    now = stage.clock()
    with pytest.raises(UsageError, match="add --consent"):
        await stage.store.run(lambda tx: tx.lift("ada", ["ada@example.org"], now, None))
    assert await no_of(stage, "ada") is not None
    lifted = await stage.store.run(
        lambda tx: tx.lift("ada", ["ada@example.org"], now, "by telephone")
    )
    assert lifted == No(UNSUBSCRIBED, NOON)
    assert await no_of(stage, "ada") is None
    await stage.tell("one", said("Almerys"))
    assert len(await stage.send()) == 1
    assert await say_no(stage, "ada", PAUSED)
    assert await no_of(stage, "ada") == No(PAUSED, NOON)


async def test_who_was_erased_is_not_made_again_by_the_file_and_others_are(stage: Stage) -> None:
    people = (person("ada", ALMERYS), person("bob", ALMERYS))
    await stage.add(*people)
    await stage.tell("one", said("Almerys"))
    await stage.send()
    ids = await stage.store.read(lambda rx: rx.subscriber_ids())
    held = await stage.store.read(lambda rx: rx.held_of(ids["ada"]))
    assert [(row["revision"], row["channel"]) for row in held["told"]] == [(1, "mail")]
    assert [row["state"] for row in held["messages"]] == ["sent"]
    await stage.store.run(lambda tx: tx.erase(ids["ada"], stage.clock()))
    await stage.add(*people, person("eve", ALMERYS))
    assert list(await stage.store.read(lambda rx: rx.subscriber_ids())) == ["bob", "eve"]
    assert {name for name, *_ in await stage.messages()} == {"bob"}
    nos = await stage.store.read(lambda rx: rx.nos_of(people))
    assert {name: no.why for name, no in nos.items()} == {"ada": ERASED}


async def test_what_is_erased_can_be_read_neither_in_the_file_nor_in_its_log(
    stage: Stage,
) -> None:
    path = stage.store.path
    assert path is not None

    asked = sa.text("PRAGMA secure_delete")
    assert await stage.store.run(lambda tx: tx.connection.execute(asked).scalar()) == 1
    many = [Criteria(organisations=(f"Seldomseen {n}",)) for n in range(40)]
    await stage.add(person("ada", *many), person("bob", ALMERYS))
    ids = await stage.store.read(lambda rx: rx.subscriber_ids())
    await stage.store.run(lambda tx: tx.erase(ids["ada"], stage.clock()))
    assert engine.empty_log(path)
    held = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert b"bob@example.org" in held
    for trace in (b"ada@example.org", b"Seldomseen", b"seldomseen"):
        assert trace not in held


# --- watches widened anew ---------------------------------------------------------------------


async def test_watches_made_by_command_follow_what_the_file_says_and_keep_their_age(
    stage: Stage,
) -> None:
    await stage.add(person("ada"))
    ids = await stage.store.read(lambda rx: rx.subscriber_ids())
    wish = Watch(name="own", criteria=ALMERYS)
    await stage.store.run(lambda tx: tx.add_watch(ids["ada"], wish, stage.clock()))
    later = stage.clock.forward(days=3)
    wider = Registry((Known(name="Almerys", also=("Be-Almerys",)),))

    async def learn(known: Registry) -> tuple[Watch, ...]:
        await stage.store.run(
            lambda tx: tx.reconcile([person("ada")], stage.clock(), first=False, registry=known)
        )
        return await stage.store.read(lambda rx: rx.watches_of(ids["ada"]))

    [found] = await learn(wider)
    assert (found.written, set(found.criteria.organisations)) == (
        ALMERYS,
        {"Almerys", "Be-Almerys"},
    )
    ages = await stage.store.read(lambda rx: rx.term_ages(ids["ada"], "own"))
    assert {key: since for (_, key), since in ages.items()} == {
        "almerys": NOON,
        "be almerys": later,
    }
    assert await stage.store.run(lambda tx: tx.rewiden(wider, stage.clock())) == 0
    [found] = await learn(Registry())
    assert found.criteria == ALMERYS


NAMES = st.lists(st.text(max_size=4), max_size=3).map(tuple)


@given(
    st.builds(
        Criteria,
        organisations=NAMES,
        data_types=st.frozensets(st.sampled_from(DataType), max_size=3),
        sectors=NAMES.map(frozenset),
        keywords=NAMES,
        exclude=NAMES,
        min_people=st.integers(0, 9),
        min_status=st.sampled_from(Status),
        suppliers=st.lists(st.builds(Supplier, path=NAMES, names=NAMES), max_size=2).map(tuple),
    )
)
def test_the_quick_text_of_criteria_is_that_of_the_codec(wanted: Criteria) -> None:
    ordered = replace(
        wanted,
        organisations=tuple(sorted(set(wanted.organisations))),
        keywords=tuple(sorted(set(wanted.keywords))),
        exclude=tuple(sorted(set(wanted.exclude))),
        suppliers=tuple(sorted(wanted.suppliers, key=lambda item: (item.path, item.names))),
    )
    assert text_of(wanted) == codec.dumps(ordered)
    assert codec.loads(Criteria, text_of(wanted)) == ordered
