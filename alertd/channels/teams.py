"""Microsoft Teams, by a workflow: an Adaptive Card whose outside text stands in runs."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from alertd.channels._http import HookSettings, card, chat_kind, judge, post
from alertd.core.message import Message
from alertd.core.model import Severity
from alertd.core.outbox import Outcome, Refusal, Refused
from alertd.core.transport import Answer, Envelope, Hook, Post

STYLES: Final = MappingProxyType(
    {
        Severity.CRITICAL: "attention",
        Severity.HIGH: "attention",
        Severity.MEDIUM: "warning",
        Severity.LOW: "accent",
        Severity.INFO: "good",
        None: "default",
    }
)
CARD: Final = "application/vnd.microsoft.card.adaptive"
SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
HOOK: Final = Hook(
    pattern=(
        r"([\w-]+\.)+(logic\.azure\.com|environment\.api\.powerplatform\.com)"
        r"(/powerautomate/automations/direct(/cu/\w+)?)?"
        r"/workflows/[\w-]+/triggers/[\w-]+/paths/invoke\?\S*\bsig=\S+"
    ),
    example=(
        "https://prod-00.westeurope.logic.azure.com:443/workflows/0example0/triggers/manual"
        "/paths/invoke?api-version=2016-06-01&sig=madeUpExampleSignature"
    ),
    retired=r"([\w-]+\.)*webhook\.office\.com/.*|outlook\.office(365)?\.com/webhook.*",
    instead=(
        "is an Office 365 connector, which Microsoft has ended: in Teams add the workflow "
        '"Post to a channel when a webhook request is received" and copy its address'
    ),
)
DEAD: Final = MappingProxyType(dict.fromkeys((401, 403, 404), Refusal.ENDPOINT_PERMANENT))
AGAIN: Final = "copy the address of the workflow again, and see that it is on"
_INNER: Final = re.compile(r"HTTP error (\d{3})")


class TeamsSettings(HookSettings):
    """``[channel.*]`` with ``kind = "teams"``."""

    kind: Literal["teams"] = "teams"


def encode(message: Message, envelope: Envelope, settings: TeamsSettings) -> Post:
    """The chat form as a card of version 1.4; its one button names the host that it opens."""
    said = card(message, envelope)
    head = _runs(said.title, weight="bolder", size="large")
    body = [
        {"type": "Container", "style": STYLES[said.severity], "bleed": True, "items": [head]},
        *(_runs(line) for line in said.lines),
        *(_runs(f"{number}. {act}") for number, act in enumerate(said.acts, 1)),
        *([_runs(said.note, isSubtle=True, size="small")] if said.note else []),
    ]
    host = urlsplit(said.link).netloc
    opened = [{"type": "Action.OpenUrl", "title": host, "url": said.link}] if host else []
    content = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": said.title,
        "msteams": {"width": "Full"},
        "body": body,
        "actions": opened,
    }
    attachment = {"contentType": CARD, "contentUrl": None, "content": content}
    return post(settings.url.get_secret_value(), {"type": "message", "attachments": [attachment]})


def _runs(text: str, **look: object) -> dict[str, Any]:
    """Text that Teams shows as it is: runs are not parsed."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}


def read(answer: Answer) -> Outcome:
    """202 says that the flow was started; a refusal may stand in the text of a 200."""
    inner = _INNER.search(answer.text) if answer.code in range(200, 300) else None
    if inner is not None:
        answer = replace(answer, code=int(inner[1]))
    outcome = judge(answer, DEAD)
    if isinstance(outcome, Refused) and answer.code in DEAD and answer.stage == "answer":
        return replace(outcome, answer=f"{outcome.answer}: {AGAIN}")
    return outcome


KIND: Final = chat_kind("teams", TeamsSettings, encode, read, HOOK, unseen=True)
