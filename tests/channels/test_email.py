"""The bytes of a mail: its headers, its parts, its limits, and what is never let into it."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import compat32, default
from email.utils import parseaddr
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from alertd.channels.email import KIND, EmailSettings, address, encode, sender_of, verify
from alertd.core.markup import to_html, to_text
from alertd.core.message import Heading, Link, Message, Paragraph, Steps
from alertd.core.outbox import Accepted, Ambiguous, Outcome, Refused
from alertd.core.transport import Answer, Envelope, Mail
from alertd.errors import AlertdError

MATRIX: Final = tomllib.loads((Path(__file__).parent / "smtp_matrix.toml").read_text())["case"]
SPOKEN: Final = [case for case in MATRIX if case["say"][:3].isdigit() and case["stage"] != "quit"]

MESSAGE: Final = Message(
    subject="Almerys: data leak confirmed",
    preheader="Do not give your number to callers.",
    language="fr",
    blocks=(
        Heading("Que faire"),
        Steps((("Surveillez vos remboursements.", "Un fraudeur peut se faire passer pour vous."),)),
        Link("Détails", "https://alerts.example.org/i/42"),
    ),
    footer=(Paragraph("Vous recevez ce message car vous suivez Almerys."),),
)
ENVELOPE: Final = Envelope(
    to="reader@example.org",
    message_id="ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    date=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
)
SETTINGS: Final = EmailSettings.model_validate(
    {"host": "mail.example.org", "from": "Breach alerts <alerts@example.org>"}
)
HEADERS: Final = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
}


def read(mail: Mail) -> EmailMessage:
    message = BytesParser(policy=default).parsebytes(mail.data)
    assert isinstance(message, EmailMessage)
    return message


def raw_header(mail: Mail, name: str) -> str:
    """The header as it stands in the bytes, unfolded."""
    value = BytesParser(policy=compat32).parsebytes(mail.data)[name]
    return "" if value is None else str(value).replace("\r\n", "")


def subject_of(subject: str) -> EmailMessage:
    return read(encode(replace(MESSAGE, subject=subject), ENVELOPE, SETTINGS))


# Headers


def test_a_mail_has_the_headers_that_it_should_and_no_others() -> None:
    mail = encode(MESSAGE, ENVELOPE, SETTINGS)
    message = read(mail)
    assert (mail.sender, mail.recipient) == ("alerts@example.org", "reader@example.org")
    assert set(message.keys()) == HEADERS
    assert message["From"] == "Breach alerts <alerts@example.org>"
    assert message["To"] == "reader@example.org"
    assert message["Subject"] == MESSAGE.subject
    assert message["Date"].datetime == ENVELOPE.date
    assert message["Message-ID"] == "<ABCDEFGHIJKLMNOPQRSTUVWXYZ@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["List-Id"] == "Breach alerts <breach-alerts.example.org>"
    assert message["Content-Language"] == "fr"


def test_R3_every_attempt_makes_the_same_bytes() -> None:
    assert encode(MESSAGE, ENVELOPE, SETTINGS) == encode(MESSAGE, ENVELOPE, SETTINGS)


def test_an_update_is_threaded_to_what_was_told_before() -> None:
    first, last = "F" * 26, "L" * 26
    mail = encode(
        MESSAGE, replace(ENVELOPE, first_message_id=first, last_message_id=last), SETTINGS
    )
    assert raw_header(mail, "In-Reply-To") == f"<{last}@example.org>"
    assert raw_header(mail, "References") == f"<{first}@example.org> <{last}@example.org>"


def test_a_first_update_refers_to_its_one_message_once() -> None:
    once = replace(ENVELOPE, first_message_id="F" * 26, last_message_id="F" * 26)
    mail = encode(MESSAGE, once, SETTINGS)
    assert raw_header(mail, "References") == raw_header(mail, "In-Reply-To")


@pytest.mark.parametrize(
    ("ways", "header", "one_click"),
    [
        ("mailto:stop@example.org?subject=x", "<mailto:stop@example.org?subject=x>", ""),
        (
            "https://alerts.example.org/u/" + "t" * 32,
            "<https://alerts.example.org/u/" + "t" * 32 + ">",
            "List-Unsubscribe=One-Click",
        ),
        (
            "https://alerts.example.org/u/" + "t" * 90 + " mailto:stop@example.org",
            "<https://alerts.example.org/u/" + "t" * 90 + ">, <mailto:stop@example.org>",
            "List-Unsubscribe=One-Click",
        ),
    ],
)
def test_the_way_to_stop_is_never_encoded_however_long(
    ways: str, header: str, one_click: str
) -> None:
    mail = encode(MESSAGE, replace(ENVELOPE, unsubscribe=ways), SETTINGS)
    assert raw_header(mail, "List-Unsubscribe") == header
    assert raw_header(mail, "List-Unsubscribe-Post") == one_click


def test_ids_of_a_long_domain_are_never_encoded() -> None:
    domain = ".".join(["a" * 50] * 4)
    given = {"host": "h", "from": f"Breach alerts <alerts@{domain}>"}
    envelope = replace(ENVELOPE, first_message_id="F" * 26, last_message_id="L" * 26)
    mail = encode(MESSAGE, envelope, EmailSettings.model_validate(given))
    assert raw_header(mail, "Message-ID") == f"<{ENVELOPE.message_id}@{domain}>"
    assert raw_header(mail, "References") == f"<{'F' * 26}@{domain}> <{'L' * 26}@{domain}>"


@pytest.mark.parametrize(
    "way",
    ["javascript:alert(1)", "https://x>,<mailto:a@b.c", "http:/x", "https://é.fr/", "//x.org/u"],
)
def test_a_way_to_stop_that_is_no_plain_link_is_refused(way: str) -> None:
    with pytest.raises(AlertdError, match="unsubscribe"):
        encode(MESSAGE, replace(ENVELOPE, unsubscribe=way), SETTINGS)


def test_answers_go_to_the_contact_where_there_is_one() -> None:
    mail = encode(MESSAGE, replace(ENVELOPE, contact="security@example.org"), SETTINGS)
    assert raw_header(mail, "Reply-To") == "security@example.org"


@pytest.mark.parametrize("message_id", ["", "a@b", "x y" * 9, "<" + "x" * 20 + ">", "x" * 41])
def test_an_id_that_is_not_ours_is_refused(message_id: str) -> None:
    with pytest.raises(AlertdError, match="no message id"):
        encode(MESSAGE, replace(ENVELOPE, message_id=message_id), SETTINGS)


# T2: nothing from outside becomes a header

ENCODED_LINE_ENDS: Final = (
    "=?utf-8?q?Leak=0D=0ABcc:_victim@example.org?=",
    "=?utf-8?b?TGVhaw0KQmNjOiB2aWN0aW1AZXhhbXBsZS5vcmc=?=",
    "Leak =?iso-8859-1?Q?=0ABcc=3A_victim=40example=2Eorg=0A=0Abody?=",
    "=\u200b?utf-8?q?=0D=0ABcc:_victim@example.org?\u200b=",
    "=\u00ad?utf-8?q?=0D=0ABcc:_v@example.org?=",
    "==??utf-8?q?=0D=0ABcc:_victim@example.org?=?=",
    "=\x00?utf-8?q?=0D=0ABcc:_victim@example.org?=",
)
LINE_ENDS: Final = (
    "Leak\r\nBcc: victim@example.org",
    "Leak\nBcc: victim@example.org",
    "Leak\rBcc: victim@example.org",
    "Leak\u2028Bcc: victim@example.org",
    "Leak\u2029Bcc: victim@example.org",
    "Leak\x85Bcc: victim@example.org",
    "Leak\x0bBcc: victim@example.org",
    "Leak\x0c\r\n\r\n<html>",
    "Leak\r\n Bcc: victim@example.org",
)


@pytest.mark.parametrize("subject", ENCODED_LINE_ENDS + LINE_ENDS)
def test_T2_a_subject_cannot_bring_a_header_of_its_own(subject: str) -> None:
    mail = encode(replace(MESSAGE, subject=subject), ENVELOPE, SETTINGS)
    assert set(read(mail).keys()) == HEADERS
    assert b"\r\nBcc" not in mail.data
    assert "\n" not in read(mail)["Subject"]


@pytest.mark.parametrize("text", ENCODED_LINE_ENDS + LINE_ENDS)
def test_T2_no_other_text_can_bring_a_header(text: str) -> None:
    message = replace(
        MESSAGE, preheader=text, language=text, blocks=(Paragraph(text),), footer=(Heading(text),)
    )
    mail = encode(message, ENVELOPE, SETTINGS)
    assert set(read(mail).keys()) == HEADERS - {"Content-Language"}
    top = mail.data.partition(b"\r\n\r\n")[0]
    assert b"victim" not in top


PARTS: Final = (
    *("header", "name", "twice", "within", "none", "bare", "long"),
    *("third", "after", "blank", "eight"),
)


@pytest.mark.parametrize("part", PARTS)
def test_T2_bytes_that_are_not_what_was_meant_are_never_handed_out(part: str) -> None:
    good = encode(MESSAGE, ENVELOPE, SETTINGS).data
    bad = {
        "header": good.replace(b"Auto-Submitted", b"Bcc: v@example.org\r\nAuto-Submitted"),
        "name": good.replace(b"Auto-Submitted", b"X-Submitted"),
        "twice": good.replace(b"Auto-Submitted", b"To: v@example.org\r\nAuto-Submitted"),
        "within": good.replace(b"text/html", b'text/html; x="\r\nX-Other: y\r\n'),
        "none": good.partition(b"\r\n\r\n")[0] + b"\r\n\r\nonly text\r\n",
        "bare": good.replace(b"Auto", b"\nAuto"),
        "long": good.replace(b"MIME-Version", b"X: " + b"x" * 999 + b"\r\nMIME-Version"),
        "third": good.replace(b"--\r\n", b"\r\nContent-Type: text/html\r\n\r\nx\r\n", 1),
        "after": good + b"Bcc: v@example.org\r\n",
        "blank": good.replace(b"Auto-Submitted", b" \r\nAuto-Submitted"),
        "eight": good.replace(b"Auto-Submitted", b"X\xe9: y\r\nAuto-Submitted"),
    }[part]
    meant = frozenset(HEADERS - {"MIME-Version", "Content-Type"})
    boundary = f"=_{ENVELOPE.message_id}"
    verify(good, meant, boundary)
    with pytest.raises(AlertdError, match="the mail was not made"):
        verify(bad, meant, boundary)


ANY_TEXT: Final = st.text(
    st.characters(codec=None)
    | st.sampled_from("=?\r\n\u2028\x00_:qQbB0123456789ABDF \u202e\u200d"),
    max_size=300,
)


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_T2_whatever_the_text_the_bytes_are_clean(subject: str, body: str) -> None:
    message = replace(MESSAGE, subject=subject, preheader=body, blocks=(Paragraph(body),))
    mail = encode(message, ENVELOPE, SETTINGS)
    assert mail.data.isascii()
    assert all(len(line) <= 998 for line in mail.data.split(b"\r\n"))
    assert b"\n" not in mail.data.replace(b"\r\n", b"")
    parsed = read(mail)
    assert set(parsed.keys()) == HEADERS
    assert len(parsed["Subject"]) <= 150
    assert not {unicodedata.category(char) for char in parsed["Subject"]} & {"Cc", "Zl", "Zp", "Cs"}


# Subject, parts and size


def test_a_subject_of_another_script_arrives_as_written() -> None:
    subject = "Almerys : fuite de données confirmée, 33 millions de numéros exposés, que faire"
    assert subject_of(subject)["Subject"] == subject
    assert subject_of("個人情報の漏えい" * 15)["Subject"] == "個人情報の漏えい" * 15


def test_a_long_subject_is_cut_between_graphemes() -> None:
    subject = str(subject_of("e\u0301\u0301" * 200)["Subject"])
    assert len(subject) <= 150
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert str(subject_of("x" * 147 + family)["Subject"]) == "x" * 147


def test_text_comes_first_and_html_last_with_the_same_words() -> None:
    mail = encode(MESSAGE, ENVELOPE, SETTINGS)
    parts = list(read(mail).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["quoted-printable"] * 2
    assert read(mail).get_content_type() == "multipart/alternative"
    for part in parts:
        assert isinstance(part, EmailMessage)
        words = " ".join(str(part.get_content()).split())
        assert "Surveillez vos remboursements." in words
        assert "Vous recevez ce message" in words


@pytest.mark.parametrize("name", ["Alertes", "Ops, Breach", "Données — é" * 5, '"quoted"', ""])
def test_the_name_of_the_sender_arrives_as_written(name: str) -> None:
    quoted = name.replace('"', r"\"")
    given = {"host": "h", "from": f'"{quoted}" <alerts@{"a" * 60}.example.org>'}
    mail = encode(MESSAGE, ENVELOPE, EmailSettings.model_validate(given))
    written = raw_header(mail, "From")
    shown, sent_by = parseaddr(str(make_header(decode_header(written))))
    assert (shown, sent_by) == (name, mail.sender)
    assert all(len(word) <= 75 for word in written.split() if word.startswith("=?"))


def test_a_body_keeps_its_lines_and_its_letters() -> None:
    text = "." + "é" * 200 + " = " + "x" * 200 + " \t=3D"
    mail = encode(replace(MESSAGE, blocks=(Paragraph(text),)), ENVELOPE, SETTINGS)
    plain, html = read(mail).iter_parts()
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    message = replace(MESSAGE, blocks=(Paragraph(text),))
    assert plain.get_content().strip().splitlines() == to_text(message).strip().splitlines()
    assert html.get_content().strip().splitlines() == to_html(message).strip().splitlines()


def test_a_body_that_looks_like_a_boundary_stays_a_body() -> None:
    text = f"--=_{ENVELOPE.message_id}-- --=_{ENVELOPE.message_id}"
    mail = encode(replace(MESSAGE, blocks=(Paragraph(text),)), ENVELOPE, SETTINGS)
    assert len(list(read(mail).iter_parts())) == 2


def test_the_html_of_a_full_mail_stays_well_below_what_readers_clip() -> None:
    steps = Steps(tuple(("Faites opposition. " * 8, "Parce que. " * 10) for _ in range(5)))
    message = replace(MESSAGE, blocks=(*MESSAGE.blocks, steps, *(Paragraph("é" * 500),) * 8))
    *_, html = read(encode(message, ENVELOPE, SETTINGS)).iter_parts()
    assert len(str(html.get_payload())) < 40_000


def test_a_message_without_a_subject_still_says_what_it_is() -> None:
    assert subject_of("\u202e\x00")["Subject"] == "Breach alert"


# Addresses and settings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reader@example.org", "reader@example.org"),
        (" o'neil+alerts@example.org ", "o'neil+alerts@example.org"),
        ("reader@exämple.org", "reader@xn--exmple-cua.org"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_is_written_as_smtp_carries_it(text: str, expected: str) -> None:
    assert address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reader",
        "@example.org",
        "reader@",
        "jürgen@example.org",
        "a b@example.org",
        '"a b"@example.org',
        "a@b@example.org",
        "a..b@example.org",
        "reader@example..org",
        "reader@-x.org",
        "reader@straße.de",
        "reader@example.org\r\nBcc: v@example.org",
        "reader@example.org, v@example.org",
        "<reader@example.org>",
        "=?utf-8?q?x?=@example.org",
        "x" * 65 + "@example.org",
        "reader@" + "x" * 64 + ".org",
        "reader@[127.0.0.1]",
    ],
)
def test_what_is_no_address_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="mail"):
        address(text)
    with pytest.raises(AlertdError, match="mail"):
        encode(MESSAGE, replace(ENVELOPE, to=text), SETTINGS)


def test_a_name_of_another_script_may_send() -> None:
    sender = sender_of("Alertes — fuites de données <alertes@exämple.org>")
    assert (sender.display_name, sender.addr_spec) == (
        "Alertes — fuites de données",
        "alertes@xn--exmple-cua.org",
    )


def test_a_port_left_out_is_the_usual_one_for_the_security() -> None:
    def port(**given: object) -> int:
        table = {"host": "h", "from": "a@example.org", **given}
        return EmailSettings.model_validate(table).port

    assert [port(), port(security="tls"), port(security="none")] == [587, 465, 25]
    assert port(security="tls", port=2465) == 2465


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "from"),
        ({"from": "nobody"}, "from"),
        ({"from": "a@example.org, b@example.org"}, "write one address"),
        ({"from": "jürgen@example.org"}, "not a mail address"),
        ({"from": "a@example.org", "username": "x"}, "go together"),
        ({"from": "a@example.org", "password": "x"}, "go together"),
        ({"from": "a@example.org", "security": "maybe"}, "security"),
        ({"from": "a@example.org", "security": ["tls"]}, "security"),
        ({"from": "a@example.org", "port": 0}, "port"),
        ({"from": "a@example.org", "host": "mail.example.org\x00"}, "host"),
        ({"from": "a@example.org", "host": "two hosts"}, "host"),
        ({"from": "a@example.org", "unsubscribe": "x y@example.org"}, "unsubscribe"),
        ({"from": "a@example.org", "sender": "b@example.org"}, "sender"),
    ],
)
def test_a_setting_that_cannot_work_is_named(table: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        EmailSettings.model_validate({"host": "h", **table})


def test_a_password_is_never_in_the_words_of_a_refusal() -> None:
    table = {"host": "h", "from": "a@example.org", "password": "hidden-words"}
    with pytest.raises(ValidationError) as caught:
        EmailSettings.model_validate(table)
    assert "hidden-words" not in str(caught.value) + repr(caught.value)


# The matrix without a socket: test_send.py has it with one


@pytest.mark.parametrize("case", SPOKEN, ids=[case["name"] for case in SPOKEN])
def test_every_spoken_row_of_the_matrix_is_judged(case: dict[str, str]) -> None:
    line = case["say"].splitlines()[0]
    outcome = KIND.judge(Answer(case["stage"], int(line[:3]), line[4:]))
    assert _short(outcome) == case["outcome"]
    assert getattr(outcome, "answer", None) == line[4:]


def _short(outcome: Outcome) -> str:
    if isinstance(outcome, Refused):
        return outcome.refusal.value
    return "accepted" if isinstance(outcome, Accepted) else "ambiguous"


def test_no_answer_is_ambiguous_only_after_the_dot() -> None:
    for stage in ("connect", "banner", "ehlo", "tls", "auth", "mail", "rcpt", "data"):
        assert _short(KIND.judge(Answer(stage, 0, ""))) == "server-temporary"
    assert isinstance(KIND.judge(Answer("final", 0, "")), Ambiguous)
