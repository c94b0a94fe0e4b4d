"""Slack, by an incoming webhook: Block Kit, with outside text only where nothing is parsed."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any, Final, Literal

from alertd.channels._http import HookSettings, card, chat_kind, judge, post
from alertd.core.message import Message
from alertd.core.model import Severity
from alertd.core.outbox import Outcome, Refusal
from alertd.core.transport import Answer, Envelope, Hook, Post

COLOURS: Final = MappingProxyType(
    {
        Severity.CRITICAL: "#B00020",
        Severity.HIGH: "#D9480F",
        Severity.MEDIUM: "#B7791F",
        Severity.LOW: "#1F6FB2",
        Severity.INFO: "#2F855A",
        None: "#6B7280",
    }
)
HOOK: Final = Hook(
    pattern=r"hooks\.slack(-gov)?\.com/services/T\w+/B\w+/\w+",
    example="https://hooks.slack.com/services/T0EXAMPLE/B0EXAMPLE/madeUpExampleToken",
    retired=r"hooks\.slack(-gov)?\.com/(workflows|triggers)/.*",
    instead=(
        "starts a Slack workflow, which would not show a message: "
        "add an Incoming Webhook to the channel and copy its address"
    ),
)
_SPECIAL: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKS: Final = re.compile(r"[*_~`@]|:(?=//)")
_DEAD: Final = frozenset({403, 404, 410})
_DEAD_HOOK: Final = re.compile(
    r"\b(invalid_token|no_service|no_service_id|no_team|team_disabled|no_active_hooks"
    r"|channel_is_archived|channel_not_found|action_prohibited)\b"
)


class SlackSettings(HookSettings):
    """``[channel.*]`` with ``kind = "slack"``."""

    kind: Literal["slack"] = "slack"


def escaped(text: str) -> str:
    """Text for the one field that Slack parses: no mention, no link, no bold in it."""
    return _MARKS.sub("\\g<0>\u2060", text.translate(_SPECIAL))


def encode(message: Message, envelope: Envelope, settings: SlackSettings) -> Post:
    """The chat form: its title, and the rest as one attachment of blocks coloured by severity."""
    said = card(message, envelope)
    title = escaped(said.title)
    body = [
        *([_section(_text("\n".join(said.lines)))] if said.lines else []),
        *([_list(said.acts)] if said.acts else []),
        *([_section({"type": "link", "url": said.link})] if said.link else []),
    ]
    blocks: list[dict[str, Any]] = [{"type": "rich_text", "elements": body}] if body else []
    blocks += [{"type": "context", "elements": [_plain(said.note)]}] if said.note else []
    attachment = {"color": COLOURS[said.severity], "fallback": title, "blocks": blocks}
    return post(
        settings.url.get_secret_value(),
        {
            "text": title,
            "mrkdwn": False,
            "parse": "none",
            "unfurl_links": False,
            "unfurl_media": False,
            **({"attachments": [attachment]} if blocks else {}),
        },
    )


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _section(element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": [element]}


def _list(acts: tuple[str, ...]) -> dict[str, Any]:
    items = [_section(_text(act)) for act in acts]
    return {"type": "rich_text_list", "style": "ordered", "elements": items}


def read(answer: Answer) -> Outcome:
    """A hook that is gone says so by its code, or by a word under any code of refusal."""
    word = answer.code in range(400, 500) and _DEAD_HOOK.search(answer.text)
    gone = answer.code in _DEAD or word
    return judge(answer, {answer.code: Refusal.ENDPOINT_PERMANENT} if gone else {})


KIND: Final = chat_kind("slack", SlackSettings, encode, read, HOOK)
