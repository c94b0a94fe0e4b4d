"""Teams: a card whose text nobody parses, and workflows that are told from connectors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from alertd.channels.teams import HOOK, KIND, TeamsSettings, encode
from alertd.core.message import Chat
from alertd.core.model import Severity
from alertd.core.outbox import Accepted, Refusal, Refused
from alertd.core.transport import Answer
from tests.channels import chats
from tests.channels.chats import CHAT, ENVELOPE

TITLE = "A & B <b>c</b> @everyone <at>all</at> [x](https://evil.example) **b** _i_ `c` 1. one"
SETTINGS = TeamsSettings(url=SecretStr(HOOK.example))
MESSAGE = replace(chats.MESSAGE, severity=Severity.MEDIUM)


def posted(chat: Chat = CHAT) -> dict[str, Any]:
    body = json.loads(encode(replace(MESSAGE, personal=chat), ENVELOPE, SETTINGS).body)
    assert body["type"] == "message"
    [attachment] = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    content = attachment["content"]
    assert isinstance(content, dict)
    return content


def runs(value: object) -> Iterator[str]:
    """The text of every run."""
    if isinstance(value, dict):
        if value.get("type") == "TextRun":
            yield value["text"]
        for item in value.values():
            yield from runs(item)
    elif isinstance(value, list):
        for item in value:
            yield from runs(item)


def kinds(value: object) -> Iterator[str]:
    """The type of every element."""
    if isinstance(value, dict):
        yield str(value.get("type", ""))
        for item in value.values():
            yield from kinds(item)
    elif isinstance(value, list):
        for item in value:
            yield from kinds(item)


def test_a_message_is_a_card_of_version_1_4() -> None:
    content = posted()
    assert (content["type"], content["version"]) == ("AdaptiveCard", "1.4")
    assert content["fallbackText"] == CHAT.title
    assert content["body"][0]["style"] == "warning"
    assert list(runs(content)) == [
        CHAT.title,
        *CHAT.lines,
        f"1. {CHAT.acts[0]}",
        f"2. {CHAT.acts[1]}",
        CHAT.note,
    ]


def test_the_button_names_the_host_that_it_opens() -> None:
    [button] = posted()["actions"]
    expected = {"type": "Action.OpenUrl", "title": "alerts.example.org", "url": CHAT.link}
    assert button == expected
    assert posted(replace(CHAT, link=""))["actions"] == []


def test_T4_hostile_text_is_literal_and_pings_nobody() -> None:
    content = posted(Chat(title=TITLE, lines=(TITLE,), acts=(TITLE,), note=TITLE))
    assert list(runs(content)) == [TITLE, TITLE, f"1. {TITLE}", TITLE]
    assert "TextBlock" not in set(kinds(content))
    assert "FactSet" not in set(kinds(content))
    assert "entities" not in content["msteams"]


def test_a_flow_that_is_gone_says_what_to_do() -> None:
    outcome = KIND.judge(Answer("answer", 404, "404 WorkflowNotFound"))
    assert isinstance(outcome, Refused)
    assert outcome.refusal is Refusal.ENDPOINT_PERMANENT
    assert outcome.answer.startswith("404 WorkflowNotFound: copy the address")


def test_a_yes_is_handed_over_and_not_yet_seen() -> None:
    assert KIND.unseen
    assert KIND.judge(Answer("answer", 202, "202 Accepted")) == Accepted("202 Accepted")


PATHS = "workflows/0a1b2c/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Frun&sv=1.0&sig="


@pytest.mark.parametrize(
    ("target", "ours", "retired"),
    [
        (f"prod-11.westeurope.logic.azure.com/{PATHS}Ab_3-", True, False),
        (
            (
                "default0a1b.2c.environment.api.powerplatform.com/powerautomate/automations/direct/"
                f"{PATHS}Ab3"
            ),
            True,
            False,
        ),
        (
            (
                "default0a1b.2c.environment.api.powerplatform.com/powerautomate/automations/direct/cu/12/"
                f"{PATHS}Ab3"
            ),
            True,
            False,
        ),
        (f"prod-11.westeurope.logic.azure.com/{PATHS.removesuffix('sig=')}", False, False),
        (f"logic.azure.com.evil.example/{PATHS}x", False, False),
        ("contoso.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d", False, True),
        ("outlook.office.com/webhook/a@b/IncomingWebhook/c/d", False, True),
        ("outlook.office365.com/webhook/a@b/IncomingWebhook/c/d", False, True),
    ],
)
def test_addresses_of_teams_are_recognised(target: str, ours: bool, retired: bool) -> None:  # noqa: FBT001 - a table
    assert bool(re.fullmatch(HOOK.pattern, target)) == ours
    assert bool(re.fullmatch(HOOK.retired, target)) == retired
