"""A signed webhook: CloudEvents 1.0 in the body, Standard Webhooks in the headers."""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Literal

from pydantic import SecretStr, field_validator

from alertd.channels._http import (
    BODY_LIMIT,
    LEASE,
    LIFETIME,
    SCHEDULE,
    HookSettings,
    as_json,
    judge,
)
from alertd.channels.email import safe_id
from alertd.core.clean import clean_text
from alertd.core.codec import plain
from alertd.core.message import Message
from alertd.core.transport import ChannelKind, Envelope, Post

CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"
OTHER_TYPE: Final = "org.alertd.notice"
PREFIX: Final = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret (Standard Webhooks)."""
_TYPE: Final = re.compile(r"\w+(\.\w+)*", re.ASCII)
_MADE: Final = "make one with: echo whsec_$(openssl rand -base64 32)"
_BULKY: Final = frozenset({"acts", "citations"})
_CORE: Final = frozenset(
    {"incident", "revision", "kind", "organisations", "status", "severity", "published", "subject"}
)
_SHORT: Final = 120


class WebhookSettings(HookSettings):
    """``[channel.*]`` with ``kind = "webhook"``; two secrets while one is being changed."""

    kind: Literal["webhook"] = "webhook"
    secret: SecretStr | None = None

    @field_validator("secret")
    @classmethod
    def _signing(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not keys(secret.get_secret_value()):
            raise ValueError(f"is empty; {_MADE}")
        return secret


def keys(secret: str) -> tuple[bytes, ...]:
    """The keys that a secret stands for.

    Raises:
        ValueError: one is not ``whsec_`` and 24 to 64 bytes in base64; it is not repeated.
    """
    return tuple(_key(part) for part in secret.split())


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        raise ValueError(f"begins with whsec_; {_MADE}")
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError(f"is base64 after whsec_; {_MADE}") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"holds {SHORTEST} to {LONGEST} bytes, not {len(key)}; {_MADE}")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature of Standard Webhooks over ``id.timestamp.body``."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{b64encode(hmac.new(key, signed, sha256).digest()).decode()}"


def encode(message: Message, envelope: Envelope, settings: WebhookSettings) -> Post:
    """The event with its headers; signed over the very bytes where there is a secret.

    Raises:
        AlertdError: the id is not one of ours.
    """
    body = event(message, envelope)
    stamp = int(envelope.date.timestamp())
    headers = {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": safe_id(envelope.message_id),
        "webhook-timestamp": str(stamp),
    }
    if settings.secret is not None:
        signed = [
            signature(key, envelope.message_id, stamp, body)
            for key in keys(settings.secret.get_secret_value())
        ]
        headers["webhook-signature"] = " ".join(signed)
    return Post(settings.url.get_secret_value(), tuple(headers.items()), body)


def event(message: Message, envelope: Envelope) -> bytes:
    """The CloudEvents object under 20 kB; the same bytes on every attempt for an incident.

    What is too long is shortened step by step, and ``data.truncated`` then says so.
    """
    data = {key: value for key, value in plain(message.data).items() if key != "type"}
    body = b""
    for fit in _FITS:
        body = as_json(_attributes(message, envelope) | {"data": fit(data)})
        if len(body) < BODY_LIMIT:
            break
    return body


def _attributes(message: Message, envelope: Envelope) -> dict[str, object]:
    kind, subject = str(message.data.get("type", "")), str(message.data.get("incident", ""))
    return {
        "specversion": "1.0",
        "id": envelope.message_id,
        "source": clean_text(envelope.origin, _SHORT) or "urn:alertd",
        "type": kind if _TYPE.fullmatch(kind) else OTHER_TYPE,
        **({"subject": clean_text(subject, _SHORT)} if subject else {}),
        "time": _time(message.data, envelope).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }


def _time(data: Mapping[str, object], envelope: Envelope) -> datetime:
    """When what is told was published last: the same on every attempt; else now."""
    cited = data.get("citations")
    told = [item for item in cited if isinstance(item, Mapping)] if isinstance(cited, list) else []
    dates = [_date(item.get("published")) for item in (data, *told)]
    return max((date for date in dates if date), default=envelope.date.astimezone(UTC))


def _date(value: object) -> datetime | None:
    try:
        date = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return None if date.tzinfo is None else date.astimezone(UTC)


def _bounded(value: Any, text: int, items: int) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """A JSON value with clean texts and lists within limits; events of a digest all stay."""
    if isinstance(value, str):
        return clean_text(value, text)
    if isinstance(value, list):
        return [_bounded(item, text, items) for item in value[:items]]
    if isinstance(value, dict):
        return {
            clean_text(key, _SHORT): _bounded(item, text, 1_000 if key == "events" else items)
            for key, item in sorted(value.items())
        }
    return value


def _slim(value: dict[str, Any], keep: Callable[[str], bool]) -> dict[str, Any]:
    """An event, or a digest with each of its events, without the keys that may go."""
    slim = {key: item for key, item in value.items() if keep(key)}
    events = value.get("events")
    if isinstance(events, list):
        slim["events"] = [_slim(item, keep) for item in events if isinstance(item, dict)]
    return slim | {"truncated": True}


def _core(data: dict[str, Any]) -> dict[str, Any]:
    return _bounded(_slim(data, _CORE.__contains__), _SHORT, 5)  # type: ignore[no-any-return]  # a dict stays one


def _least(data: dict[str, Any]) -> dict[str, Any]:
    core = _core(data)
    return {key: item for key, item in core.items() if isinstance(item, (str, int))}


_FITS: Final[tuple[Callable[[dict[str, Any]], object], ...]] = (
    lambda data: _bounded(data, 2_000, 200),
    lambda data: _bounded(data, 300, 30) | {"truncated": True},
    lambda data: _bounded(_slim(data, lambda key: key not in _BULKY), 300, 30),
    _core,
    _least,
)
"""Ways to hold the data, roomiest first; the last keeps a handful of short values."""


KIND: Final = ChannelKind(
    kind="webhook",
    settings=WebhookSettings,
    encode=encode,
    judge=judge,
    senders=4,
    lease=LEASE,
    schedule=SCHEDULE,
    lifetime=LIFETIME,
)
