"""What every kind of channel must be; a new one fails here until it is complete."""

from __future__ import annotations

import json
import pkgutil
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
from alertd.core.outbox import Accepted, Ambiguous, Outcome, Refusal, Refused
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
    "webhook": {
        "url": "https://siem.example.org/in/made-up-path-4711",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    },
    **{name: {"url": kind.hook.example} for name, kind in channels.kinds().items() if kind.hook},
}
"""The least that a person writes for each kind: a new one needs it, or the example of its hook."""

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
    assert {"email", "file", "slack", "teams", "webhook"} <= channels.kinds().keys()
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
    assert sum(kind.schedule[:-1], timedelta()) <= kind.lifetime, "each wait is used in its time"
    payload = kind.encode(hostile(), ENVELOPE, settings_of(kind))
    assert kind.lease >= SENDS[type(payload)] + timedelta(seconds=60), "the lease outlives the send"


# --- the kinds that post (delivery.md section 7) ---

MATRIX: Final = tomllib.loads((Path(__file__).parent / "http_matrix.toml").read_text())["case"]
SHORT: Final = Message(subject="Almerys: leak", preheader="", language="en", blocks=())


def posting() -> list[ChannelKind]:
    """The kinds that make requests."""
    encoded = {
        kind.kind: kind.encode(hostile(), ENVELOPE, settings_of(kind))
        for kind in channels.kinds().values()
    }
    return [channels.kinds()[name] for name, made in encoded.items() if isinstance(made, Post)]


POSTING: Final = posting()
CHATS: Final = [kind for kind in POSTING if kind.hook]


def body_of(kind: ChannelKind, message: Message, envelope: Envelope = ENVELOPE) -> Any:  # noqa: ANN401 - JSON
    made = kind.encode(message, envelope, settings_of(kind))
    assert isinstance(made, Post)
    assert len(made.body) < 20_000
    return json.loads(made.body)


def strings(value: object) -> Iterator[str]:
    """Every text of a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def short(outcome: Outcome) -> str:
    return outcome.refusal.value if isinstance(outcome, Refused) else type(outcome).__name__.lower()


def each(kinds: list[ChannelKind]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds, ids=[kind.kind for kind in kinds])


@pytest.mark.parametrize("case", MATRIX, ids=[f"{case['kind']}-{case['name']}" for case in MATRIX])
def test_every_row_of_the_http_matrix_ends_in_its_outcome(case: Mapping[str, Any]) -> None:
    text = f"{case['code']} {case.get('text', '')}".strip()
    assert (
        short(channels.kinds()[case["kind"]].judge(Answer("answer", case["code"], text)))
        == (case["outcome"])
    )


@each(POSTING)
def test_what_was_not_sent_is_tried_again_and_what_may_have_been_is_ambiguous(
    kind: ChannelKind,
) -> None:
    assert short(kind.judge(Answer("connect", 0, "not reached"))) == "server-temporary"
    assert short(kind.judge(Answer("guard", 0, "not public"))) == "endpoint-permanent"
    for stage in ("request", "answer"):
        assert kind.judge(Answer(stage, 0, "broke off")) == Ambiguous("broke off")


@each(POSTING)
@pytest.mark.parametrize("code", [429, 503])
def test_the_time_that_a_server_names_is_handed_on(kind: ChannelKind, code: int) -> None:
    for wish in (None, 0.0, 120.0, 1e9):
        outcome = kind.judge(Answer("answer", code, "later", wish))
        assert outcome == Refused(Refusal.SERVER_TEMPORARY, "later", wish)


@each(POSTING)
def test_the_request_goes_to_the_address_of_the_settings_and_shows_it_nowhere(
    kind: ChannelKind,
) -> None:
    url = EXAMPLES[kind.kind]["url"]
    made = kind.encode(hostile(), ENVELOPE, settings_of(kind))
    assert isinstance(made, Post)
    assert made.url.startswith(url)
    assert urlsplit(made.url)[:3] == urlsplit(url)[:3]
    assert url not in repr(made)
    assert url.encode() not in made.body
    assert dict(made.headers)["Content-Type"].split(";")[0].endswith("json")


@each(POSTING)
@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org/in",
        "ftp://example.org/x",
        "https://u:made-up-word@h.example/x",
        "https://h.example/made-up-word\nx",
        "https:///made-up-word",
        "https://h.example/a b",
        "https://h.example:99999/made-up-word",
        "https://[made-up-word/x",
        "https://h.example/" + "made-up-word" * 200,
    ],
)
def test_an_address_that_cannot_be_posted_to_is_refused_without_quoting_it(
    kind: ChannelKind, url: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        kind.settings.model_validate({**EXAMPLES[kind.kind], "url": url})
    assert "made-up-word" not in str(caught.value)
    assert "write the whole web address" in str(caught.value)


@each(CHATS)
def test_a_chat_is_shared_unless_its_table_says_otherwise(kind: ChannelKind) -> None:
    assert kind.shared
    assert kind.senders == 1, "one message after another"


@each(CHATS)
def test_a_hook_tells_its_own_addresses_from_all_others(kind: ChannelKind) -> None:
    assert kind.hook is not None
    assert kind.hook.retired == "" or kind.hook.instead, "say what to do about a retired one"
    parts = urlsplit(kind.hook.example)
    assert parts.scheme == "https"
    target = f"{parts.hostname}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    known = [other for other in CHATS if other.hook and re.fullmatch(other.hook.pattern, target)]
    assert known == [kind]
    assert not any(c.hook and re.fullmatch(c.hook.retired, target) for c in CHATS)
    assert not re.fullmatch(kind.hook.pattern, f"{target} more")
    assert not re.fullmatch(kind.hook.pattern, f"example.org/{target}")


@each(CHATS)
def test_a_shared_channel_gets_the_shared_form_and_a_person_the_personal_one(
    kind: ChannelKind,
) -> None:
    message = replace(
        SHORT,
        shared=Chat(title="Leak", lines=("For all.",), note="n"),
        personal=Chat(title="Leak", lines=("For you.",), acts=("Change it.",), note="n"),
    )
    for_all = json.dumps(body_of(kind, message, replace(ENVELOPE, shared=True)))
    for_one = json.dumps(body_of(kind, message))
    assert "For all." in for_all
    assert "For you." not in for_all
    assert "Change it." not in for_all
    assert "For you." in for_one
    assert "Change it." in for_one


@each(CHATS)
def test_a_message_that_may_say_nothing_looks_the_same_for_every_severity(
    kind: ChannelKind,
) -> None:
    neutral = replace(SHORT, shared=Chat(title="A breach alert for one of your watches"))
    envelope = replace(ENVELOPE, shared=True)
    bodies = [body_of(kind, replace(neutral, severity=level), envelope) for level in Severity]
    assert all(body == bodies[0] for body in bodies)
    telling = replace(SHORT, shared=Chat(title="Leak", note="Incident 1, revision 1."))
    levels = [body_of(kind, replace(telling, severity=level), envelope) for level in Severity]
    assert len({json.dumps(body) for body in levels}) >= 4, "colour follows severity"


@each(CHATS)
@pytest.mark.parametrize("letter", ["x", "&", "*", '"', "\\", "é", "\U0001f512", "e\u0301"])
def test_a_message_that_is_far_too_long_keeps_title_act_and_link(
    kind: ChannelKind, letter: str
) -> None:
    much = Chat(
        title=f"Leak {letter * 10_000}",
        lines=(letter * 10_000,) * 40,
        acts=("First act.", *(letter * 1_000,) * 30),
        link="https://alerts.example.org/i/42",
        note=letter * 1_000,
    )
    said = list(strings(body_of(kind, replace(SHORT, personal=much))))
    assert any(text.startswith("Leak ") for text in said)
    assert any("First act." in text for text in said)
    assert any("https://alerts.example.org/i/42" in text for text in said)


@each(POSTING)
@given(text=st.text(max_size=300), other=st.text(max_size=300))
def test_no_text_breaks_a_message_or_leaves_a_control_in_it(
    kind: ChannelKind, text: str, other: str
) -> None:
    chat = Chat(title=text, lines=(other, text), acts=(other,), note=text, link=other)
    data = {"type": text, "incident": other, "lines": [text, {other: text}], "n": None}
    message = replace(
        SHORT, subject=other, language=text, personal=chat, data=data, severity=Severity.LOW
    )
    for said in strings(body_of(kind, message)):
        bad = [c for c in said if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"]
        assert bad == []
        assert not set("\u202e\u2066\u200f") & set(said)


@each(CHATS)
@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "https://u@evil.example/x",
        'https://a.example/"x',
        "//a.example/x",
        "https://a.example/<x>",
        "https://a.example/)[x",
        "https://é.example/",
        "https://a/ x",
    ],
)
def test_T5_only_a_plain_web_address_of_ours_becomes_a_link(kind: ChannelKind, link: str) -> None:
    body = body_of(kind, replace(SHORT, personal=Chat(title="Leak", note="n", link=link)))
    assert not any(link in text for text in strings(body))
