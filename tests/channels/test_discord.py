"""Discord: one embed that mentions nobody, and answers whose own codes decide."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from alertd.channels.discord import HOOK, KIND, DiscordSettings, encode, escaped, waiting
from alertd.core.message import Chat
from alertd.core.outbox import Accepted, Refusal, Refused
from alertd.core.transport import Answer
from tests.channels.chats import CHAT, ENVELOPE, MESSAGE

TITLE = (
    "A & B <b>c</b> @everyone @here <@1> <#2> <t:0:R> [x](https://evil.example) ||s|| *b* _i_ "
    "~~s~~ `c` # h > q - l discord.gg/abc t.me/abc"
)
SETTINGS = DiscordSettings(url=SecretStr(HOOK.example))


def posted(chat: Chat = CHAT) -> dict[str, Any]:
    body = json.loads(encode(replace(MESSAGE, personal=chat), ENVELOPE, SETTINGS).body)
    assert isinstance(body, dict)
    assert body["allowed_mentions"] == {"parse": []}
    assert "content" not in body, "an embed fetches no page of anybody"
    return body


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def test_a_message_is_one_embed() -> None:
    body = posted()
    assert body["username"] == "Breach alerts"
    [embed] = body["embeds"]
    assert embed["title"] == CHAT.title
    assert embed["color"] == 11_534_368
    assert embed["footer"] == {"text": CHAT.note}
    lines, acts, link = embed["description"].split("\n\n")
    assert lines == "\n".join(CHAT.lines)
    assert acts == "1. Do not give your number to callers.\n2. Check your refunds."
    assert link == CHAT.link


def test_a_title_alone_has_no_empty_part() -> None:
    [embed] = posted(Chat(title="A breach alert for one of your watches"))["embeds"]
    assert set(embed) == {"title", "color"}


def test_T4_hostile_text_is_literal_and_pings_nobody() -> None:
    [embed] = posted(Chat(title=TITLE, lines=(TITLE,), acts=(TITLE,), note=TITLE))["embeds"]
    lines, acts = embed["description"].split("\n\n")
    assert [unescaped(lines), unescaped(acts)] == [TITLE, f"1. {TITLE}"]
    for text in (embed["title"], lines):
        assert not re.search(r"(?<!\\)(?:\\\\)*(?:[*_~|>#\[\]()@<`]|:\S)", text)
        assert not re.search(r"(?<!\\)\.(?:gg|me)/", text)


def test_a_backslash_of_theirs_does_not_undo_ours() -> None:
    assert escaped("\\*b*") == "\\\\\\*b\\*"
    plain = "Numbers: 1.5 million, e.g. names - vous-même."
    assert escaped(plain) == plain
    assert escaped("- a\n-# b") == "\\- a\n\\-\\# b"


@pytest.mark.parametrize("letter", ["*", "\\", "x", "\U0001f468\u200d\U0001f469\u200d\U0001f467"])
def test_limits_hold_after_escaping_and_acts_are_not_crowded_out(letter: str) -> None:
    much = letter * 5_000
    chat = Chat(title=much, lines=(much,) * 99, acts=("First act.", *(much,) * 99), note=much)
    [embed] = posted(replace(chat, link=CHAT.link))["embeds"]
    assert len(embed["title"]) <= 256
    assert len(embed["description"]) <= 4_096
    assert len(embed["title"] + embed["description"] + embed["footer"]["text"]) <= 6_000
    assert "1. First act." in embed["description"]
    assert embed["description"].endswith(CHAT.link)
    for part in embed["description"].split("\n"):
        assert (len(part) - len(part.rstrip("\\"))) % 2 == 0, "no escape is cut in two"
        assert not part.endswith("\u200d"), "no emoji is cut in two"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://discord.com/api/webhooks/1/a", "https://discord.com/api/webhooks/1/a?wait=true"),
        ("https://d.x/api/webhooks/1/a?wait=true", "https://d.x/api/webhooks/1/a?wait=true"),
        (
            "https://d.x/api/webhooks/1/a?thread_id=7",
            "https://d.x/api/webhooks/1/a?thread_id=7&wait=true",
        ),
    ],
)
def test_discord_is_asked_to_answer_for_the_message(url: str, asked: str) -> None:
    assert waiting(url) == asked


@pytest.mark.parametrize(
    ("status", "body", "refusal", "wait"),
    [
        (404, '{"message": "Unknown Webhook", "code": 10015}', "endpoint-permanent", None),
        (404, '{"message": "Unknown Channel", "code": 10003}', "endpoint-permanent", None),
        (401, '{"message": "Invalid Webhook Token", "code": 50027}', "endpoint-permanent", None),
        (403, '{"message": "Missing Permissions", "code": 50013}', "endpoint-doubtful", None),
        (404, "404: Not Found", "endpoint-doubtful", None),
        (400, '{"code": 50035, "errors": {"embeds": {"code": "x"}}}', "message-permanent", None),
        (
            400,
            '{"message": "Cannot send an empty message", "code": 50006}',
            "message-permanent",
            None,
        ),
        (
            429,
            '{"message": "slow", "retry_after": 64.57, "global": false}',
            "server-temporary",
            64.57,
        ),
        (429, '{"retry_after": 0.3, "global": true}', "server-temporary", 2.0),
        (500, '{"message": "500: Internal Server Error", "code": 0}', "row-temporary", None),
    ],
)
def test_its_own_codes_and_waits_decide(
    status: int, body: str, refusal: str, wait: float | None
) -> None:
    header = 2.0 if status == 429 else None
    outcome = KIND.judge(Answer("answer", status, f"{status} {body}", header))
    assert outcome == Refused(Refusal(refusal), f"{status} {body}", wait)


def test_a_kept_message_may_hold_any_number() -> None:
    said = '200 {"id": "1", "code": 10015, "retry_after": 5}'
    assert KIND.judge(Answer("answer", 200, said)) == Accepted(said)


@pytest.mark.parametrize(
    ("target", "ours", "retired"),
    [
        ("discord.com/api/webhooks/123456789012345678/Ab-c_d", True, False),
        ("discordapp.com/api/webhooks/123456789012345678/Ab-c_d", True, False),
        ("ptb.discord.com/api/v10/webhooks/123456789012345678/Ab-c_d?thread_id=4", True, False),
        ("canary.discord.com/api/webhooks/123456789012345678/Ab-c_d?wait=true", True, False),
        ("discord.com/api/webhooks/123456789012345678/Ab-c_d/slack", False, True),
        ("discord.com/api/webhooks/123456789012345678", False, False),
        ("discord.gg/abc", False, False),
        ("evil.discord.com/api/webhooks/123456789012345678/Ab-c_d", False, False),
    ],
)
def test_addresses_of_discord_are_recognised(target: str, ours: bool, retired: bool) -> None:  # noqa: FBT001 - a table
    assert bool(re.fullmatch(HOOK.pattern, target)) == ours
    assert bool(re.fullmatch(HOOK.retired, target)) == retired
