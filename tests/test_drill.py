"""Exercises: through the real ways, marked as such, and told to nobody as true."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.daemon import alertd, environment, running
from tests.httpserver import serving
from tests.scene import configure, feed, mails, person, text_of
from tests.smtpserver import SMTPServer

pytestmark = pytest.mark.slow
"""Each starts whole programs: half a second at least every time."""

OPERATOR = 'operator = {channel = "mail", to = "ops@example.org"}\n'
COUNTRY = 'country = "FR"\n'


@dataclass(frozen=True)
class Site:
    folder: Path
    mail: SMTPServer


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with serving({"/press": feed()}) as server, SMTPServer() as mail:
        tables = (person("ada", language="fr"), person("bob"))
        configure(tmp_path, server, mail, *tables, top=OPERATOR + COUNTRY, polled=())
        yield Site(tmp_path, mail)


async def deliveries(site: Site) -> list[dict[str, object]]:
    code, said = await alertd(site.folder, "delivery", "list", "--json")
    assert code == 0, said
    found: list[dict[str, object]] = json.loads(said)
    return found


async def answered(site: Site, answer: bytes, *arguments: str) -> tuple[int, str]:
    """Run a command that asks, and answer."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alertd", *arguments),
        env=environment(site.folder),
        cwd=site.folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(answer)
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_drill_goes_to_the_operator_alone_and_says_what_it_is(site: Site) -> None:
    code, said = await alertd(site.folder, "drill", "Banque Corail")
    assert code == 0, said
    [mail] = mails(site.mail)
    assert mail["To"] == "ops@example.org"
    assert mail["Subject"].startswith("EXERCISE: Banque Corail")
    assert text_of(mail).startswith("EXERCISE. This is a test. No data has leaked.")
    assert "the operator" in said
    assert "sent" in said


async def test_a_drill_reaches_those_named_in_their_language(site: Site) -> None:
    code, said = await alertd(
        site.folder, "drill", "Corail", "--subscriber", "ada", "--data-type", "national-id"
    )
    assert code == 0, said
    [mail] = mails(site.mail)
    assert mail["To"] == "ada@example.org"
    assert mail["Subject"].startswith("EXERCICE : Corail")
    assert text_of(mail).startswith("EXERCICE")
    assert "numéro de sécurité sociale" in " ".join(text_of(mail).split())
    [row] = await deliveries(site)
    assert (row["kind"], row["incident"], row["state"]) == ("drill", None, "sent")
    _, listed = await alertd(site.folder, "incident", "list", "--json")
    assert json.loads(listed) == []


async def test_a_drill_of_everybody_asks_for_their_number(site: Site) -> None:
    for number, code, sent in ((b"3\n", 2, 0), (b"\n", 2, 0), (b"2\n", 0, 2)):
        found, said = await answered(site, number, "drill", "Corail", "--all")
        assert found == code, said
        assert "This exercise goes to 2 people." in said
        assert len(mails(site.mail)) == sent


async def test_who_has_said_no_is_not_drilled(site: Site) -> None:
    assert (await alertd(site.folder, "subscriber", "pause", "bob"))[0] == 0
    code, said = await alertd(site.folder, "drill", "Corail", "--subscriber", "bob")
    assert (code, said) == (2, "alertd: bob is paused: they are not drilled\n")
    assert (await answered(site, b"1\n", "drill", "Corail", "--all"))[0] == 0
    assert [mail["To"] for mail in mails(site.mail)] == ["ada@example.org"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("Corail", "--subscriber", "adda"), "there is no subscriber 'adda': did you mean 'ada'?"),
        (("Corail", "--data-type", "pasword"), "did you mean password?"),
        (("Corail", "--subscriber", "ada", "--all"), "give --subscriber or --all, not both"),
        (("  ",), "NAME: write one line"),
    ],
)
async def test_a_drill_that_cannot_be_says_why_in_one_line(
    site: Site, arguments: tuple[str, ...], line: str
) -> None:
    code, said = await alertd(site.folder, "drill", *arguments)
    assert code == 2
    assert line in said
    assert said.count("\n") == 1
    assert mails(site.mail) == []


async def test_without_an_operator_a_drill_says_what_to_write(tmp_path: Path) -> None:
    async with serving({"/press": feed()}) as server, SMTPServer() as mail:
        configure(tmp_path, server, mail, person("ada"), polled=())
        code, said = await alertd(tmp_path, "drill", "Corail")
    assert code == 2
    assert "operator = {channel" in said
    assert said.count("\n") == 1


async def test_a_drill_sends_nothing_but_its_own_messages(site: Site) -> None:
    await alertd(site.folder, "drill", "Corail", "--subscriber", "ada")
    [sent] = await deliveries(site)
    silence = ("silence", "add", "--organisation", "Corail", "--until", "1d")
    assert (await alertd(site.folder, *silence))[0] == 0
    assert (await alertd(site.folder, "silence", "remove", "1"))[0] == 0
    waiting = [row for row in await deliveries(site) if row["id"] != sent["id"]]
    assert [(row["kind"], row["state"]) for row in waiting] == [("notice", "waiting")]
    await alertd(site.folder, "drill", "Corail", "--subscriber", "ada")
    again = await deliveries(site)
    assert [row["state"] for row in again] == ["sent", "waiting", "sent"]


async def test_what_a_peer_refuses_is_reported(tmp_path: Path) -> None:
    async with serving({"/press": feed()}) as server:
        async with SMTPServer() as mail:
            configure(tmp_path, server, mail, person("ada"), top=OPERATOR, polled=())
        code, said = await alertd(tmp_path, "drill", "Corail", "--subscriber", "ada")
    assert code == 1
    assert "ada" in said
    assert "1 message of the exercise not taken: see `alertd delivery list`" in said


async def test_with_a_daemon_a_drill_is_left_to_it(site: Site) -> None:
    async with running(site.folder):
        code, said = await alertd(site.folder, "drill", "Corail", "--subscriber", "bob")
        assert code == 0, said
        assert "a daemon is running and sends 1 message" in said
        async with asyncio.timeout(30):
            await site.mail.reached("final")
    [mail] = mails(site.mail)
    assert mail["Subject"].startswith("EXERCISE")
