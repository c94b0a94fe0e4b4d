"""The commands as people type them: on a real store, fed once from loopback servers."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import sys
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from alertd import texts
from alertd.cli.checks import late_contacts
from alertd.core.model import DataType
from alertd.core.review import AHEAD
from alertd.core.texts import Body, FactStatus
from alertd.store import Rx, Store
from tests.commands import Say, complaint, sayer
from tests.daemon import alertd, environment, start
from tests.httpserver import reply, serving
from tests.scene import almerys, configure, feed, item, mails, now, person, source
from tests.smtpserver import SMTPServer

ZONE = 'timezone = "Asia/Tokyo"\ncountry = "FR"\ncontact = "security@example.org"\n'
BEFORE = ("check", "run --once --dry-run", "subscriber list")
AFTER = ("status", "source test press", "source test login")


@dataclass(frozen=True)
class House:
    """A folder whose store was filled by one run, and what the program said on the way."""

    folder: Path
    said: dict[str, tuple[int, str]]
    mails: list[EmailMessage]
    incident: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house")
    shop = item("shop", "Shop Corail hacked, passwords leaked", "Shop Corail was breached.", 30)
    pages = {"/press": feed(almerys(), shop), "/login": reply(b"<html><form>log in</form></html>")}
    said: dict[str, tuple[int, str]] = {}
    async with serving(pages) as server, SMTPServer() as mail:
        configure(
            folder,
            server,
            mail,
            source(server, "press"),
            source(server, "login"),
            person("patient", language="fr"),
            top=ZONE,
            polled=("press", "login"),
        )
        for together in BEFORE, ("run --once",), AFTER:
            answers = await asyncio.gather(*(alertd(folder, *way.split()) for way in together))
            said |= dict(zip(together, answers, strict=True))
        said["run --once again"] = await alertd(folder, "run", "--once")
        got = mails(mail)
    store = await Store.open(f"sqlite:///{folder / 'alertd.db'}", now())
    found = {one.organisations[0].name: one.ref for one, _ in await store.read(Rx.incidents)}
    await store.close()
    return House(folder, said, got, found["Almerys"])


@pytest.fixture
def say(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command in this process: exit code, output, errors."""
    return sayer(house.folder, monkeypatch, capsys)


# --- the first minutes ------------------------------------------------------------------------


async def test_init_asks_on_standard_input_and_check_reads_what_it_wrote(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alertd", "init"),
        env=environment(tmp_path),
        cwd=tmp_path,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(b"me@example.org\nfr\nFR\nAlmerys\n\n")
    assert process.returncode == 0
    assert b"next: `alertd check`" in out
    code, found = await alertd(tmp_path, "check", "--offline")
    assert code == 0
    assert "will be made by the first `alertd run`" in found
    assert not (tmp_path / "state").exists(), "looking makes nothing"


def test_init_without_anybody_to_answer_is_one_line(say: Say, tmp_path: Path) -> None:
    code, _, err = say("init", str(tmp_path / "new.toml"))
    assert (code, err) == (1, "alertd: no answer, so nothing was done: run it on a terminal\n")
    assert list(tmp_path.iterdir()) == []
    assert "use --force" in complaint(say("init"))


def test_check_says_of_each_part_how_it_is_and_what_mends_it(house: House) -> None:
    code, text = house.said["check"]
    assert code == 1, text
    lines = {line[6:].partition(": ")[0]: line[:4].strip() for line in text.splitlines()}
    assert lines["configuration"] == lines["database"] == lines["guidance"] == "ok"
    assert (lines["channel mail"], lines["source press"]) == ("ok", "ok")
    assert (lines["source login"], lines["operator"]) == ("FAIL", "WARN")
    assert "not encrypted, ready to send" in text
    assert 'add operator = {channel = "…", to = "…"}' in text
    assert re.search(r"clock: \d{4}-\d\d-\d\d \d\d:\d\d Asia/Tokyo", text)


def test_a_dry_run_says_what_would_be_and_does_nothing(house: House) -> None:
    code, text = house.said["run --once --dry-run"]
    assert code == 10
    assert "would send to patient by mail: Almerys : fuite de données confirmée" in text
    assert "2 reports would be kept, 1 message would be sent; nothing was stored or sent" in text
    assert "settled" not in text
    assert len(house.mails) == 1, "the one mail is that of the true run"


def test_the_people_of_the_file_are_listed_before_the_first_run(house: House) -> None:
    code, text = house.said["subscriber list"]
    assert code == 0
    assert re.search(r"^patient .* file +told$", text, re.MULTILINE)


def test_run_once_tells_by_its_exit_code_whether_something_new_matched(house: House) -> None:
    assert house.said["run --once"][0] == 10
    assert house.said["run --once again"][0] == 0
    assert len(house.mails) == 1


def test_status_shows_on_one_screen_what_is_sick(house: House, say: Say) -> None:
    code, text = house.said["status"]
    assert code == 0, "one failed poll is no illness yet"
    assert "healthy\ndaemon: not running\n1 subscriber\n" in text
    assert "login: failing" in text
    assert "messages: 1 sent" in text
    code, shown, _ = say("status", "--json")
    found = json.loads(shown)
    assert (code, found["healthy"], found["outbox"]) == (0, True, {"sent": 1})
    assert datetime.fromisoformat(found["last_alert"]).tzinfo is not None


# --- what a command is given wrong ------------------------------------------------------------


WRONG = {
    "nope": "No such command 'nope'. See `alertd --help`",
    "statsu": "Did you mean 'status'? See `alertd --help`",
    "status --foo": "No such option: --foo. See `alertd status --help`",
    "source test": "Missing argument 'NAME'. See `alertd source test --help`",
    "source test pres": "there is no source 'pres': did you mean 'press'?",
    "delivery show x": "Invalid value for 'ID'",
    "delivery show 99": "there is no message 99: see `alertd delivery list`",
    "delivery retry 99": "there is no message 99: see `alertd delivery list`",
    "delivery retry 1": "message 1 is sent: only one that gave up, is held, was silenced",
    "incident show nope": "there is no incident 'nope': see `alertd incident list`",
    "preview --incident nope": "there is no incident 'nope'",
    "preview --subscriber nobody": "there is no subscriber 'nobody'",
    "preview --lang xx": "--lang: no texts in 'xx': write one of en, fr",
    "preview --role boss": "--role: 'boss' is not known: write one of individual",
    "preview --country Atlantis": '--country: "Atlantis" is no country',
    "preview --channel mial": "--channel: write one of mail, ",
    "preview --html nowhere/x.html": "--html: nowhere/x.html: cannot be written",
    "explain": "give --subscriber and --incident, or --watch with either",
    "explain --watch minne": "there is no watch 'minne': did you mean 'mine'?",
    "explain --subscriber patient --incident nope": "there is no incident 'nope'",
    "guidance --data-type nationl-id": "did you mean national-id?",
    "guidance --country Atlantis": '--country: "Atlantis" is no country',
    "guidance --issuer UK": '--issuer: "UK" is no country; did you mean "GB"?',
    "guidance --lang xx": "--lang: no texts in 'xx'",
    "assess nofile": "nofile: No such file or directory",
    "--config nofile status": "nofile: there is no such file; `alertd init` writes one",
    "--config . status": "cannot be read: Is a directory",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_told_in_one_line_that_says_what_to_do(words: str, say: Say) -> None:
    assert WRONG[words] in complaint(say(*words.split()))


@pytest.mark.parametrize("words", ["", "source", "incident", "subscriber", "watch", "delivery"])
def test_a_command_that_needs_more_shows_its_help(words: str, say: Say) -> None:
    code, out, err = say(*words.split())
    assert code == 2
    assert "Usage: alertd" in out + err


def test_a_store_that_cannot_be_is_one_line(say: Say, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_text("this is no database, and long enough to be looked at" * 20)
    own = tmp_path / "own.toml"
    for path, words in ((broken, "not a store of alertd"), (tmp_path, "Is a directory")):
        own.write_text(f'database = "sqlite:///{path}"\n[polling]\nsources = []\n')
        assert words in complaint(say("--config", str(own), "status"), code=1)


def test_a_file_that_cannot_be_used_is_told_with_its_lines_by_every_command(
    say: Say, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text('language = "xx"\n[poling]\nfloor = "1s"\n')
    for words in ("status", "check", "run --once", "preview"):
        code, out, err = say("--config", str(own), *words.split())
        assert code == 2
        assert f"{own}:1: language" in out + err
        assert f"{own}:2: poling" in out + err
        assert 'did you mean "polling"' in out + err


async def test_whoever_reads_only_the_first_line_sees_no_error(house: House) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alertd", "incident", "show", house.incident),
        env=environment(house.folder),
        cwd=house.folder,
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(writing)
    _, err = await process.communicate()
    assert (process.returncode, err) == (1, b"")


async def test_the_shell_can_complete_commands(house: House) -> None:
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("alertd"),),
        env={
            **environment(house.folder),
            "_ALERTD_COMPLETE": "complete_bash",
            "COMP_WORDS": "alertd sub",
            "COMP_CWORD": "1",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert out.split() == [b"subscriber"]


# --- lists and shows --------------------------------------------------------------------------


SHAPES = {
    "source list": """name kind tier country language state last_success last_item next_poll
        observed""",
    "incident list": """id title organisations via data_types countries people status
        corroboration severity revision published first_seen""",
    "delivery list": """id incident revision kind subscriber channel state state_reason attempts
        due_at sent_at last_answer message_id""",
}


@pytest.mark.parametrize("words", SHAPES)
def test_a_list_prints_an_array_of_objects_of_the_fixed_shape(words: str, say: Say) -> None:
    code, out, _ = say(*words.split(), "--json")
    found = json.loads(out)
    assert code == 0
    assert found
    assert all(set(SHAPES[words].split()) <= set(one) for one in found)
    times = [
        value
        for one in found
        for key, value in one.items()
        if key in {"last_success", "last_item", "next_poll", "published", "due_at", "sent_at"}
        and value is not None
    ]
    assert times
    assert all("T" in value and datetime.fromisoformat(value).tzinfo for value in times)


def test_times_are_shown_in_the_zone_of_the_file(say: Say) -> None:
    (row,) = json.loads(say("delivery", "list", "--json")[1])
    sent = datetime.fromisoformat(row["sent_at"])
    local = f"{sent.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m-%d %H:%M}"
    for words in ("delivery list", "delivery show 1", "status"):
        assert local in say(*words.split())[1]


def test_a_source_that_is_a_login_page_fails_and_the_other_goes_on(house: House, say: Say) -> None:
    rows = {row["name"]: row for row in json.loads(say("source", "list", "--json")[1])}
    assert (rows["press"]["state"], rows["login"]["state"]) == ("ok", "failing")
    assert rows["login"]["last_success"] is None
    assert rows["login"]["error"]
    code, text = house.said["source test login"]
    assert code == 1
    assert text.startswith("alertd: ")
    assert text.count("\n") == 1


def test_source_test_shows_what_would_be_read(house: House, say: Say) -> None:
    code, text = house.said["source test press"]
    assert code == 0
    assert "press: 2 items" in text
    assert "organisations: Almerys\n  via: -\n  data: national-id" in text
    assert say("source", "kinds")[1].split()[0] == "feed"
    assert {"frenchbreaches", "databreaches-net"} <= set(say("source", "kinds")[1].split())


def test_incident_show_has_evidence_reports_timeline_and_who_was_told(
    house: House, say: Say
) -> None:
    code, text, _ = say("incident", "show", house.incident)
    assert code == 0
    for words in ("status: confirmed", "data_types: “", "joined by machine", "revision 1: first"):
        assert words in text
    assert "patient by mail, revision 1" in text
    found = json.loads(say("incident", "show", house.incident, "--json")[1])
    assert found["told"][0]["subscriber"] == "patient"
    assert found["reports"][0]["url"] == "https://press.example.org/almerys-1"


# --- why, and what would be said --------------------------------------------------------------


def test_explain_says_why_and_why_not(house: House, say: Say) -> None:
    _, text, _ = say("explain", "--subscriber", "patient", "--incident", house.incident)
    for words in ("watch 'mine' holds", "organisations: holds (Almerys = Almerys (breached))"):
        assert words in text
    assert "route mail, now" in text
    assert re.search(r"message 1, revision 1, new by mail: sent \d{4}-", text)
    _, text, _ = say("explain", "--watch", "mine")
    assert "Shop Corail" in text
    assert "watch 'mine' does not hold\n    organisations: fails" in text
    assert "no message was made" in text
    found = json.loads(say("explain", "--watch", "mine", "--incident", house.incident, "--json")[1])
    assert found["subscriber"] == "patient"
    assert found["watches"][0]["criteria"][0]["answer"] == "holds"
    assert found["deliveries"][0]["state"] == "sent"


def test_explain_tells_of_a_watch_made_after_the_incident(house: House, say: Say) -> None:
    words = "subscriber add later --email later@example.org --country FR"
    say(*words.split())
    words = "watch add --subscriber later --organisation Almerys --name since"
    say(*words.split())
    _, text, _ = say("explain", "--subscriber", "later", "--incident", house.incident)
    assert "watch 'since' holds" in text
    assert "was added after the incident was first seen" in text
    assert "no message was made" in text


def test_preview_is_the_mail_that_was_sent(house: House, say: Say, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    wanted = ("--incident", house.incident, "--subscriber", "patient", "--channel", "mail")
    code, text, _ = say("preview", *wanted, "--html", str(page))
    (mail,) = house.mails
    body, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert body is not None
    assert html is not None
    assert code == 0
    assert text.split() == ["Subject:", *mail["Subject"].split(), *body.get_content().split()]
    assert page.read_text().split() == html.get_content().split()


def test_preview_takes_the_place_of_any_reader(house: House, say: Say) -> None:
    wanted = ("--incident", house.incident)
    _, french, _ = say("preview", *wanted, "--lang", "fr", "--country", "FR")
    _, american, _ = say("preview", *wanted, "--lang", "en", "--country", "US")
    _, officer, _ = say("preview", *wanted, "--lang", "fr", "--role", "privacy")
    assert "3646" in french
    assert "These are French numbers." in american
    assert "72 heures" in officer


def test_guidance_follows_issuer_country_and_language(say: Say) -> None:
    words = "guidance --data-type national-id --issuer FR --lang fr --country"
    code, text, _ = say(*words.split(), "FR", "--json")
    found = json.loads(text)
    assert code == 0
    assert {"acts", "scams", "do_not", "contacts", "rights"} <= set(found)
    assert {"id", "text", "reason", "source", "status"} == set(found["acts"][0])
    assert any(contact.get("phone") == "3646" for contact in found["contacts"])
    assert all({"name", "for", "status", "reviewed"} <= set(one) for one in found["contacts"])
    _, text, _ = say(*words.replace("--lang fr ", "--lang en ").split(), "US")
    assert text.startswith("These are French numbers.")
    assert "3646" not in text
    assert "Wait for the notice" in say("guidance", "--lang", "en")[1], "nothing known is a case"


def test_every_kind_of_data_has_guidance_that_can_be_printed(say: Say) -> None:
    for kind in DataType:
        code, text, _ = say("guidance", "--data-type", kind.value, "--lang", "fr")
        assert code == 0
        assert text.startswith("1. ") or "\n1. " in text


def test_assess_answers_in_order_and_passes_over_what_is_no_record(say: Say) -> None:
    good = {"title": "Almerys hacked, data breach", "text": "Almerys was breached. Emails leaked."}
    lines = [
        json.dumps({"id": 1, **good}).encode(),
        b"x",
        b"[1]",
        b"",
        b'{"title": "no id"}',
        b"\xff",
        json.dumps({"id": "b", "title": "Weather", "text": "Rain."}).encode(),
    ]
    code, out, err = say("assess", stdin=b"\n".join(lines))
    first, last = map(json.loads, out.splitlines())
    assert code == 2
    assert (first["id"], last["id"]) == (1, "b")
    assert (first["relevant"], last["relevant"]) == (True, False)
    assert set(first) == {"id", "relevant", "confidence", "lang", "incidents", "mentioned"}
    (found,) = first["incidents"]
    assert found["organisations"] == ["Almerys"]
    assert [line.partition(":")[0] for line in err.replace("alertd: ", "").splitlines()] == [
        "line 2",
        "line 3",
        "line 5",
        "line 6",
    ]


def test_assess_reads_a_file_and_an_empty_one(say: Say, tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text('{"id": "é", "title": "Fuite de données chez Almerys"}\n', encoding="utf-8")
    assert json.loads(say("assess", str(path))[1])["id"] == "é"
    path.write_text("")
    assert say("assess", str(path)) == (0, "", "")


# --- what check knows of the advice -----------------------------------------------------------


def body(name: str, checked: date, phone: str = "3646") -> Body:
    return Body(
        id=name,
        name=name,
        purpose="x",
        checked=checked,
        phone=phone,
        phone_status=FactStatus.V,
    )


def test_telephone_numbers_are_spoken_of_sixty_days_before_they_are_left_out() -> None:
    today = date(2027, 6, 1)
    soon, gone = date(2026, 7, 1), date(2026, 5, 1)
    bodies = (body("Ameli", soon), body("CNIL", soon), body("Old", gone), body("New", today))
    lines = late_contacts("FR", (*bodies, body("Site", gone, phone="")), today)
    assert lines[0].startswith("FR: the telephone numbers of Old are left out after 2027-05-01")
    assert "Ameli, CNIL will be left out after 2027-07-01" in lines[1]
    assert "install a newer alertd" in lines[1]
    assert len(lines) == 2
    assert late_contacts("FR", (body("A", today - AHEAD),), today) == []


def test_the_shipped_numbers_are_spoken_of_when_their_day_comes_near() -> None:
    packs = texts.load().packs
    last = max(one.expires for one in packs["FR"].bodies if one.phone)
    assert late_contacts("FR", packs["FR"].bodies, last - AHEAD) != []


async def test_the_store_is_for_its_owner_alone(house: House) -> None:
    store = house.folder / "alertd.db"
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    process = await start(house.folder, "--version")
    out, _ = await process.communicate()
    assert re.fullmatch(rb"alertd \d+\.\d+\.\d+\S*\n", out)
