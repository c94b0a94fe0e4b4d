"""Slack: literal text, and hooks that are told apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from alertd.channels.slack import HOOK, SlackSettings, encode, escaped
from alertd.core.message import Chat
from tests.channels.chats import CHAT, ENVELOPE, MESSAGE

TITLE = (
    "A & B <b>c</b> @everyone @here @channel <!channel> <users/all> "
    "[x](https://evil.example) ||s|| *b* `c`"
)
SETTINGS = SlackSettings(url=SecretStr(HOOK.example))


def posted(chat: Chat = CHAT) -> dict[str, Any]:
    body = json.loads(encode(replace(MESSAGE, personal=chat), ENVELOPE, SETTINGS).body)
    assert isinstance(body, dict)
    return body


def parsed_fields(value: object) -> Iterator[str]:
    """What Slack reads as its markup: everything but the text of plain and rich elements."""
    if isinstance(value, dict):
        skip = {"plain_text": "text", "text": "text"}.get(str(value.get("type")), "")
        for key, item in value.items():
            if key != skip:
                yield from parsed_fields(item)
    elif isinstance(value, list):
        for item in value:
            yield from parsed_fields(item)
    elif isinstance(value, str):
        yield value


def test_a_message_is_one_attachment_of_blocks() -> None:
    body = posted()
    [attachment] = body["attachments"]
    assert body["text"] == attachment["fallback"] == CHAT.title
    assert (body["unfurl_links"], body["unfurl_media"], body["mrkdwn"]) == (False, False, False)
    assert body["parse"] == "none"
    assert attachment["color"] == "#B00020"
    rich, note = attachment["blocks"]
    lines, acts, link = rich["elements"]
    assert lines["elements"] == [{"type": "text", "text": "\n".join(CHAT.lines)}]
    assert acts["style"] == "ordered"
    assert [item["elements"][0]["text"] for item in acts["elements"]] == list(CHAT.acts)
    assert link["elements"] == [{"type": "link", "url": CHAT.link}]
    assert note["elements"][0]["text"] == CHAT.note


def test_a_title_alone_is_a_text_alone() -> None:
    body = posted(Chat(title="A breach alert for one of your watches"))
    assert body["text"] == "A breach alert for one of your watches"
    assert "attachments" not in body


def test_T4_hostile_text_is_literal_and_pings_nobody() -> None:
    body = posted(Chat(title=TITLE, lines=(TITLE,), acts=(TITLE,), note=TITLE))
    rich, note = body["attachments"][0]["blocks"]
    assert rich["elements"][0]["elements"][0]["text"] == TITLE
    assert rich["elements"][1]["elements"][0]["elements"][0]["text"] == TITLE
    assert note["elements"][0]["text"] == TITLE
    assert "link_names" not in body
    assert body["text"] == body["attachments"][0]["fallback"] == escaped(TITLE)
    read = [text for text in parsed_fields(body) if text != escaped(TITLE)]
    assert all(re.fullmatch(r"[a-z_#]*|#[0-9A-F]{6}", text) for text in read), "only our own words"


def test_what_slack_parses_is_escaped_once_and_forms_nothing() -> None:
    assert escaped("A & B <c> &lt;") == "A &amp; B &lt;c&gt; &amp;lt;"
    text = "*b* _i_ ~s~ `c` @here https://evil.example"
    assert escaped(text).replace("\u2060", "") == text
    assert all(f"{mark}\u2060" in escaped(text) for mark in "*_~`@:")
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", escaped(TITLE))


def test_limits_of_blocks_hold_whatever_comes() -> None:
    much = "\U0001f512é&" * 5_000
    chat = Chat(title=much, lines=(much,) * 99, acts=(much,) * 99, note=much)
    [attachment] = posted(chat)["attachments"]
    rich, note = attachment["blocks"]
    assert len(attachment["fallback"]) <= 300
    assert len(rich["elements"][0]["elements"][0]["text"]) <= 3_000
    assert len(rich["elements"][1]["elements"]) <= 5
    assert len(note["elements"][0]["text"]) <= 2_000


@pytest.mark.parametrize(
    ("target", "ours", "retired"),
    [
        ("hooks.slack.com/services/T024F4EL1/B0H9S0Y05/vWzxyzABC123", True, False),
        ("hooks.slack-gov.com/services/T024F4EL1/B0H9S0Y05/vWzxyzABC123", True, False),
        ("hooks.slack.com/workflows/T024F4EL1/A0H9/1/abc", False, True),
        ("hooks.slack.com/triggers/T024F4EL1/1/abc", False, True),
        ("hooks.slack.com/services/T024F4EL1", False, False),
        ("hooks.slack.com.evil.example/services/T024F4EL1/B0H9S0Y05/vWz", False, False),
        ("hooksXslack.com/services/T024F4EL1/B0H9S0Y05/vWz", False, False),
    ],
)
def test_addresses_of_slack_are_recognised(target: str, ours: bool, retired: bool) -> None:  # noqa: FBT001 - a table
    assert bool(re.fullmatch(HOOK.pattern, target)) == ours
    assert bool(re.fullmatch(HOOK.retired, target)) == retired
