"""Why somebody is told, or not, and what they would read: as two commands show it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.daemon import alertd
from tests.httpserver import serving
from tests.scene import almerys, configure, feed, person, source, text_of, to
from tests.smtpserver import SMTPServer

pytestmark = pytest.mark.slow
"""Each starts whole programs: half a second at least every time."""

WAY = 'unsubscribe = "unsubscribe@example.org"\nmaildir = "mailbox"\n'
KNOWN = '[[organisation]]\nname = "Clinique"\nsuppliers = [{name = "Almerys"}]\n'
TAGGED = '[[organisation]]\nname = "Almerys"\ntags = ["sensitive"]\n'
SUPPLIED = '{name = "ours", organisations = ["Clinique"], follow_suppliers = 1}'
FLATMATE = person("flatmate").replace("flatmate@", "patient@")


@dataclass(frozen=True)
class Site:
    folder: Path
    mail: SMTPServer
    incident: str

    async def say(self, *arguments: str) -> str:
        """What a command that must succeed says."""
        code, said = await alertd(self.folder, *arguments)
        assert code == 0, said
        return said

    async def explained(self, name: str) -> str:
        """Why somebody was told of the incident, or was not."""
        return await self.say("explain", "--subscriber", name, "--incident", self.incident)


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mailbox" / part).mkdir(parents=True)
    people = (person("patient"), FLATMATE, person("clinic", SUPPLIED, role="security"))
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        configure(tmp_path, server, mail, WAY, source(server, "press"), KNOWN, *people)
        assert (await alertd(tmp_path, "run", "--once"))[0] == 10
        _, listed = await alertd(tmp_path, "incident", "list", "--json")
        yield Site(tmp_path, mail, json.loads(listed)[0]["id"])


async def test_a_pause_is_told_with_its_day_and_what_ends_it(site: Site) -> None:
    assert "paused" not in await site.explained("clinic")
    await site.say("subscriber", "pause", "clinic")
    text = await site.explained("clinic")
    assert "  paused since 20" in text
    assert "nothing is sent until `alertd subscriber resume clinic`" in text
    wanted = ("explain", "--subscriber", "clinic", "--incident", site.incident, "--json")
    found = json.loads(await site.say(*wanted))
    assert found["suppressed"] is True
    assert (found["no"]["why"], found["no"]["of_address"]) == ("paused", False)


async def test_a_no_said_for_an_address_holds_for_who_else_is_written_to_there(site: Site) -> None:
    await site.say("subscriber", "pause", "patient")
    text = await site.explained("flatmate")
    assert "paused since 20" in text
    assert "its address has said no: nothing is sent there" in text
    assert "its address" not in await site.explained("clinic")


async def test_only_a_new_opt_in_ends_what_a_person_said_themselves(site: Site) -> None:
    [alert] = to(site.mail, "clinic")
    subject = alert["List-Unsubscribe"].partition("?subject=")[2].rstrip(">")
    mail = f"To: unsubscribe@example.org\nFrom: clinic@example.org\nSubject: {subject}\n\n"
    (site.folder / "mailbox" / "new" / "1.a").write_text(mail)
    await site.say("run", "--once")
    text = await site.explained("clinic")
    assert "  unsubscribed since 20" in text
    assert "as they said themselves" in text
    assert "resume clinic --consent TEXT`" in text


async def test_a_preview_shows_the_supplier_and_the_true_way_to_stop(site: Site) -> None:
    [alert] = to(site.mail, "clinic")
    token = alert["List-Unsubscribe"].partition("?subject=")[2].rstrip(">")
    shown = await site.say("preview", "--subscriber", "clinic")
    assert shown.split() == ["Subject:", *alert["Subject"].split(), *text_of(alert).split()]
    assert "Clinique ← Almerys" in shown
    assert token in shown.replace("\n", "")


async def test_a_preview_for_nobody_in_particular_names_no_token(site: Site) -> None:
    _, token, _ = (await site.say("preview", "--channel", "mail")).partition("unsubscribe@")
    assert token == ""


async def test_a_preview_hides_what_the_operator_has_tagged_sensitive(site: Site) -> None:
    path = site.folder / "alertd.toml"
    path.write_text(path.read_text() + TAGGED)
    shown = await site.say("preview", "--subscriber", "patient")
    assert shown.startswith("Subject: A breach alert for one of your watches\n")
