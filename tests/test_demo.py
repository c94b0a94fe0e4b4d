"""The demonstration succeeds whole, and fails when any one part of it is taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alertd.demo import Samples, run, samples, show
from alertd.demo.samples import FEEDS, SERVERS
from alertd.demo.servers import Asked, is_signed
from tests.posts import SECRET

WHOLE = samples()
ITEMS = sorted(WHOLE.expected["items"])
WATCHES = re.findall(r'name = "([\w-]+)"\nemail', WHOLE.settings)
BRIEF = 4.0
LINES = 130
MISSED = {
    "feeds": "item guide",
    "smtp": "nothing by mail",
    "hook": "nothing by siem",
    "register.json": "item guide",
    "press-en.xml": "item court-fines",
    "press-fr.xml": "item barometre",
}
TYPES = {"org.alertd.breach.created", "org.alertd.breach.updated"}
VECTOR = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


async def test_it_succeeds_and_says_why() -> None:
    said: list[str] = []
    assert await show(say=said.append) == 0
    text = "\n".join(said)
    for words in (
        "What was polled: press-en, press-fr, register; 9 items in all",
        "the same event",
        "hospital, of Almerys: new by mail (sent), new by siem (sent)",
        "Hôpital Saint-Martin ← Almerys (supplier)",
        "Subject: Almerys: data leak confirmed",
        "Do this first",
        "created: Almerys, critical, for Hôpital Saint-Martin ← Almerys; signature verified",
        "Everything expected arrived.",
    ):
        assert words in text
    assert text.count("\n") < LINES


async def test_what_arrived_is_kept_in_the_folder_that_is_named() -> None:
    outcome = await run(samples())
    kinds = sorted(path.suffix for path in outcome.folder.glob("[0-9]*"))
    mails, posts = len(outcome.mails), len(outcome.posts)
    assert (mails, posts) == (9, 2)
    assert not any("ALMERYS" in mail["Subject"] for mail in outcome.mails), "whatever came first"
    assert kinds.count(".eml") == kinds.count(".html") == mails
    assert kinds.count(".json") == mails + posts
    kept = [json.loads(path.read_text("utf-8")) for path in outcome.folder.glob("*-siem.json")]
    assert [post["signed"] for post in kept] == [True, True]
    assert {post["body"]["type"] for post in kept} == TYPES
    secret = (outcome.folder / "siem-secret").read_text("utf-8")
    assert secret not in "".join(path.read_text("utf-8") for path in outcome.folder.glob("*.json"))


async def test_the_hospital_is_told_by_which_supplier() -> None:
    outcome = await run(samples())
    mail = next(item for item in outcome.mails if item["To"] == "rssi@example.org")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Hôpital Saint-Martin" in body.get_content()
    assert "Hôpital Saint-Martin" in json.dumps(outcome.posts[0].event, ensure_ascii=False)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", "msg_another"),
        ("webhook-timestamp", "1614265331"),
        ("webhook-timestamp", "soon"),
        ("webhook-signature", "v1,AAAA"),
        ("webhook-signature", ""),
    ],
)
def test_the_receiver_takes_only_what_is_signed(header: str, value: str) -> None:
    """The published test vector of Standard Webhooks, and what is not it."""
    asked = Asked("POST", "/in", dict(VECTOR), b'{"test": 2432232314}')
    at = datetime.fromtimestamp(int(VECTOR["webhook-timestamp"]), UTC)
    assert is_signed(asked, SECRET, at)
    assert not is_signed(asked, SECRET, at + timedelta(minutes=6))
    assert not is_signed(replace(asked, body=b"{}"), SECRET, at)
    assert not is_signed(replace(asked, headers={**VECTOR, header: value}), SECRET, at)


def without_item(name: str) -> Samples:
    """The samples without the item whose link ends in ``name``."""

    def cut(text: str) -> str:
        if text.startswith("{"):
            feed = json.loads(text)
            feed["items"] = [item for item in feed["items"] if not item["url"].endswith(f"/{name}")]
            return json.dumps(feed)
        for tag in ("item", "entry"):
            parts = re.findall(rf"<{tag}>.*?</{tag}>", text, re.DOTALL)
            for part in parts:
                if f"/{name}" in part:
                    text = text.replace(part, "")
        return text

    return replace(
        WHOLE,
        feeds={key: cut(text) for key, text in WHOLE.feeds.items()},
        later={key: cut(text) for key, text in WHOLE.later.items()},
        seconds=BRIEF,
    )


def without_watch(name: str) -> Samples:
    """The samples without the watch of one subscriber."""
    pattern = rf'(name = "{name}"\n(?:(?!\[\[).*\n)*?)watch = .*\n'
    settings, count = re.subn(pattern, r"\1", WHOLE.settings)
    assert count == 1
    return replace(WHOLE, settings=settings, seconds=BRIEF)


def without_feed(name: str) -> Samples:
    """The samples without one feed, in all its versions."""

    def others(feeds: dict[str, str]) -> dict[str, str]:
        return {key: text for key, text in feeds.items() if key != name}

    return replace(WHOLE, feeds=others(WHOLE.feeds), later=others(WHOLE.later), seconds=BRIEF)


def without_server(name: str) -> Samples:
    """The samples with one server that is not there."""
    return replace(WHOLE, without=frozenset({name}), seconds=BRIEF)


def cases() -> list[tuple[Callable[[str], Samples], str]]:
    """Everything that can be taken away."""
    return [
        *((without_item, name) for name in ITEMS),
        *((without_watch, name) for name in WATCHES),
        *((without_feed, name) for name in FEEDS),
        *((without_server, name) for name in SERVERS),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("without", "name"), cases())
async def test_it_fails_when_one_part_is_taken_away(
    without: Callable[[str], Samples], name: str
) -> None:
    said: list[str] = []
    assert await show(without(name), said.append) == 1
    told = [line for line in said if line.startswith("MISSING")]
    assert any(MISSED.get(name, f" {name}") in line for line in told), "it says what is missing"
    assert name != "hook" or all("by siem" in line for line in told), "the mails came"
    assert name != "smtp" or all("by mail" in line for line in told), "the posts came"


@pytest.mark.slow
@pytest.mark.parametrize("line", [f'secret = "{SECRET}"', ""])
async def test_it_fails_when_the_posts_are_not_signed_as_agreed(line: str) -> None:
    settings = WHOLE.settings.replace('secret_file = "siem-secret"', line)
    said: list[str] = []
    assert await show(replace(WHOLE, settings=settings, seconds=BRIEF), said.append) == 1
    assert any(item.startswith("MISSING: a post is not signed as it should be") for item in said)
    assert any("SIGNATURE WRONG" in item for item in said)
