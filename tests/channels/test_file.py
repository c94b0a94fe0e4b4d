"""Messages as files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.parser import BytesParser
from email.policy import default

import pytest
from pydantic import ValidationError

from alertd.channels.file import KIND, FileSettings, encode
from alertd.core.message import Message, Paragraph
from alertd.core.outbox import Accepted, Refusal, Refused
from alertd.core.transport import Answer, Envelope
from alertd.errors import AlertdError

MESSAGE = Message(
    subject="Almerys: fuite de données confirmée",
    preheader="",
    language="fr",
    blocks=(Paragraph("Des numéros ont fui."),),
    data={"title": "Fuite", "since": datetime(2026, 5, 4, tzinfo=UTC), "bad": "\ud800"},
)
ENVELOPE = Envelope(
    to="reader@example.org",
    message_id="ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    date=datetime(2026, 5, 4, 14, 30, tzinfo=timezone(timedelta(hours=2))),
)
SETTINGS = FileSettings(folder="messages")


def test_one_message_becomes_a_mail_a_page_and_a_json_file() -> None:
    payload = encode(MESSAGE, ENVELOPE, SETTINGS)
    assert payload.folder == "messages"
    stem = "20260504T123000Z-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    files = dict(payload.files)
    assert list(files) == [f"{stem}.eml", f"{stem}.html", f"{stem}.json"]
    mail = BytesParser(policy=default).parsebytes(files[f"{stem}.eml"])
    assert mail["Subject"] == MESSAGE.subject
    assert mail["To"] == "reader@example.org"
    assert "Des numéros ont fui." in files[f"{stem}.html"].decode()
    assert json.loads(files[f"{stem}.json"]) == {
        "title": "Fuite",
        "since": "2026-05-04T00:00:00+00:00",
        "bad": "\ud800",
    }


@pytest.mark.parametrize("to", ["", "ops", "#team"])
def test_a_reader_without_an_address_still_gets_files(to: str) -> None:
    payload = encode(MESSAGE, replace(ENVELOPE, to=to), SETTINGS)
    mail = BytesParser(policy=default).parsebytes(payload.files[0][1])
    assert mail["To"].addresses == ()


@pytest.mark.parametrize("message_id", ["", "../../etc/passwd", "a/b/c/d/e", "x" * 99, "A\n" * 9])
def test_a_file_name_never_comes_from_elsewhere(message_id: str) -> None:
    with pytest.raises(AlertdError, match="no message id"):
        encode(MESSAGE, replace(ENVELOPE, message_id=message_id), SETTINGS)


def test_what_could_not_be_written_is_tried_again() -> None:
    assert KIND.judge(Answer("write", 250, "written")) == Accepted("written")
    refused = KIND.judge(Answer("write", 0, "disk full"))
    assert refused == Refused(Refusal.SERVER_TEMPORARY, "disk full")


def test_a_folder_must_be_named() -> None:
    with pytest.raises(ValidationError):
        FileSettings(folder="")
