"""The signed webhook: the published vectors, the event, and what is cut from a large one."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from alertd.channels.webhook import CONTENT_TYPE, WebhookSettings, encode, event, keys, signature
from alertd.core.message import Message
from alertd.core.transport import Envelope, Post
from alertd.errors import AlertdError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + b64encode(b"another secret of 32 bytes, ok?!").decode()
URL = "https://siem.example.org/in"
SIGNED = WebhookSettings(url=SecretStr(URL), secret=SecretStr(SECRET))
ENVELOPE = Envelope(
    to="",
    message_id="abcdefghijklmnopqrstuvwxyz",
    date=datetime(2026, 5, 4, 12, 30, 15, 500_000, tzinfo=UTC),
    origin="https://alerts.example.org",
)
DATA: dict[str, object] = {
    "type": "org.alertd.breach.created",
    "incident": "kvd3a",
    "revision": 2,
    "kind": "new",
    "organisations": ["Almerys"],
    "status": "confirmed",
    "severity": "high",
    "published": "2026-05-03T10:00:00+02:00",
    "citations": [{"publisher": "Wire", "published": "2026-05-04T06:00:00+00:00", "url": "u"}],
    "acts": [{"id": "calls", "text": "Raccrochez, même si « l'assurance » appelle."}],
}
MESSAGE = Message(subject="Almerys: leak", preheader="", language="fr", blocks=(), data=DATA)


def told(message: Message = MESSAGE, envelope: Envelope = ENVELOPE) -> dict[str, Any]:
    read = json.loads(event(message, envelope))
    assert isinstance(read, dict)
    return read


def sent(settings: WebhookSettings = SIGNED, envelope: Envelope = ENVELOPE) -> Post:
    return encode(MESSAGE, envelope, settings)


@pytest.mark.parametrize(
    ("message_id", "timestamp", "body", "expected"),
    [
        (
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            '{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "msg_alertd_1",
            1_700_000_000,
            '{"type":"breach.created","data":{"title":"Fuite de données"}}',
            "v1,8F/nkr3hXjfWNeR/a/X8hcUGBLkG5b/MBL1+ZpimNfE=",
        ),
    ],
    ids=["official", "utf-8"],
)
def test_the_vectors_of_standard_webhooks_are_signed_alike(
    message_id: str, timestamp: int, body: str, expected: str
) -> None:
    [key] = keys(SECRET)
    assert signature(key, message_id, timestamp, body.encode()) == expected


def test_the_signature_is_over_the_bytes_that_are_sent_at_the_time_of_the_attempt() -> None:
    made = sent()
    headers = dict(made.headers)
    stamp = str(int(ENVELOPE.date.timestamp()))
    assert headers["webhook-timestamp"] == stamp
    signed = f"{headers['webhook-id']}.{stamp}.".encode() + made.body
    mac = hmac.new(b64decode(SECRET.removeprefix("whsec_")), signed, sha256).digest()
    assert headers["webhook-signature"] == f"v1,{b64encode(mac).decode()}"
    assert headers["Content-Type"] == CONTENT_TYPE


def test_R3_a_later_attempt_has_the_same_id_and_body_and_its_own_timestamp() -> None:
    first, second = (
        sent(),
        sent(envelope=replace(ENVELOPE, date=ENVELOPE.date + timedelta(hours=2))),
    )
    assert first.body == second.body
    old, new = dict(first.headers), dict(second.headers)
    assert old["webhook-id"] == new["webhook-id"] == json.loads(first.body)["id"]
    assert int(new["webhook-timestamp"]) - int(old["webhook-timestamp"]) == 7_200
    assert old["webhook-signature"] != new["webhook-signature"]


def test_the_time_of_an_attempt_counts_in_utc_whatever_its_zone() -> None:
    there = ENVELOPE.date.astimezone(timezone(timedelta(hours=9)))
    assert sent(envelope=replace(ENVELOPE, date=there)) == sent()


def test_two_secrets_make_two_signatures_while_one_is_changed() -> None:
    both = WebhookSettings(url=SecretStr(URL), secret=SecretStr(f"{OTHER} {SECRET}"))
    old = dict(sent().headers)["webhook-signature"]
    new, again = dict(sent(both).headers)["webhook-signature"].split(" ")
    assert again == old
    assert new.startswith("v1,")
    assert new != old


def test_without_a_secret_nothing_is_signed() -> None:
    headers = dict(sent(WebhookSettings(url=SecretStr(URL))).headers)
    assert set(headers) == {"Content-Type", "webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "is empty"),
        ("made-up-word", "begins with whsec_"),
        ("whsec_made-up-word!", "is base64 after whsec_"),
        ("whsec_" + b64encode(b"x" * 23).decode(), "holds 24 to 64 bytes, not 23"),
        ("whsec_" + b64encode(b"x" * 65).decode(), "holds 24 to 64 bytes, not 65"),
        (f"{SECRET} made-up-word", "begins with whsec_"),
    ],
)
def test_a_secret_of_another_form_is_refused_and_not_repeated(secret: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WebhookSettings.model_validate({"url": URL, "secret": secret})
    assert words in str(caught.value)
    assert "openssl rand" in str(caught.value)
    assert "made-up-word" not in str(caught.value)


@pytest.mark.parametrize("size", [24, 64])
def test_the_shortest_and_the_longest_secret_are_taken(size: int) -> None:
    secret = "whsec_" + b64encode(b"x" * size).decode()
    assert WebhookSettings(url=SecretStr(URL), secret=SecretStr(secret)).secret is not None


def test_an_event_is_a_whole_cloud_event() -> None:
    assert told() == {
        "specversion": "1.0",
        "id": "abcdefghijklmnopqrstuvwxyz",
        "source": "https://alerts.example.org",
        "type": "org.alertd.breach.created",
        "subject": "kvd3a",
        "time": "2026-05-04T06:00:00Z",
        "datacontenttype": "application/json",
        "data": {key: value for key, value in DATA.items() if key != "type"},
    }


def test_what_has_no_incident_has_no_subject_and_the_time_of_its_sending() -> None:
    notice = replace(MESSAGE, data={"type": "org.alertd.notice", "lines": ["a"]})
    event_ = told(notice)
    assert "subject" not in event_
    assert event_["time"] == "2026-05-04T12:30:15.500000Z"
    assert told(replace(MESSAGE, data={}))["type"] == "org.alertd.notice"


@pytest.mark.parametrize("date", ["yesterday", "2026-05-04", None, 7, "9999-99-99T00:00:00Z"])
def test_a_date_that_is_none_is_passed_over(date: object) -> None:
    data = {"published": date, "citations": [{"published": date}, date]}
    assert told(replace(MESSAGE, data=data))["time"] == "2026-05-04T12:30:15.500000Z"


@pytest.mark.parametrize("message_id", ["", "a.b.c.d.e", "x" * 41, "line\nend"])
def test_an_id_that_is_not_ours_is_refused(message_id: str) -> None:
    with pytest.raises(AlertdError, match="no message id"):
        encode(MESSAGE, replace(ENVELOPE, message_id=message_id), SIGNED)


def test_text_of_publishers_is_clean_but_else_as_it_was() -> None:
    title = "A & B <b>c</b> @everyone <!channel> [x](https://evil.example?=?)"
    data = {"title": f"{title}\u202e\x00\ud800\u2028\u200b", "none": None, "count": 3, "yes": True}
    assert told(replace(MESSAGE, data=data))["data"] == {
        "title": title,
        "none": None,
        "count": 3,
        "yes": True,
    }


# Size


def large(**more: object) -> dict[str, Any]:
    message = replace(MESSAGE, data=DATA | more)
    assert len(event(message, ENVELOPE)) < 20_000
    read = told(message)["data"]
    assert isinstance(read, dict)
    return read


def test_an_event_of_the_usual_size_is_whole() -> None:
    assert "truncated" not in large()


def test_a_long_list_is_shortened_and_says_so() -> None:
    read = large(citations=[{"publisher": "P" * 80, "url": "u" * 400}] * 150)
    assert read["truncated"] is True
    assert len(read["citations"]) == 30
    assert read["acts"] == DATA["acts"]


def test_what_matters_most_stays_when_all_is_long() -> None:
    many = ["\U0001f512" * 10_000] * 1_000
    read = large(citations=many, acts=many, organisations=many, data_types=many, lines=many)
    assert read["truncated"] is True
    assert (read["incident"], read["revision"], read["status"]) == ("kvd3a", 2, "confirmed")
    assert len(read["organisations"]) == 5


def test_a_digest_keeps_each_event_before_it_keeps_all_of_each() -> None:
    one = DATA | {"acts": [{"id": "a", "text": "é" * 200}] * 5}
    read = large(events=[one | {"incident": f"i{number}"} for number in range(50)])
    assert [item["incident"] for item in read["events"]] == [f"i{number}" for number in range(50)]
    assert read["truncated"] is True
    assert all("acts" not in item for item in read["events"])


def test_a_digest_of_thousands_still_fits() -> None:
    assert large(events=[DATA] * 5_000)["truncated"] is True
