"""What an operator types and sees: show with its reasons, merge, split, corrections."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from alertd import lexicon
from alertd.core.assess import assess
from alertd.core.model import (
    DataType,
    Incident,
    Mark,
    Organisation,
    People,
    Reading,
    Report,
    Speaker,
)
from alertd.core.people import Criteria
from alertd.core.render import render
from alertd.store import Store
from alertd.texts import load
from tests.commands import Said, Say, complaint, sayer, write_config
from tests.conftest import Clock
from tests.store.stage import Stage, person, said
from tests.store.test_verdicts import facts, go_on, incidents, joined_wrongly, split
from tests.world import source

NIR, BIRTH, BANK = DataType.NATIONAL_ID, DataType.DATE_OF_BIRTH, DataType.BANK_ACCOUNT
QUOTE = "social security numbers and dates of birth were exposed"
WATCH, RELAY, PAPER, OFFICE = (
    source(name, publisher=publisher)
    for name, publisher in (
        ("watch", "Data Watch"),
        ("relay", "Relay News"),
        ("paper", "Paper"),
        ("office", "Office"),
    )
)


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    return sayer(tmp_path, monkeypatch, capsys)


async def ask(say: Say, *words: str) -> Said:
    """Run a command beside the loop of a test, as another process would."""
    return await to_thread(say, *words)


@pytest_asyncio.fixture
async def stage(store: Store, clock: Clock, tmp_path: Path) -> AsyncIterator[Stage]:
    write_config(tmp_path)
    yield Stage(store, clock)


async def scene(stage: Stage) -> Incident:
    """Almerys as three papers tell of it, a client of it, and the fine that followed."""
    await stage.add(person("patient", Criteria(organisations=("Almerys",))))
    first = facts(NIR, BIRTH, evidence={"data_types": (QUOTE,)})
    await stage.tell("one", first, by=WATCH)
    await stage.send()
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(NIR, cites=frozenset({"data watch"})), by=RELAY)
    stage.clock.forward(hours=1)
    more = facts(BANK, people=People(90_000, 90_000))
    await stage.tell("three", more, by=PAPER, text="Bank details leaked, too.")
    await stage.send()
    stage.clock.forward(hours=1)
    via = (Organisation("Almerys", "almerys"),)
    await stage.tell("client", said("Clinic", via=via), by=PAPER)
    await fine(stage)
    [incident] = [item for item in await incidents(stage) if item.title != "client"]
    return incident


async def fine(stage: Stage) -> None:
    mentioned = (Organisation("Almerys", "almerys"),)
    reading = Reading(
        relevant=False,
        confidence=0.1,
        language="en",
        mentioned=mentioned,
        marks=frozenset({Mark.AFTERMATH}),
    )
    item = Report(source="office", key="fine", url="https://office.example/fine",
                  title="Almerys fined", text="", published=stage.clock())  # fmt: skip
    await stage.store.run(lambda tx: tx.keep(OFFICE, [(item, reading)], stage.clock()))
    await stage.decide()


async def test_show_says_why_it_is_judged_as_it_is(stage: Stage, say: Say) -> None:
    incident = await scene(stage)
    code, page, _ = await ask(say, "incident", "show", incident.ref)
    assert code == 0
    for line in (
        "corroboration: C2",
        "  Data Watch, Paper report it, and none cites, links or copies another",
        "  Relay News does not count: it cites Data Watch",
        "severity: critical",
        "  high: bank-account, national-id",
        "  +1: national-id with date-of-birth",
        f"      data_types: “{QUOTE}”",
        "    report 1, Data Watch: date-of-birth, national-id",
        "    data types: date-of-birth, national-id → bank-account, date-of-birth, national-id",
        "  2026-06-01 14:00  revision 2: data-types, people, by report 3, sent to 1",
        "clients of it:",
        "afterwards:",
        "    https://office.example/fine",
    ):
        assert line in page.splitlines()
    assert "joined by machine: the same event (score +" in page
    assert max(map(len, page.splitlines())) <= 100


async def test_show_as_json_keeps_what_was_promised_and_adds_the_reasons(
    stage: Stage, say: Say
) -> None:
    incident = await scene(stage)
    shown = json.loads((await ask(say, "incident", "show", incident.ref, "--json"))[1])
    [listed] = [
        row
        for row in json.loads((await ask(say, "incident", "list", "--json"))[1])
        if row["id"] == incident.ref
    ]
    assert listed.items() <= shown.items()
    assert [item["id"] for item in shown["reports"]] == ["1", "2", "3"]
    assert [item["by"] for item in shown["timeline"]] == [["1"], ["3"]]
    assert [item["title"] for item in shown["chain"]["clients"]] == ["Clinic"]
    assert [item["title"] for item in shown["afterwards"]] == ["Almerys fined"]
    client = shown["chain"]["clients"][0]["id"]
    back = json.loads((await ask(say, "incident", "show", client, "--json"))[1])
    assert [item["id"] for item in back["chain"]["suppliers"]] == [incident.ref]
    types = next(item for item in shown["facts"] if item["field"] == "data_types")
    assert {"value": "bank-account", "sure": "reported"} in types["values"]
    assert (shown["redirected_from"], shown["verdicts"]) == (None, [])


async def test_an_aftermath_tells_nobody(stage: Stage) -> None:
    await scene(stage)
    await stage.send()
    before = await stage.messages()
    await fine(stage)
    assert await go_on(stage) == []
    assert await stage.messages() == before


async def test_a_split_says_what_follows_and_how_to_undo_it(stage: Stage, say: Say) -> None:
    incident = await scene(stage)
    code, text, _ = await ask(say, "incident", "split", incident.ref, "3")
    assert code == 0
    new = next(item for item in await incidents(stage) if item.data_types == {BANK})
    assert text.splitlines() == [
        (
            f"split {incident.ref}: 3 moved to {new.ref} (Almerys); "
            "the machine will not join the two again"
        ),
        "  1 person was told before; 1 of them will get a correction",
        f"  to undo it: alertd incident merge {incident.ref} {new.ref} --undo-split",
    ]
    page = (await ask(say, "incident", "show", incident.ref))[1]
    assert f"operator split {new.ref} from {incident.ref}: report 3" in page
    assert (
        "joined by operator: split off by the operator; until then: the same event"
        in ((await ask(say, "incident", "show", new.ref))[1])
    )
    refused = complaint(await ask(say, "incident", "merge", incident.ref, new.ref))
    assert refused.endswith("say --undo-split")
    code, text, _ = await ask(say, "incident", "merge", incident.ref, new.ref, "--undo-split")
    assert (code, text.partition(" (")[0]) == (0, f"merged {new.ref} into {incident.ref}")
    page = (await ask(say, "incident", "show", new.ref))[1]
    assert page.startswith(f"{new.ref} was merged into {incident.ref}, which is shown\n")
    assert (await ask(say, "incident", "list"))[1].count("Almerys") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("split", "{ref}", "one"), "'one' is no number of a report: `alertd incident show`"),
        (("split", "{ref}", "77"), "report 77 is not one of {ref}: see `alertd incident show"),
        (("split", "{ref}", "1", "2", "3"), "these are all the reports of {ref}"),
        (("split", "nothing", "1"), "there is no incident 'nothing'"),
        (("merge", "{ref}", "{ref}"), "{ref} and {ref} are the same incident: name two"),
        (("merge", "{ref}", "nothing"), "there is no incident 'nothing'"),
    ],
)
async def test_what_cannot_be_done_is_one_line(
    stage: Stage, say: Say, words: tuple[str, ...], why: str
) -> None:
    incident = await scene(stage)
    said_ = await ask(say, "incident", *(word.format(ref=incident.ref) for word in words))
    assert complaint(said_).startswith(why.format(ref=incident.ref))


async def test_corrections_are_labelled_pairs_that_assess_can_read(stage: Stage, say: Say) -> None:
    incident = await scene(stage)
    assert await ask(say, "incident", "corrections") == (0, "", "")
    ruled = json.loads((await ask(say, "incident", "split", incident.ref, "3", "--json"))[1])
    assert (ruled["relation"], ruled["incident"], ruled["to_be_told"]) == (
        "different",
        incident.ref,
        1,
    )
    pairs = [
        json.loads(line)
        for line in (await ask(say, "incident", "corrections", "--json"))[1].splitlines()
    ]
    assert [(pair["a"]["id"], pair["b"]["id"], pair["relation"]) for pair in pairs] == [
        ("watch/one", "paper/three", "different"),
        ("relay/two", "paper/three", "different"),
    ]
    records = [record for pair in pairs for record in (pair["a"], pair["b"])]
    assert len(list(assess(records, lexicon.load()))) == 4
    assert "patient" not in json.dumps(pairs)


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("en", "Correction: Almerys", "Two breaches had been taken for one."),
        ("fr", "Rectification : Almerys", "Deux fuites avaient été prises pour une seule."),
    ],
)
async def test_the_correction_says_what_left_and_takes_nothing_back(
    stage: Stage, language: str, subject: str, words: str
) -> None:
    await stage.add(
        person("bob", Criteria(data_types=frozenset({BANK})), language=language, country="FR")
    )
    incident = await joined_wrongly(stage)
    await stage.send()
    await split(stage, incident, 2)
    [sent] = await go_on(stage)
    assert sent.alerts[0].matched == (), "the watch is about what has left the incident"
    message = render(sent.alerts[0], load())
    assert message.subject == subject
    assert words in str(message.blocks)
    assert words in message.personal.text
    assert words in message.shared.text


async def test_a_fact_says_who_claims_it_and_who_says_otherwise(stage: Stage, say: Say) -> None:
    claim = facts(BANK, NIR, speaker=Speaker.CRIMINALS)
    await stage.tell("claim", claim, by=RELAY)
    stage.clock.forward(hours=1)
    own = replace(facts(NIR, speaker=Speaker.ORGANISATION), not_exposed=frozenset({BANK}))
    await stage.tell("own", own, by=PAPER)
    [incident] = await incidents(stage)
    page = (await ask(say, "incident", "show", incident.ref))[1]
    assert "  data types: national-id (the organisation says so)" in page
    assert "  not exposed: bank-account (the organisation says so)" in page
    assert "    says otherwise: Relay News: bank-account" in page
