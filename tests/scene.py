"""Scenes for the real program: feeds with dates of today, a configuration, the mails that came."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from tests.daemon import ITEM, MAIL, RSS
from tests.httpserver import HttpServer, reply
from tests.smtpserver import SMTPServer

SOURCE = '[[source]]\nname = "{name}"\nkind = "{kind}"\nurl = "{url}"\nevery = "1s"\n{more}'
PERSON = '[[subscriber]]\nname = "{name}"\nemail = "{name}@example.org"\n{more}watch = [{watch}]\n'


def now() -> datetime:
    """The clock of the program under test."""
    return datetime.now(UTC)  # noqa: TID251 - the daemon's clock is the real one


def ago(hours: float) -> str:
    """A date of RSS, so many hours before now."""
    return format_datetime(now() - timedelta(hours=hours))


def item(key: str, title: str, text: str, hours: float = 1.0) -> str:
    """One item of a feed."""
    return ITEM.format(key=key, title=title, text=text, date=ago(hours))


def feed(*items: str) -> bytes:
    """The answer of a server that serves a feed of these items."""
    return reply(RSS.format(items="".join(items)).encode())


def almerys(key: str = "almerys-1", hours: float = 1.0) -> str:
    """An item on one breach that French patients are concerned by."""
    return item(
        key,
        "Almerys confirms data breach, social security numbers exposed",
        "Almerys confirmed a data breach. French social security numbers were exposed.",
        hours,
    )


def source(
    server: HttpServer, name: str, path: str = "", *, kind: str = "feed", more: str = ""
) -> str:
    """A table of the configuration: the source ``name``, at a path, else that of its name."""
    return SOURCE.format(name=name, kind=kind, url=server.url(f"/{path or name}"), more=more)


def person(
    name: str, watch: str = '{name = "mine", organisations = ["Almerys"]}', **more: str
) -> str:
    """A table of the configuration: a subscriber with one watch."""
    lines = {"country": "FR", **more}
    keys = "".join(f'{key} = "{value}"\n' for key, value in lines.items())
    return PERSON.format(name=name, more=keys, watch=watch)


def configure(
    folder: Path,
    server: HttpServer,
    mail: SMTPServer | None,
    *tables: str,
    top: str = "",
    allow: tuple[str, ...] = (),
    polled: tuple[str, ...] = ("press",),
) -> None:
    """Write the configuration: loopback only, none but the operator's own sources polled."""
    allowed = [server.allow, *([f"127.0.0.1:{mail.port}"] if mail else []), *allow]
    folder.joinpath("alertd.toml").write_text(
        f'database = "sqlite:///alertd.db"\n{top}\n'
        f'[polling]\nsources = {json.dumps(polled)}\nfloor = "1s"\n'
        f"[network]\nallow = {json.dumps(allowed)}\n"
        + (MAIL.format(port=mail.port) if mail else "")
        + "".join(tables),
        encoding="utf-8",
    )


def mails(server: SMTPServer) -> list[EmailMessage]:
    """The mails that a server took, parsed."""
    return [message_from_bytes(got.data, policy=policy.default) for got in server.messages]


def to(server: SMTPServer, name: str) -> list[EmailMessage]:
    """The mails that one person got."""
    return [mail for mail in mails(server) if mail["To"] == f"{name}@example.org"]


def text_of(mail: EmailMessage) -> str:
    """The text part of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
