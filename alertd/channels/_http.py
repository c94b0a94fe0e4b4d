"""What the kinds that post to a web address share: settings, waits, judgement, the chat card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator

from alertd.channels import ChannelSettings
from alertd.core.clean import clean_line
from alertd.core.message import Message
from alertd.core.model import Severity
from alertd.core.outbox import Accepted, Ambiguous, Outcome, Refusal, Refused
from alertd.core.transport import Answer, ChannelKind, Envelope, Hook, Post

BODY_LIMIT: Final = 20_000
"""Bytes; Teams takes some 28 kB and says nothing of what is larger (delivery.md 3.3)."""
SCHEDULE: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
LIFETIME: Final = timedelta(days=3)
LEASE: Final = timedelta(minutes=2)

TITLE_LIMIT: Final = 110
LINE_LIMIT: Final = 500
LINES_LIMIT: Final = 2_000
"""Characters of all lines together."""
ACT_LIMIT: Final = 240
ACTS: Final = 5
NOTE_LIMIT: Final = 120
URL_LIMIT: Final = 2_000

_POSITIVE: Final = range(200, 300)
_REDIRECTS: Final = range(300, 400)
_CLIENT_FAULTS: Final = range(400, 500)
_SERVER_FAULTS: Final = range(500, 600)
_CODES: Final[Mapping[int, Refusal]] = MappingProxyType(
    {
        **dict.fromkeys((400, 413, 415, 422), Refusal.MESSAGE_PERMANENT),
        **dict.fromkeys((408, 425), Refusal.ROW_TEMPORARY),
        **dict.fromkeys((429, 502, 503, 504), Refusal.SERVER_TEMPORARY),
        410: Refusal.ENDPOINT_PERMANENT,
    }
)
_OURS: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[!#-;=?-Z_a-z~%]*)?")
"""An address of our own pages: nothing in it could end a string, a tag or a link early."""


class HookSettings(ChannelSettings):
    """What each kind that posts has: the address, which is a secret."""

    url: SecretStr

    @field_validator("url")
    @classmethod
    def _address(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value().strip()
        if not _is_address(text):
            raise ValueError("write the whole web address, such as https://hooks.example.org/in")
        return SecretStr(text)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return False
    one_word = text.isprintable() and not any(char.isspace() for char in text)
    return bool(usable) and parts.username is None and one_word and len(text) <= URL_LIMIT


def judge(answer: Answer, known: Mapping[int, Refusal] = MappingProxyType({})) -> Outcome:
    """What an HTTP answer came to; total over every stage, code and text.

    Args:
        answer: what the peer said, or how far the request came.
        known: what some codes mean to this service, where that is not the usual.
    """
    if answer.stage == "guard":
        return Refused(Refusal.ENDPOINT_PERMANENT, answer.text)
    if answer.stage == "connect":
        return Refused(Refusal.SERVER_TEMPORARY, answer.text)
    if answer.code in _POSITIVE:
        return Accepted(answer.text)
    refusal = known.get(answer.code) or _refusal(answer.code)
    if refusal is None:
        return Ambiguous(answer.text)
    return Refused(refusal, answer.text, answer.retry_after)


def _refusal(code: int) -> Refusal | None:
    """The class of a status; None for what is no final answer."""
    if code in _CODES:
        return _CODES[code]
    if code in _SERVER_FAULTS:
        return Refusal.ROW_TEMPORARY
    if code in _REDIRECTS or code in _CLIENT_FAULTS:
        return Refusal.ENDPOINT_DOUBTFUL
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The chat form of a message within the limits of every service, clean but not escaped.

    ``severity`` is None where the message is to give away nothing of the incident.
    """

    title: str
    lines: tuple[str, ...]
    acts: tuple[str, ...]
    link: str
    note: str
    severity: Severity | None


def card(message: Message, envelope: Envelope) -> Card:
    """What a chat message says: less where several people read it."""
    chat = message.shared if envelope.shared else message.personal
    telling = bool(chat.note or chat.acts)
    return Card(
        title=clean_line(chat.title or message.subject, TITLE_LIMIT) or "alertd",
        lines=_within(chat.lines),
        acts=tuple(filter(None, (clean_line(act, ACT_LIMIT) for act in chat.acts[:ACTS]))),
        link=chat.link if _OURS.fullmatch(chat.link) and len(chat.link) <= LINE_LIMIT else "",
        note=clean_line(chat.note, NOTE_LIMIT),
        severity=message.severity if telling else None,
    )


def _within(lines: Sequence[str]) -> tuple[str, ...]:
    kept: list[str] = []
    room = LINES_LIMIT
    for line in lines:
        text = clean_line(line, min(LINE_LIMIT, room))
        kept += [text] if text else []
        room -= len(text) + 1
        if room <= 0:
            break
    return tuple(kept)


def as_json(value: object) -> bytes:
    """The same bytes for the same value; what UTF-8 cannot write becomes JSON's own escape."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def post(url: str, body: object) -> Post:
    """A request that carries ``body`` as JSON."""
    return Post(url, (("Content-Type", "application/json; charset=utf-8"),), as_json(body))


def chat_kind(
    kind: str,
    settings: type[HookSettings],
    encode: Callable[[Message, Envelope, Any], Post],
    judge: Callable[[Answer], Outcome],
    hook: Hook,
    *,
    unseen: bool = False,
) -> ChannelKind:
    """A chat service: read by several people, posted to one message at a time."""
    return ChannelKind(
        kind=kind,
        settings=settings,
        encode=encode,
        judge=judge,
        senders=1,
        lease=LEASE,
        schedule=SCHEDULE,
        lifetime=LIFETIME,
        shared=True,
        hook=hook,
        unseen=unseen,
    )
