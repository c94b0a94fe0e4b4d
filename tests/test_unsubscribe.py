"""Stopping by mail: from the header of an alert to never being written to again."""

from __future__ import annotations

import json
import os
import re
import signal
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest

from alertd import mailbox, texts
from alertd.core.people import Criteria
from alertd.core.unsubscribe import Letter, asks_to_stop, mailto, named_by_token, token
from alertd.store import Store
from alertd.unsubscribe import Mailboxes
from tests.conftest import Clock
from tests.daemon import alertd
from tests.httpserver import serving
from tests.scene import almerys, configure, feed, item, person, source, text_of, to
from tests.smtpserver import SMTPServer
from tests.store.stage import Stage
from tests.store.stage import person as somebody
from tests.test_app import daemon

WAY = 'unsubscribe = "unsubscribe@example.org"\nmaildir = "mailbox"\n'
OPERATOR = 'operator = {channel = "mail", to = "ops@example.org"}\n'
WATCH = '{name = "mine", organisations = ["Almerys", "Corail", "Viamedis", "Doctolib"]}'
SECRET = b"x" * 32
WORDS = texts.load().language("en")


def maildir(folder: Path) -> Path:
    """A Maildir with nothing in it."""
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    return folder


def drop(folder: Path, name: str, *, part: str = "new", body: str = "", **headers: str) -> Path:
    """Put a mail into a Maildir as a mail server does."""
    mail = EmailMessage()
    for key, value in ({"To": "unsubscribe@example.org"} | headers).items():
        mail[key.replace("_", "-")] = value
    mail.set_content(body or "please")
    path = folder / part / name
    path.write_bytes(mail.as_bytes())
    return path


@pytest.mark.slow
async def test_who_stops_by_mail_is_never_mailed_again_over_reload_and_restart(
    tmp_path: Path,
) -> None:
    pages = {"/press": feed(almerys())}
    box = maildir(tmp_path / "mailbox")
    async with serving(pages) as server, SMTPServer() as mail:
        people = (person("patient", WATCH), person("other", WATCH))
        configure(tmp_path, server, mail, WAY, source(server, "press"), *people, top=OPERATOR)
        assert (await alertd(tmp_path, "run", "--once"))[0] == 10
        [alert] = to(mail, "patient")
        [link] = re.findall(r"<mailto:([^>]+)>", alert["List-Unsubscribe"])
        address, _, subject = link.partition("?subject=")
        assert alert["List-Unsubscribe-Post"] is None, "that is for web addresses alone"
        assert subject in text_of(alert).replace("\n", ""), "a reader without the button can do it"
        drop(box, "1.a", To=unquote(address), From="someone@elsewhere.example", Subject=subject)

        pages["/press"] = feed(almerys(), breach("Corail"))
        assert (await alertd(tmp_path, "run", "--once"))[0] == 10
        assert [path.name for path in (box / "cur").iterdir()] == ["1.a:2,S"]
        async with daemon(tmp_path) as running:
            pages["/press"] = feed(almerys(), breach("Corail"), breach("Viamedis"))
            path = tmp_path / "alertd.toml"
            path.write_text(path.read_text().replace('country = "FR"', 'country = "DE"'))
            running.process.send_signal(signal.SIGHUP)
            await running.says("configuration reloaded")
            await mail.reached("final", 4)
        async with daemon(tmp_path) as running:
            pages["/press"] = feed(almerys(), *map(breach, ("Corail", "Viamedis", "Doctolib")))
            await mail.reached("final", 5)
        assert len(to(mail, "patient")) == 1
        assert len(to(mail, "other")) == 4
        assert to(mail, "ops") == [], "their own token leaves no doubt to tell the operator of"
        _, text = await alertd(tmp_path, "subscriber", "list", "--json")
        states = {row["name"]: row["state"] for row in json.loads(text)}
        assert states == {"patient": "unsubscribed", "other": "told"}
        _, text = await alertd(tmp_path, "delivery", "list", "--json")
        ends = {
            (row["state"], row["state_reason"])
            for row in json.loads(text)
            if row["subscriber"] == "patient"
        }
        assert ends == {("sent", None), ("suppressed", "unsubscribed")}


def breach(name: str) -> str:
    """A breach of an organisation that the scene's people watch."""
    return item(
        name, f"{name} confirms data breach, passwords leaked", f"{name} was hacked. Passwords.", 0
    )


async def test_with_half_of_what_it_needs_there_is_no_header_and_check_says_so(
    tmp_path: Path,
) -> None:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        half = WAY.splitlines(keepends=True)[0]
        configure(tmp_path, server, mail, half, source(server, "press"), person("patient"))
        await alertd(tmp_path, "run", "--once")
        [alert] = to(mail, "patient")
        assert alert["List-Unsubscribe"] is None
        assert "tell the person who runs this service" in text_of(alert).replace("\n", " ")
        _, text = await alertd(tmp_path, "check", "--offline")
        assert "maildir is missing beside unsubscribe" in text
        assert "operator: nobody is told" in text
        path = tmp_path / "alertd.toml"
        path.write_text(path.read_text().replace(half, WAY))
        code, text = await alertd(tmp_path, "check", "--offline")
        assert code == 1
        assert re.search(
            r"FAIL +channel mail: mails that ask to stop are not read: .*mailbox", text
        )
        assert (await alertd(tmp_path, "run", "--once"))[0] == 0, "and the rest goes on"


# --- what a mail asks for ---------------------------------------------------------------------


def test_a_token_stops_one_person_alone_and_is_nobody_elses() -> None:
    mine = token(SECRET, 12)
    for text in (mine, f"Re: {mine} please", mine.upper()):
        assert named_by_token(Letter(subject=text), SECRET) == 12
    detail = Letter(recipients=("a@example.org", f"unsubscribe+{mine}@example.org"))
    assert named_by_token(detail, SECRET) == 12
    wrong = (mine[:-1], f"{mine}a", f"1{mine}", f"x{mine}", token(b"y" * 32, 12), "12.", "")
    for text in (*wrong, mine.replace("12.", "13."), mine.replace("12.", "012.")):
        assert named_by_token(Letter(subject=text), SECRET) is None


def test_the_header_stays_short_for_the_largest_subscriber_number_of_a_big_store() -> None:
    assert len(f"<{mailto('unsubscribe@example.org', token(SECRET, 99_999))}>") <= 75
    assert mailto("a&b%c@example.org", "1.x") == "mailto:a%26b%25c@example.org?subject=1.x"


ASKING = ("STOP", "unsubscribe", "Désinscription", "DÉSABONNEMENT svp", "  stop, please", "[Stop]")
OTHER = ("", "Re: stop", "Stopover in Paris", "please stop", "nonstop", "unsubscribed")


@pytest.mark.parametrize("subject", ASKING)
def test_these_subjects_ask_to_stop(subject: str) -> None:
    assert asks_to_stop(Letter(subject=subject))


@pytest.mark.parametrize("subject", OTHER)
def test_these_subjects_do_not(subject: str) -> None:
    assert not asks_to_stop(Letter(subject=subject))


HEADS = {
    b"Subject: =?utf-8?q?D=C3=A9sinscription?=\nFrom: A <a@example.org>\n\nSubject: x": "asks",
    b"Subject: =?utf-8?b?w?= =?nope?q?x?=\n\n": "",
    b"Subject: stop\r\nReturn-Path: <>\r\n\r\n": "asks bounce auto",
    b"subject: stop\nContent-Type: Multipart/Report; boundary=x\n\n": "asks bounce auto",
    b"Subject: stop\nAuto-Submitted: auto-replied (vacation)\n\n": "asks auto",
    b"Subject: stop\nAuto-Submitted: no\nReturn-Path: <a@example.org>\n\n": "asks",
    b"Subject: stop" + b"!" * 100_000: "asks",
    b"\x00\xff\nSubject\n\n": "",
    b"": "",
}


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_a_head_is_read_whatever_it_is(head: bytes) -> None:
    found = mailbox.letter(head)
    signs = {"asks": asks_to_stop(found), "bounce": found.is_bounce, "auto": found.is_automatic}
    assert " ".join(name for name, there in signs.items() if there) == HEADS[head]


# --- the mailbox ------------------------------------------------------------------------------


@dataclass
class Office:
    """A store with people, a Maildir, and what the operator was told."""

    stage: Stage
    box: Path
    told: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mailboxes = Mailboxes(self.stage.store, self.stage.clock, self.tell)

    async def tell(self, subject: str, lines: object) -> None:
        """Note what the operator would get."""
        assert isinstance(lines, tuple)
        self.told.append((subject, *lines))

    async def read(self) -> None:
        """One turn."""
        await self.mailboxes.read([self.box], WORDS)

    async def stopped(self) -> set[str]:
        """Who is told no more."""
        people = await self.stage.store.read(lambda rx: rx.subscribers())
        nos = await self.stage.store.read(lambda rx: rx.nos_of(person for person, _ in people))
        return set(nos)

    async def token(self, name: str) -> str:
        """Somebody's token."""
        ids = await self.stage.store.read(lambda rx: rx.subscriber_ids())
        return token(await self.stage.store.read(lambda rx: rx.secret()), ids[name])

    def files(self) -> list[str]:
        """What lies in the Maildir."""
        paths = (path for part in ("new", "cur") for path in (self.box / part).iterdir())
        return sorted(f"{path.parent.name}/{path.name}" for path in paths)


@pytest.fixture
async def office(store: Store, clock: Clock, tmp_path: Path) -> Office:
    stage = Stage(store, clock)
    watched = Criteria(organisations=("Almerys",))
    await stage.add(*(somebody(name, watched) for name in ("ada", "bob", "cyd")))
    return Office(stage, maildir(tmp_path / "box"))


async def test_a_token_counts_whoever_writes_and_a_mail_once_read_is_marked(
    office: Office,
) -> None:
    drop(office.box, "1.a", Subject=await office.token("ada"), From="x@elsewhere.example")
    drop(office.box, "2.b:2,FR", part="cur", Subject=await office.token("bob"))
    drop(office.box, "3.c:2,S", part="cur", Subject=await office.token("cyd"))
    await office.read()
    assert await office.stopped() == {"ada", "bob"}, "what was read before is not looked at"
    assert office.files() == ["cur/1.a:2,S", "cur/2.b:2,FRS", "cur/3.c:2,S"]
    assert office.told == []


async def test_who_writes_stop_from_their_own_address_is_stopped_and_the_operator_told(
    office: Office,
) -> None:
    drop(office.box, "1.a", Subject="Stop", From="Ada <ADA@example.org>")
    await office.read()
    assert await office.stopped() == {"ada"}
    [(subject, why, mend)] = office.told
    assert subject == "ada asked to stop"
    assert "address of ada" in why
    assert mend.endswith("alertd subscriber resume ada --consent TEXT")
    assert office.files() == ["cur/1.a:2,S"]


async def test_doubtful_mails_are_left_unread_and_told_of_once(office: Office) -> None:
    team = [somebody(name, Criteria(organisations=("Almerys",))) for name in ("ada", "bob")]
    both = [
        type(one)(reader=one.reader, email="team@example.org", watches=one.watches, routes=())
        for one in team
    ]
    await office.stage.add(*both, somebody("cyd", Criteria(organisations=("Almerys",))))
    drop(office.box, "1.a", Subject="stop", From="team@example.org")
    drop(office.box, "2.b", Subject="stop", From="nobody@elsewhere.example")
    drop(office.box, "3.c", Subject="a question", From="cyd@example.org")
    drop(office.box, "4.d", Subject="stop", From="cyd@example.org, ada@example.org")
    drop(office.box, "5.e", Subject="stop", From="cyd@example.org", Auto_Submitted="auto-replied")
    drop(office.box, "6.f", Subject=await office.token("cyd"), Return_Path="<>")
    before = office.files()
    await office.read()
    await office.read()
    assert (await office.stopped(), office.files()) == (set(), before)
    [(subject, where)] = office.told
    assert subject == "Mail that is no request to stop"
    assert "Mails not understood: 4." in where
    again = Office(office.stage, office.box)
    await again.read()
    assert again.told == [], "not after a restart either"
    drop(office.box, "7.g", Subject="stop", From="cyd@example.org")
    await again.read()
    assert await office.stopped() == {"cyd"}


async def test_a_crash_before_the_mail_is_marked_changes_nothing(office: Office) -> None:
    path = drop(office.box, "1.a", Subject=await office.token("ada"))
    kept = path.read_bytes()
    await office.read()
    office.box.joinpath("cur/1.a:2,S").unlink()
    path.write_bytes(kept)  # as if the process had ended between the commit and the move
    since = await office.stage.store.read(lambda rx: rx.nos_of([somebody("ada")])["ada"].since)
    office.stage.clock.forward(days=1)
    await office.read()
    assert office.files() == ["cur/1.a:2,S"]
    again = await office.stage.store.read(lambda rx: rx.nos_of([somebody("ada")])["ada"].since)
    assert again == since


async def test_what_is_no_mail_or_is_huge_stops_nothing(office: Office) -> None:
    office.box.joinpath("new/folder").mkdir()
    os.mkfifo(office.box / "new" / "pipe")
    office.box.joinpath("new/link").symlink_to("/etc/hostname")
    office.box.joinpath("new/.hidden").write_text("Subject: stop\n\n")
    drop(office.box, "1.a", Subject=await office.token("ada"), body="x" * 500_000)
    await office.read()
    assert await office.stopped() == {"ada"}
    assert office.told == []


async def test_a_maildir_that_is_not_there_is_said_once_and_read_when_it_comes(
    office: Office, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    office.box = tmp_path / "later"
    await office.read()
    await office.read()
    out, err = capsys.readouterr()
    assert (out + err).count("mailbox not read") == 1
    assert "there is no such folder: have mail delivered there as a Maildir" in out + err
    drop(maildir(office.box), "1.a", Subject=await office.token("bob"))
    await office.read()
    assert await office.stopped() == {"bob"}
