"""What every kind of channel must be; a new one fails here until it is complete."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import product
from typing import Any, Final

import pytest
from pydantic import SecretStr, ValidationError

from alertd import channels
from alertd.channels import ChannelSettings
from alertd.core.message import (
    Bullets,
    Chat,
    Heading,
    Link,
    Message,
    Paragraph,
    Quote,
    Steps,
    Table,
)
from alertd.core.model import Severity
from alertd.core.outbox import Accepted, Ambiguous, Refused
from alertd.core.transport import Answer, ChannelKind, Envelope, Files, Mail, Post
from alertd.send.session import LIMITS

EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "email": {
        "host": "mail.example.org",
        "username": "alertd",
        "password": "hidden-words",
        "from": "Breach alerts <alerts@example.org>",
    },
    "file": {"folder": "/var/lib/alertd/messages"},
}
"""The least that a person writes for each kind: a new kind needs one."""

SENDS: Final[Mapping[type, timedelta]] = {
    Mail: timedelta(seconds=LIMITS.total),
    Post: timedelta(seconds=30),
    Files: timedelta(seconds=30),
}
"""The longest that a send of each payload may take."""

MODULES: Final = sorted(
    module.name for module in pkgutil.iter_modules(channels.__path__) if module.name[0] != "_"
)
HOSTILE: Final = (
    "A & B <b>c</b> @everyone @here @channel <!channel> <users/all> [x](https://evil.example) "
    "||s|| *b* `c` \u202e gnitirw \x00 \u2028 \ud800 e\u0301 \U0001f468\u200d\U0001f469 "
    "=?utf-8?q?x=0D=0ABcc:_victim@example.org?= \r\nBcc: victim@example.org\r\n\r\n--=_ "
)
ENVELOPE: Final = Envelope(
    to="reader@example.org",
    message_id="ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    date=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
    first_message_id="BBCDEFGHIJKLMNOPQRSTUVWXYZ",
    last_message_id="CBCDEFGHIJKLMNOPQRSTUVWXYZ",
    unsubscribe="mailto:stop@example.org",
)


CHAT: Final = Chat(
    title=HOSTILE,
    lines=(HOSTILE * 4, HOSTILE),
    acts=(HOSTILE,) * 5,
    link="https://alerts.example.org/i/42",
    note=HOSTILE,
)


def hostile() -> Message:
    return Message(
        subject=HOSTILE * 3,
        preheader=HOSTILE,
        language="fr\r\nBcc: x@example.org",
        blocks=(
            Heading(HOSTILE),
            Paragraph(HOSTILE * 40),
            Quote(HOSTILE, HOSTILE),
            Table(tuple((HOSTILE[:30], HOSTILE) for _ in range(40)), header=True),
            Steps(tuple((HOSTILE, HOSTILE) for _ in range(5))),
            Bullets((HOSTILE,) * 3),
            Link(HOSTILE[:40], "https://alerts.example.org/i/42"),
        ),
        footer=(Paragraph("You can stop these messages."), Paragraph(HOSTILE)),
        shared=CHAT,
        personal=CHAT,
        severity=Severity.HIGH,
        data={"title": HOSTILE, "facts": [HOSTILE], "people": None, "count": 3},
    )


def settings_of(kind: ChannelKind) -> ChannelSettings:
    settings = kind.settings.model_validate(EXAMPLES[kind.kind])
    assert isinstance(settings, ChannelSettings)
    return settings


@pytest.fixture(params=MODULES)
def kind(request: pytest.FixtureRequest) -> ChannelKind:
    module = import_module(f"alertd.channels.{request.param}")
    found = getattr(module, "KIND", None)
    assert isinstance(found, ChannelKind), f"{request.param} must end in KIND = ChannelKind(...)"
    return found


def test_every_module_is_found_as_a_kind_by_its_own_name() -> None:
    assert len(channels.kinds()) == len(MODULES), "two modules call themselves the same"
    assert {"email", "file"} <= channels.kinds().keys()
    assert all(name == kind.kind for name, kind in channels.kinds().items())


def test_settings_are_frozen_strict_and_know_their_kind(kind: ChannelKind) -> None:
    assert kind.kind in EXAMPLES, f"{kind.kind} needs an example of its settings here"
    settings = settings_of(kind)
    assert settings.kind == kind.kind
    assert settings.shared is None
    with pytest.raises(ValidationError):
        kind.settings.model_validate({**EXAMPLES[kind.kind], "no_such_key": 1})
    with pytest.raises(ValidationError):
        kind.settings.model_validate({**EXAMPLES[kind.kind], "kind": "another"})
    with pytest.raises(ValidationError):
        settings.shared = True  # type: ignore[misc]  # that it is refused is the point


def test_a_secret_of_the_settings_is_never_shown(kind: ChannelKind) -> None:
    settings = settings_of(kind)
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            shown = repr(settings) + str(settings) + settings.model_dump_json()
            assert value.get_secret_value() not in shown
        elif any(word in name for word in ("password", "secret", "token", "url")):
            assert value is None or isinstance(value, SecretStr), f"{name} holds a secret"


def test_hostile_text_is_encoded_the_same_each_time_and_within_limits(kind: ChannelKind) -> None:
    settings = settings_of(kind)
    payload = kind.encode(hostile(), ENVELOPE, settings)
    assert payload == kind.encode(hostile(), ENVELOPE, settings), "encode must be pure"
    for name, data in contents(payload):
        text = data.decode("utf-8")
        unseen = set("\x00\u202e\u2028") & set(text)
        assert not unseen, f"{name} holds {unseen}"
        if name.endswith("json"):
            json.loads(text)
        if isinstance(payload, Post):
            assert len(data) < 20_000, "a webhook's body stays under 20 kB"


def contents(payload: Mail | Post | Files) -> list[tuple[str, bytes]]:
    match payload:
        case Mail(data=data):
            return [("mail", data)]
        case Post(body=body):
            return [("post.json", body)]
        case Files(files=files):
            return [file for file in files if not file[0].endswith(".json")]


def test_the_secrets_of_the_settings_are_in_no_body(kind: ChannelKind) -> None:
    settings = settings_of(kind)
    payload = kind.encode(hostile(), ENVELOPE, settings)
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            secret = value.get_secret_value().encode()
            assert all(secret not in data for _, data in contents(payload))


STAGES: Final = (
    *("connect", "banner", "ehlo", "tls", "auth", "mail", "rcpt", "data", "final"),
    *("request", "answer", "write", "unheard of"),
)
TEXTS: Final = (
    "",
    "5.1.1 no",
    "4.7.1 later",
    "9.9.9",
    "5.999.999 ?",
    '{"retry_after": 1}',
    "\ud800",
)


def test_judge_is_total(kind: ChannelKind) -> None:
    codes = (-1, 0, 1, 99, *range(100, 600), 600, 999, 10**9)
    for stage, code, text in product(STAGES, codes, TEXTS):
        outcome = kind.judge(Answer(stage, code, text))
        assert isinstance(outcome, Accepted | Refused | Ambiguous)
        if code <= 0 and isinstance(outcome, Accepted):
            pytest.fail(f"{stage} {code} {text!r}: no answer is taken as a yes")


def test_schedule_lifetime_and_lease_are_sane(kind: ChannelKind) -> None:
    assert kind.senders >= 1
    assert kind.schedule, "at least one wait"
    assert list(kind.schedule) == sorted(kind.schedule), "waits never shrink"
    assert timedelta(seconds=1) <= kind.schedule[0]
    assert kind.schedule[-1] <= timedelta(hours=24)
    assert timedelta(days=1) <= kind.lifetime <= timedelta(days=5)
    assert sum(kind.schedule, timedelta()) <= kind.lifetime
    payload = kind.encode(hostile(), ENVELOPE, settings_of(kind))
    assert kind.lease >= SENDS[type(payload)] + timedelta(seconds=60), "the lease outlives the send"
