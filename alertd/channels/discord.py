"""Discord, by a webhook of a channel: one embed, escaped, that mentions nobody."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from alertd.channels._http import HookSettings, card, chat_kind, judge, post
from alertd.core.clean import clean_text
from alertd.core.message import Message
from alertd.core.model import Severity
from alertd.core.outbox import Outcome, Refusal, Refused
from alertd.core.transport import Answer, Envelope, Hook, Post

NAME: Final = "Breach alerts"
COLOURS: Final = MappingProxyType(
    {
        Severity.CRITICAL: 0xB00020,
        Severity.HIGH: 0xD9480F,
        Severity.MEDIUM: 0xB7791F,
        Severity.LOW: 0x1F6FB2,
        Severity.INFO: 0x2F855A,
        None: 0x6B7280,
    }
)
TITLE_LIMIT, TEXT_LIMIT, ACTS_LIMIT = 256, 4_096, 2_500
"""Characters after escaping; all of one embed is at most 6,000."""
HOOK: Final = Hook(
    pattern=(
        r"((ptb|canary)\.)?discord(app)?\.com/api(/v\d+)?/webhooks/\d+/[\w-]+"
        r"(\?(thread_id=\d+|wait=true)(&(thread_id=\d+|wait=true))*)?"
    ),
    example="https://discord.com/api/webhooks/100000000000000000/madeUpExampleToken",
    retired=r"((ptb|canary)\.)?discord(app)?\.com/api(/v\d+)?/webhooks/\d+/[\w-]+/(slack|github).*",
    instead="is for bodies of other services: leave out what follows the long token",
)
GONE: Final = frozenset({10003, 10015, 50027})
"""Unknown channel, unknown webhook, invalid token."""
_CODE: Final = re.compile(r'"code"\s*:\s*(\d{1,9})\b')
_WAIT: Final = re.compile(r'"retry_after"\s*:\s*(\d{1,9}(?:\.\d{1,9})?)')
_SPECIAL: Final = re.compile(
    r"[\\*_~|>#\[\]()@<`]|^-|:(?=\S)|\.(?=(?:gg|me|com)/)", re.IGNORECASE | re.MULTILINE
)
"""The last two keep addresses and invitations from becoming links; a plain colon stays."""


class DiscordSettings(HookSettings):
    """``[channel.*]`` with ``kind = "discord"``."""

    kind: Literal["discord"] = "discord"


def escaped(text: str) -> str:
    """Text that Discord shows as it is: no markup, no mention, no link."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _fitting(text: str, limit: int) -> str:
    """Escaped text within the limit, cut between whole characters before it is escaped."""
    while (excess := len(escaped(text)) - limit) > 0:
        text = clean_text(text, max(0, len(text) - (excess + 1) // 2))
    return escaped(text)


def encode(message: Message, envelope: Envelope, settings: DiscordSettings) -> Post:
    """The chat form as one embed; ``wait`` makes Discord say whether it was kept."""
    said = card(message, envelope)
    numbered = (f"{number}. {act}" for number, act in enumerate(said.acts, 1))
    acts = _fitting("\n".join(numbered), ACTS_LIMIT)
    lines = _fitting("\n".join(said.lines), TEXT_LIMIT - len(acts) - len(said.link) - 4)
    embed: dict[str, Any] = {
        "title": _fitting(said.title, TITLE_LIMIT),
        "description": "\n\n".join(filter(None, (lines, acts, said.link))),
        "color": COLOURS[said.severity],
        "footer": {"text": said.note},
    }
    return post(
        waiting(settings.url.get_secret_value()),
        {
            "username": NAME,
            "allowed_mentions": {"parse": []},
            "embeds": [{key: value for key, value in embed.items() if value not in _EMPTY}],
        },
    )


_EMPTY: Final[tuple[object, ...]] = ("", {"text": ""})
"""Discord refuses a whole message for an empty part."""


def waiting(url: str) -> str:
    """The address with ``wait=true``, which it needs to answer for the message."""
    parts = urlsplit(url)
    if dict(parse_qsl(parts.query)).get("wait") == "true":
        return url
    query = f"{parts.query}&wait=true" if parts.query else "wait=true"
    return urlunsplit(parts._replace(query=query))


def read(answer: Answer) -> Outcome:
    """Discord's own code says what is gone, and the body how long to wait."""
    code, wait = _CODE.search(answer.text), _WAIT.search(answer.text)
    refused = answer.code in range(400, 500)
    gone = refused and code is not None and int(code[1]) in GONE
    outcome = judge(answer, {answer.code: Refusal.ENDPOINT_PERMANENT} if gone else {})
    if wait is not None and isinstance(outcome, Refused):
        seconds = max(float(wait[1]), outcome.retry_after or 0.0)
        return Refused(outcome.refusal, outcome.answer, seconds)
    return outcome


KIND: Final = chat_kind("discord", DiscordSettings, encode, read, HOOK)
