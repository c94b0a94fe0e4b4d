"""Silences as an operator makes them, and what is told at their end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.app import App
from alertd.config import load
from alertd.core.silences import Scope, Silence
from alertd.store import Store
from tests.conftest import Clock
from tests.daemon import MAIL, alertd
from tests.httpserver import HttpServer, serving
from tests.scene import almerys, configure, feed, mails, person, source, text_of, to
from tests.smtpserver import SMTPServer
from tests.store.stage import Stage

pytestmark = pytest.mark.slow
"""Each starts whole programs: half a second at least every time."""

TOP = 'operator = {channel = "mail", to = "ops@example.org"}\ntimezone = "Europe/Paris"\n'
ALLOW = '[network]\nallow = ["127.0.0.1:25"]\n'


@dataclass(frozen=True)
class Site:
    folder: Path
    mail: SMTPServer
    server: HttpServer

    async def say(self, *arguments: str) -> str:
        """What a command that must succeed says."""
        code, said = await alertd(self.folder, *arguments)
        assert code in {0, 10}, said
        return said


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        tables = (source(server, "press"), person("ada"), person("bob"))
        configure(tmp_path, server, mail, *tables, top=TOP)
        yield Site(tmp_path, mail, server)


async def test_what_a_silence_holds_is_told_at_its_end_and_can_be_sent_after_all(
    site: Site,
) -> None:
    added = await site.say("silence", "add", "--organisation", "ALMERYS SAS", "--until", "7d")
    assert added.startswith("silence 1 on ALMERYS SAS until ")
    await site.say("run", "--once")
    assert mails(site.mail) == []
    [listed] = json.loads(await site.say("silence", "list", "--json"))
    assert (listed["state"], listed["people"], len(listed["held"])) == ("active", 2, 2)
    incident = json.loads(await site.say("incident", "list", "--json"))[0]["id"]
    explained = await site.say("explain", "--subscriber", "ada", "--incident", incident)
    assert "silence 1 (ALMERYS SAS) holds it until" in explained
    removed = await site.say("silence", "remove", "1")
    assert "Silence 1 (ALMERYS SAS) ended: it held 2 messages to 2 people" in removed
    await site.say("delivery", "retry", str(listed["held"][0]["delivery"]))
    await site.say("run", "--once")
    [notice] = to(site.mail, "ops")
    assert notice["Subject"] == "Silence 1 (ALMERYS SAS) ended: it held 2 messages to 2 people"
    assert "alertd delivery retry ID" in text_of(notice)
    assert len(to(site.mail, "ada")) == 1
    assert to(site.mail, "bob") == []
    [ended] = json.loads(await site.say("silence", "list", "--json"))
    assert ended["state"] == "ended"


async def test_the_end_of_a_silence_is_told_with_it_and_once(
    tmp_path: Path, store: Store, clock: Clock
) -> None:
    tmp_path.joinpath("alertd.toml").write_text(
        TOP + ALLOW + MAIL.format(port=25), encoding="utf-8"
    )
    config = load(tmp_path / "alertd.toml", {}, tmp_path)
    app = App(config, store, clock=clock)
    silence = Silence(
        id=0,
        scope=Scope.ORGANISATION,
        target="almerys",
        shown="Almerys",
        since=clock(),
        until=clock() + timedelta(days=1),
    )
    await store.run(lambda tx: tx.add_silence(silence))
    await app.end_silences()
    assert await store.read(lambda rx: rx.deliveries()) == ()
    clock.forward(days=1)
    await app.end_silences()
    await app.end_silences()
    [claimed] = await Stage(store, clock).claim()
    assert claimed.content == {
        "subject": "Silence 1 (Almerys) ended: it held nothing",
        "lines": [],
    }
    assert claimed.delivery.dedup_key == "o/silence/1"


async def test_silences_are_listed_in_the_time_zone_of_the_file(site: Site) -> None:
    await site.say("silence", "add", "--organisation", "Corail", "--until", "2199-01-01")
    await site.say(
        *("silence", "add", "--watch", "mine", "--subscriber", "ada"),
        *("--until", "2199-01-01T10:00", "--why", "on leave"),
    )
    listed = await site.say("silence", "list")
    assert "2199-01-01 00:00" in listed
    assert "2199-01-01 10:00" in listed
    assert "on leave" in listed


async def test_an_organisation_that_nobody_names_is_remarked(site: Site) -> None:
    said = await site.say("silence", "add", "--organisation", "Almeris", "--until", "1d")
    assert "no watch and no incident names Almeris" in said


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--until 1d", "give one of --incident, --organisation, or --watch with --subscriber"),
        ("--organisation A --incident b --until 1d", "give one of --incident"),
        ("--watch mine --until 1d", "--watch: add --subscriber, whose watch it is"),
        ("--watch mien --subscriber ada --until 1d", "did you mean 'mine'?"),
        ("--organisation A --subscriber adda --until 1d", "did you mean 'ada'?"),
        ("--incident nothing --until 1d", "there is no incident 'nothing'"),
        ("--organisation A --until 2020-01-01", "2020-01-01 is over"),
        ("--organisation A --until soon", "--until: write a time from now, such as 12h or 7d"),
    ],
)
async def test_a_silence_that_cannot_be_says_why_in_one_line(
    site: Site, arguments: str, line: str
) -> None:
    code, said = await alertd(site.folder, "silence", "add", *arguments.split())
    assert code == 2
    assert line in said
    assert said.count("\n") == 1
    assert await site.say("silence", "list") == "nothing is silenced\n"


async def test_a_silence_that_is_not_there_cannot_be_removed(site: Site) -> None:
    code, said = await alertd(site.folder, "silence", "remove", "7")
    assert (code, said) == (2, "alertd: silence 7 is not there: see `alertd silence list`\n")
