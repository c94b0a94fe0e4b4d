"""alertd channel: what is there, and a real message that says TEST."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from alertd.core.transport import Answer
from alertd.store import Store
from tests.daemon import MAIL, alertd
from tests.httpserver import reply, serving
from tests.scene import now
from tests.smtpserver import SMTPServer

pytestmark = pytest.mark.slow
"""Each starts whole programs: half a second at least every time."""

PATH = "/services/made-up-token-4711"
SECRET = 'secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"\n'


def write(folder: Path, *tables: str, top: str = "", allow: tuple[str, ...] = ()) -> None:
    folder.joinpath("alertd.toml").write_text(
        f'database = "sqlite:///alertd.db"\n{top}\n[network]\nallow = {json.dumps(allow)}\n'
        + "".join(tables),
        encoding="utf-8",
    )


def hook(name: str, kind: str, url: str, more: str = "") -> str:
    return f'[channel.{name}]\nkind = "{kind}"\nurl = "{url}"\n{more}'


async def troubled(folder: Path, name: str, *, suspend: bool) -> None:
    """A store in which this channel had trouble and holds one message."""
    store = await Store.open(f"sqlite:///{folder / 'alertd.db'}", now())
    row = {"dedup_key": "o/x", "kind": "notice", "channel": name, "address": "", "content": "{}"}
    held = {"state": "held", "state_reason": "channel", "created_at": now(), "due_at": now()}
    await store.run(lambda tx: tx.enqueue({**row, **held}))
    answer = Answer("answer", 404, "404 no_service").text
    await store.run(
        lambda tx: tx.note_channel(name, now(), answer=answer, resume_at=now(), suspend=suspend)
    )
    await store.close()


# --- list ---


async def test_the_list_says_how_each_channel_fares(tmp_path: Path) -> None:
    url = "https://hooks.slack.com/services/T024F4EL1/B0H9S0Y05/madeUpToken4711"
    siem = hook("siem", "webhook", "https://siem.example.org/in", SECRET)
    write(tmp_path, hook("team", "slack", url), siem)
    await troubled(tmp_path, "team", suspend=True)
    code, said = await alertd(tmp_path, "channel", "list", "--json")
    assert code == 0
    team, other = json.loads(said)
    since = team.pop("failing_since")
    assert since.startswith(f"{now():%Y-%m-%d}")
    assert team == {
        "name": "team",
        "kind": "slack",
        "shared": True,
        "state": "suspended",
        "waiting": 1,
        "resume_at": None,
        "answer": "404 no_service",
    }
    assert (other["name"], other["shared"], other["state"]) == ("siem", False, "ok")
    assert (other["waiting"], other["answer"]) == (0, None)
    code, said = await alertd(tmp_path, "channel", "list")
    assert code == 0
    lines = said.splitlines()
    assert lines[0].split() == ["name", "kind", "shared", "state", "waiting", "again", "answer"]
    assert lines[1].split()[:5] == ["team", "slack", "yes", "suspended", "1"]
    assert "4711" not in said


async def test_a_channel_that_rests_is_failing_until_it_may_send_again(tmp_path: Path) -> None:
    write(tmp_path, hook("siem", "webhook", "https://siem.example.org/in", SECRET))
    await troubled(tmp_path, "siem", suspend=False)
    _, said = await alertd(tmp_path, "channel", "list", "--json")
    [siem] = json.loads(said)
    assert siem["state"] == "failing"
    assert siem["resume_at"] is not None


# --- test ---


async def test_a_chat_tool_shows_a_message_that_is_marked_test(tmp_path: Path) -> None:
    async with serving({PATH: reply(b"ok")}) as server:
        write(tmp_path, hook("team", "slack", server.url(PATH)), allow=(server.allow,))
        assert await alertd(tmp_path, "channel", "test", "team") == (0, "team: taken: 200 ok\n")
    [asked] = server.asked
    assert json.loads(asked.body)["text"] == "TEST: a message from alertd by team"
    assert asked.body.count(b"TEST. No data has leaked") == 1
    assert not (tmp_path / "alertd.db").exists(), "a test makes no store"


async def test_a_webhook_gets_an_event_of_its_own_type_and_a_signature(tmp_path: Path) -> None:
    async with serving({PATH: reply(status=204)}) as server:
        siem = hook("siem", "webhook", server.url(PATH), SECRET)
        write(tmp_path, siem, allow=(server.allow,), top='language = "fr"')
        code, said = await alertd(tmp_path, "channel", "test", "siem")
    assert (code, said) == (0, "siem: taken: 204 No Content\n")
    [asked] = server.asked
    event = json.loads(asked.body)
    assert event["type"] == "org.alertd.test"
    assert event["data"]["subject"] == "TEST : message d'alertd par siem"
    assert asked.headers["webhook-signature"].startswith("v1,")


async def test_teams_asks_whether_the_message_is_seen(tmp_path: Path) -> None:
    async with serving({PATH: reply(status=202)}) as server:
        write(tmp_path, hook("board", "teams", server.url(PATH)), allow=(server.allow,))
        code, said = await alertd(tmp_path, "channel", "test", "board")
    assert code == 0
    assert said.startswith("board: taken: 202 Accepted; look whether it arrived")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("served", "words"),
    [
        (reply(b"no_service", status=404), "team: not taken: 404 no_service\n"),
        (reply(b"rate_limited", "Retry-After: 9", status=429), "team: not taken: 429 rate_limited"),
        (b"", "did not answer in HTTP; it may have arrived"),
    ],
)
async def test_a_refusal_is_one_line_and_exit_1(served: bytes, words: str, tmp_path: Path) -> None:
    async with serving({PATH: served}) as server:
        write(tmp_path, hook("team", "slack", server.url(PATH)), allow=(server.allow,))
        code, said = await alertd(tmp_path, "channel", "test", "team")
    assert code == 1
    assert words in said
    assert len(said.splitlines()) == 1
    assert "4711" not in said


@pytest.mark.parametrize(("status", "state"), [(200, "waiting"), (404, "held")])
async def test_only_a_good_test_lets_a_suspended_channel_go_on(
    status: int, state: str, tmp_path: Path
) -> None:
    async with serving({PATH: reply(b"so", status=status)}) as server:
        write(tmp_path, hook("team", "slack", server.url(PATH)), allow=(server.allow,))
        await troubled(tmp_path, "team", suspend=True)
        _, said = await alertd(tmp_path, "channel", "test", "team")
    assert ("sends again what it held" in said) == (status == 200)
    _, listed = await alertd(tmp_path, "delivery", "list", "--json")
    assert [row["state"] for row in json.loads(listed)] == [state]


@pytest.mark.parametrize(
    ("top", "words", "recipient"),
    [
        ("", ("--to", "me@example.org"), "me@example.org"),
        ('contact = "c@example.org"\noperator = {channel = "mail", to = "o@example.org"}', (), "o"),
        ('contact = "c@example.org"\n', (), "c"),
    ],
)
async def test_a_mail_goes_to_whom_it_should(
    top: str, words: tuple[str, ...], recipient: str, tmp_path: Path
) -> None:
    async with SMTPServer() as server:
        write(tmp_path, MAIL.format(port=server.port), top=top, allow=(f"127.0.0.1:{server.port}",))
        code, said = await alertd(tmp_path, "channel", "test", "mail", *words)
    assert (code, said) == (0, "mail: taken: 2.0.0 taken\n")
    [got] = server.messages
    assert got.recipient.startswith(recipient)
    mail = message_from_bytes(got.data, policy=policy.default)
    assert mail["Subject"] == "TEST: a message from alertd by mail"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("sieme",), "there is no channel 'sieme': did you mean 'siem'?"),
        (("mail",), "mail needs a recipient: add --to ADDRESS"),
        (("mail", "--to", "nobody"), "--to: write one e-mail address"),
        (("siem", "--to", "a@example.org"), "--to: siem goes to one place only"),
    ],
)
async def test_a_wrong_use_is_one_line(
    words: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    siem = hook("siem", "webhook", "https://siem.example.org/in", SECRET)
    write(tmp_path, siem, MAIL.format(port=2525), allow=("127.0.0.1:2525",))
    code, said = await alertd(tmp_path, "channel", "test", *words)
    assert code == 2
    assert said.startswith(f"alertd: {complaint}")
    assert len(said.splitlines()) == 1


async def test_check_asks_the_host_of_a_hook_and_never_its_address(tmp_path: Path) -> None:
    async with serving({}) as server:
        top = '[polling]\nsources = ["mine"]\n'
        mine = f'[[source]]\nname = "mine"\nkind = "feed"\nurl = "{server.url("/feed")}"\n'
        tables = (top, mine, hook("team", "slack", server.url(PATH)))
        write(tmp_path, *tables, allow=(server.allow,))
        _, said = await alertd(tmp_path, "check")
    assert f"ok    channel team: {server.allow} answers, not encrypted" in said
    assert ("HEAD", "/") in [(asked.method, asked.target) for asked in server.asked]
    assert PATH not in [asked.target for asked in server.asked]
