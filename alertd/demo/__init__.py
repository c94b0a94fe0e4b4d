"""The demonstration: the real daemon on bundled samples, real servers on loopback.

Succeeds only if every sample came to what ``expected.toml`` says and every mail arrived.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from alertd import config, log
from alertd.app import App, opened
from alertd.clock import utc_now
from alertd.core.model import Account, Incident
from alertd.daemon import Daemon
from alertd.demo.servers import HOST, Mailbox, Page, feed_server, filled, smtp_server
from alertd.errors import AlertdError
from alertd.store import Rx

SECONDS: Final = 15.0
"""How long the expected mails are waited for."""
Say = Callable[[str], None]
FEEDS: Final = ("register.json", "press-en.xml", "press-fr.xml")
SHOWN: Final = "expat@example.org"
"""Whose mail is printed: French acts and contacts, in the language of the terminal."""


@dataclass(slots=True)
class Samples:
    """What the demonstration is made of; a test takes parts away."""

    feeds: dict[str, str]
    later: dict[str, str]
    settings: str
    expected: Mapping[str, Any]
    without: frozenset[str] = frozenset()
    seconds: float = SECONDS


@dataclass(slots=True)
class Outcome:
    """What came of it: the folder kept, the mails, and what is missing."""

    folder: Path
    mails: list[EmailMessage] = field(default_factory=list)
    incidents: list[tuple[Incident, tuple[Account, ...], dict[tuple[int, int], str]]] = field(
        default_factory=list
    )
    told: list[dict[str, Any]] = field(default_factory=list)
    urls: tuple[str, ...] = ()
    missing: list[str] = field(default_factory=list)


def samples() -> Samples:
    """The bundled samples, whole."""
    home = files("alertd.demo")

    def text(name: str) -> str:
        return home.joinpath(name).read_text("utf-8")

    return Samples(
        feeds={name: text(f"feeds/{name}") for name in FEEDS},
        later={"press-fr.xml": text("feeds/press-fr-later.xml")},
        settings=text("alertd.toml"),
        expected=tomllib.loads(text("expected.toml")),
    )


async def show(given: Samples | None = None, say: Say = print) -> int:
    """Run the demonstration and tell it; 0 when all that was expected came, else 1."""
    log.configure(stream=sys.stderr, level="error", json=False, journal=False)
    try:
        outcome = await run(given or samples())
    except AlertdError as error:
        say(f"The demonstration could not run: {error}")
        return 1
    tell(outcome, say)
    return 1 if outcome.missing else 0


async def run(given: Samples) -> Outcome:
    """Run the daemon on the samples until every expected mail is there, or time is up."""
    folder = Path(tempfile.mkdtemp(prefix="alertd-demo-"))
    outcome = Outcome(folder)
    mailbox = Mailbox()
    pages = dict(given.feeds)
    async with AsyncExitStack() as servers:
        feed_port = await servers.enter_async_context(feed_server(_pages(given, pages)))
        smtp_port = await servers.enter_async_context(smtp_server(mailbox))
        if "smtp" in given.without:
            await servers.pop_all().aclose()
            smtp_port = feed_port
        settings = _written(given.settings, folder, feed_port, smtp_port)
        loaded = config.load(settings, {}, folder)
        async with opened(loaded) as app:
            daemon = Daemon(app, lambda: loaded)
            running = asyncio.create_task(daemon.run())
            await _wait(mailbox, _mails(given, first=True), given.seconds)
            pages |= given.later
            await _wait(mailbox, _mails(given, first=False), given.seconds)
            daemon.stop()
            await running
            await _look(app, outcome)
    outcome.mails = mailbox.messages
    outcome.missing = missing(given, outcome)
    _keep(outcome, mailbox.mails)
    return outcome


def missing(given: Samples, outcome: Outcome) -> list[str]:
    """What was expected and did not come, and what came and was not expected."""
    found = _items(outcome)
    wanted_items: Mapping[str, str] = given.expected["items"]
    lines = [
        f"the item {name} should be {_called(incident)} and is {_called(found.get(name))}"
        for name, incident in wanted_items.items()
        if found.get(name) != incident
    ]
    ids = Counter(str(mail["Message-ID"]).strip("<>").split("@")[0] for mail in outcome.mails)
    sent = Counter(
        (item["subscriber"], item["title"], item["kind"])
        for item in outcome.told
        if ids[item["message_id"]] == 1
    )
    wanted = Counter(
        (alert["subscriber"], alert["incident"], kind)
        for alert in given.expected["alerts"]
        for kind in alert["kinds"]
    )
    lines += [f"no mail reached {who}: {kind}, {what}" for who, what, kind in wanted - sent]
    lines += [f"a mail too many to {who}: {kind}, {what}" for who, what, kind in sent - wanted]
    return lines


def tell(outcome: Outcome, say: Say) -> None:
    """Show on the terminal what happened and why."""
    say("alertd demo: the real daemon, made-up samples, everything on this machine\n")
    say("What was read")
    for incident, accounts, reasons in outcome.incidents:
        name = ", ".join(item.name for item in incident.organisations)
        facts = ", ".join(sorted(incident.data_types))
        sure = f"{incident.status.value}, C{incident.corroboration.value}"
        say(f"\n  Incident {incident.ref}: {name}, {sure}")
        say(f"    leaked: {facts}")
        for account in accounts:
            say(f"    {account.publisher}: {account.title}")
            say(f"      {reasons[account.report, account.part]}")
    say("\n  Not about a breach, so nobody is told:")
    for name, incident_name in _items(outcome).items():
        if not incident_name:
            say(f"    {name}")
    say("\nWho was told, and why")
    for item in outcome.told:
        say(f"  {item['subscriber']}: {item['kind']}, {item['title']} ({item['state']})")
        for line in item["because"]:
            say(f"    {line}")
    _tell_mail(outcome, say)
    say(f"\nEvery mail is kept in {outcome.folder} as .eml, .html and .json.")
    for line in outcome.missing:
        say(f"MISSING: {line}")
    say("Everything expected arrived." if not outcome.missing else "The demonstration failed.")


def _tell_mail(outcome: Outcome, say: Say) -> None:
    mail = next((mail for mail in outcome.mails if mail["To"] == SHOWN), None)
    if mail is None:
        return
    body = mail.get_body(("plain",))
    say(f"\nOne mail, as its reader sees it\n\n  To: {mail['To']}\n  Subject: {mail['Subject']}\n")
    for line in (body.get_content() if body else "").splitlines():
        say(f"  {line}".rstrip())


def _called(incident: str | None) -> str:
    if incident is None:
        return "not there"
    return f"part of {incident}" if incident else "no breach"


def _pages(given: Samples, pages: Mapping[str, str]) -> Page:
    now = utc_now()

    def page(path: str, host: str) -> str | None:
        name = path.strip("/")
        if "feeds" in given.without or name not in pages:
            return None
        return filled(pages[name], host, now)

    return page


def _written(settings: str, folder: Path, feed_port: int, smtp_port: int) -> Path:
    places = {
        "{folder}": str(folder),
        "{host}": f"{HOST}:{feed_port}",
        "{smtp_host}": HOST,
        "{smtp_port}": str(smtp_port),
    }
    for place, value in places.items():
        settings = settings.replace(place, value)
    path = folder / "alertd.toml"
    path.write_text(settings, encoding="utf-8")
    return path


def _mails(given: Samples, *, first: bool) -> int:
    kinds = [kind for alert in given.expected["alerts"] for kind in alert["kinds"]]
    return sum(kind == "new" for kind in kinds) if first else len(kinds)


async def _wait(mailbox: Mailbox, count: int, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while len(mailbox.mails) < count:
                mailbox.arrived.clear()
                await mailbox.arrived.wait()
    except TimeoutError:
        return  # what is missing is told at the end


async def _look(app: App, outcome: Outcome) -> None:
    def ask(rx: Rx) -> None:
        for incident, _ in reversed(rx.incidents()):
            links = {(report, part): why for report, part, _, why in rx.links(incident.id)}
            accounts = rx.accounts([incident.id])[incident.id]
            outcome.incidents.append((incident, accounts, links))
        titles = {item[0].ref: _title(item[0]) for item in outcome.incidents}
        for item in rx.deliveries():
            because = rx.because(item["id"])
            outcome.told.append(
                {**item, "title": titles.get(item["incident"], ""), "because": because}
            )
        outcome.urls = rx.report_urls()

    await app.store.read(ask)


def _title(incident: Incident) -> str:
    return incident.organisations[0].name if incident.organisations else incident.title


def _items(outcome: Outcome) -> dict[str, str]:
    """Each item that was read, by its link's last part: its incident, or "" for no breach."""
    told = {
        account.url: _title(incident)
        for incident, accounts, _ in outcome.incidents
        for account in accounts
    }
    return {url.rsplit("/", 1)[-1]: told.get(url, "") for url in outcome.urls}


def _keep(outcome: Outcome, mails: Iterable[bytes]) -> None:
    """Keep each mail as it came, its HTML part, and what it is about."""
    about = {item["message_id"]: item for item in outcome.told}
    for number, (raw, mail) in enumerate(zip(mails, outcome.mails, strict=True), 1):
        name = f"{number:02d}-{str(mail['To']).split('@')[0]}"
        (outcome.folder / f"{name}.eml").write_bytes(raw)
        html = mail.get_body(("html",))
        if html is not None:
            (outcome.folder / f"{name}.html").write_text(html.get_content(), encoding="utf-8")
        key = str(mail["Message-ID"]).strip("<>").split("@")[0]
        (outcome.folder / f"{name}.json").write_text(
            json.dumps(about.get(key, {}), ensure_ascii=False, indent=1), encoding="utf-8"
        )
