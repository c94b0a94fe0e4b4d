"""Mail: a message as bytes that every relay carries unchanged."""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Mapping
from datetime import timedelta
from email.header import Header
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from alertd.channels import ChannelSettings
from alertd.channels._smtp import judge
from alertd.core.clean import clean_line
from alertd.core.markup import to_html, to_text
from alertd.core.message import Message
from alertd.core.transport import ChannelKind, Envelope, Mail
from alertd.errors import AlertdError

SUBJECT_LIMIT: Final = 150
NO_SUBJECT: Final = "Breach alert"
NAME_LIMIT: Final = 60
LINE_LIMIT: Final = 998
FOLD_AT: Final = 78
MAIL_LIFETIME: Final = timedelta(days=5)
MAIL_SCHEDULE: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))
PORTS: Final[Mapping[str, int]] = MappingProxyType({"tls": 465, "starttls": 587, "none": 25})

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"(?=.{{1,64}}$){_ATOM}(\.{_ATOM})*")
_LABEL: Final = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_ID: Final = re.compile(r"[A-Za-z0-9]{8,40}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_URI: Final = re.compile(r"(https?://|mailto:)[!#-;=?-~]{1,900}")


def address(text: str) -> str:
    """``text`` as the ASCII address that SMTP carries, its domain in punycode.

    Raises:
        ValueError: no such address exists, or only SMTPUTF8 could carry it.
    """
    local, _, domain = text.strip().rpartition("@")
    if not _LOCAL.fullmatch(local) or "=?" in local:
        raise ValueError(f"{text!r} is not a mail address that can be sent to")
    return f"{local}@{_host(domain)}"


@cache
def sender_of(text: str) -> Address:
    """The one address in ``Breach alerts <alerts@example.org>``, its name cleaned.

    Raises:
        ValueError: there is none, more than one, or it cannot be sent from.
    """
    found = SMTP.header_factory("From", clean_line(text, LINE_LIMIT)).addresses
    if len(found) != 1:
        raise ValueError("write one address: Breach alerts <alerts@example.org>")
    name = clean_line(found[0].display_name, NAME_LIMIT)
    return Address(display_name=name, addr_spec=address(found[0].addr_spec))


def _host(domain: str) -> str:
    """``domain`` in ASCII; ValueError where that would name another host."""
    try:
        ascii_form = domain.encode("idna").decode("ascii")
        # IDNA 2003 writes some letters (ß) as others, which is another domain today.
        same = ascii_form.encode("ascii").decode("idna") == domain.lower()
    except UnicodeError:
        same = False
    if not same or not _DOMAIN.fullmatch(ascii_form):
        raise ValueError(f"{domain!r} is not a domain that mail can be sent to")
    return ascii_form


def _valid_sender(text: str) -> str:
    sender_of(text)
    return text


def _valid_address(text: str) -> str:
    return address(text) if text else text


class EmailSettings(ChannelSettings):
    """``[channel.*]`` with ``kind = "email"``."""

    kind: Literal["email"] = "email"
    host: str = Field(pattern=r"^[^\x00-\x20\x7f]+$")
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: Annotated[str, AfterValidator(_valid_sender)] = Field(alias="from")
    unsubscribe: Annotated[str, AfterValidator(_valid_address)] = ""
    maildir: str = ""

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, given: Any) -> Any:  # noqa: ANN401 - not yet validated
        if isinstance(given, Mapping) and "port" not in given:
            return {**given, "port": PORTS.get(str(given.get("security")), 587)}
        return given

    @model_validator(mode="after")
    def _whole_login(self) -> EmailSettings:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: give both or neither")
        return self


def encode(message: Message, envelope: Envelope, settings: EmailSettings) -> Mail:
    """The message as one mail to one person.

    Raises:
        AlertdError: the bytes would not be what was meant; see ``compose``.
    """
    try:
        to = address(envelope.to)
    except ValueError as error:
        raise AlertdError(str(error)) from error
    origin = sender_of(settings.sender)
    data = compose(message, envelope, origin=origin, to=to, reply_to=envelope.contact)
    return Mail(origin.addr_spec, to, data)


def compose(
    message: Message, envelope: Envelope, *, origin: Address, to: str, reply_to: str = ""
) -> bytes:
    """The bytes of one mail: text first, then HTML; the same bytes for the same values.

    Headers are those of delivery.md 6.1, limits those of 6.2.  They are written here and not
    by ``EmailMessage``: its folding makes encoded words of long ids and links, which breaks
    threads and one-click unsubscribe, and has twice been found to write headers that nobody
    set (reliability rule T2).  The final bytes are read back by ``verify``.

    Raises:
        AlertdError: an id or a link cannot be written, or what was read back is not what
            was meant.
    """
    headers = {"From": _mailbox(origin), "To": to, "Reply-To": reply_to}
    headers |= _headers(message, envelope, origin.domain)
    headers = {name: value for name, value in headers.items() if value}
    boundary = f"=_{envelope.message_id}"  # an equals sign never stands so in quoted-printable
    data = "".join(
        (
            *(_folded(name, value) for name, value in headers.items()),
            "MIME-Version: 1.0\r\n",
            f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n',
            _part(boundary, "plain", to_text(message)),
            _part(boundary, "html", to_html(message)),
            f"--{boundary}--\r\n",
        )
    ).encode()
    verify(data, frozenset(headers), boundary)
    return data


def _part(boundary: str, subtype: str, text: str) -> str:
    lines = "\r\n".join(text.replace("\r", "\n").split("\n"))
    body = b2a_qp(f"{lines}\r\n".encode()).decode("ascii")
    kind = f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
    encoding = "Content-Transfer-Encoding: quoted-printable\r\n"
    return f"--{boundary}\r\n{kind}{encoding}\r\n{body}\r\n"


def _folded(name: str, value: str) -> str:
    """One header, broken between its words and never inside one."""
    lines = [f"{name}:"]
    for word in value.split():
        if len(lines[-1]) + 1 + len(word) > FOLD_AT and " " in lines[-1]:
            lines.append("")
        lines[-1] += f" {word}"
    return "".join(f"{line}\r\n" for line in lines)


def _encoded(text: str) -> str:
    """Text for a header: as it is, or as encoded words where it is not ASCII (RFC 2047)."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=75).encode()


def _mailbox(origin: Address) -> str:
    name = origin.display_name
    return f"{_encoded(name)} <{origin.addr_spec}>" if not name.isascii() else str(origin)


def _headers(message: Message, envelope: Envelope, domain: str) -> dict[str, str]:
    before = dict.fromkeys(filter(None, (envelope.first_message_id, envelope.last_message_id)))
    thread = [_message_id(item, domain) for item in before]
    return {
        "Subject": _encoded(clean_line(message.subject, SUBJECT_LIMIT)) or NO_SUBJECT,
        "Date": format_datetime(envelope.date),
        "Message-ID": _message_id(envelope.message_id, domain),
        "In-Reply-To": thread[-1] if thread else "",
        "References": " ".join(thread),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"Breach alerts <breach-alerts.{domain}>",
        "List-Unsubscribe": _unsubscribe(envelope.unsubscribe),
        "List-Unsubscribe-Post": _one_click(envelope.unsubscribe),
        "Content-Language": message.language if _LANGUAGE.fullmatch(message.language) else "",
    }


def safe_id(message_id: str) -> str:
    """``message_id`` itself; AlertdError when it is not one of ours."""
    if not _ID.fullmatch(message_id):
        raise AlertdError(f"{message_id!r} is no message id of alertd")
    return message_id


def _message_id(message_id: str, domain: str) -> str:
    return f"<{safe_id(message_id)}@{domain}>"


def _unsubscribe(ways: str) -> str:
    if not all(_URI.fullmatch(way) for way in ways.split()):
        raise AlertdError(f"{ways!r} is no https or mailto link to unsubscribe with")
    return ", ".join(f"<{way}>" for way in ways.split())


def _one_click(ways: str) -> str:
    https = any(way.startswith("https://") for way in ways.split())
    return "List-Unsubscribe=One-Click" if https else ""


_STRUCTURE: Final = frozenset({"MIME-Version", "Content-Type"})
_BODY_HEADERS: Final = frozenset({"Content-Type", "Content-Transfer-Encoding"})
_FIELD: Final = re.compile(rb"([A-Za-z-]+): ?[ -~]+")
_CONTINUED: Final = re.compile(rb"[ \t]+[!-~][ -~]*")


def verify(data: bytes, meant: frozenset[str], boundary: str) -> None:
    """Read the final bytes back (reliability rule T2).

    Raises:
        AlertdError: they do not hold exactly the headers that were ``meant``, once each, and
            two parts; or a line could not be sent as it is.
    """
    lines = data.split(b"\r\n")
    if not data.isascii() or any(len(x) > LINE_LIMIT or b"\r" in x or b"\n" in x for x in lines):
        raise AlertdError("the mail was not made: a line of it cannot be sent as it is")
    head, *parts = data.split(f"--{boundary}".encode())
    if not _holds(head, meant | _STRUCTURE):
        raise AlertdError("the mail was not made: its headers are not those that were meant")
    found = [_holds(part.removeprefix(b"\r\n"), _BODY_HEADERS) for part in parts[:-1]]
    if found != [True, True] or parts[-1] != b"--\r\n":
        raise AlertdError("the mail was not made: its parts are not those that were meant")


def _holds(part: bytes, names: frozenset[str]) -> bool:
    """Whether the lines before the first empty one are these headers, once each."""
    lines = part.partition(b"\r\n\r\n")[0].split(b"\r\n")
    found = [_FIELD.fullmatch(line) for line in lines if not _CONTINUED.fullmatch(line)]
    return sorted(match[1].decode() if match else "" for match in found) == sorted(names)


KIND: Final = ChannelKind(
    kind="email",
    settings=EmailSettings,
    encode=encode,
    judge=judge,
    senders=4,
    lease=timedelta(minutes=12),
    schedule=MAIL_SCHEDULE,
    lifetime=MAIL_LIFETIME,
)
