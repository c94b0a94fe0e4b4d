"""What came of the demonstration: compared with what must come, and kept in a folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from alertd.core.model import Account, Incident
from alertd.demo.samples import Samples, Told
from alertd.demo.servers import Inbox, Received
from alertd.store import Rx

Links = Mapping[tuple[int, int], str]
"""Why each account, by its report and part, is of its incident."""


@dataclass(slots=True)
class Outcome:
    """The folder kept, what was read, who was told, what arrived, and what is missing."""

    folder: Path
    polled: tuple[str, ...] = ()
    incidents: list[tuple[Incident, tuple[Account, ...], Links]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    urls: tuple[str, ...] = ()
    mails: list[EmailMessage] = field(default_factory=list)
    posts: list[Received] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def items(self) -> dict[str, str]:
        """Each item that was read, by its link's last part: its incident, "" for no breach."""
        told = {
            account.url: title_of(incident)
            for incident, accounts, _ in self.incidents
            for account in accounts
        }
        return {url.rsplit("/", 1)[-1]: told.get(url, "") for url in self.urls}


def title_of(incident: Incident) -> str:
    """What the demonstration calls an incident."""
    return incident.organisations[0].name if incident.organisations else incident.title


def look(rx: Rx, outcome: Outcome) -> None:
    """Read from the store what was polled, joined and told."""
    outcome.polled = tuple(name for name, item in sorted(rx.healths().items()) if item.succeeded_at)
    for incident, _ in reversed(rx.incidents()):
        links = {(report, part): why for report, part, _, why in rx.links(incident.id)}
        accounts = rx.accounts([incident.id])[incident.id]
        outcome.incidents.append((incident, accounts, links))
    titles = {item[0].ref: title_of(item[0]) for item in outcome.incidents}
    outcome.told = [
        {**item, "title": titles.get(item["incident"], ""), "because": rx.because(item["id"])}
        for item in rx.deliveries()
    ]
    outcome.urls = rx.report_urls()


def missing(given: Samples, outcome: Outcome) -> list[str]:
    """What was expected and did not come, and what came and was not expected."""
    found = outcome.items
    wanted_items: Mapping[str, str] = given.expected["items"]
    lines = [
        f"the item {name} should be {_called(incident)} and is {_called(found.get(name))}"
        for name, incident in wanted_items.items()
        if found.get(name) != incident
    ]
    sent, wanted = _arrived(outcome), given.told()
    lines += [
        f"nothing by {way} reached {who}: {kind}, {on}" for who, on, kind, way in wanted - sent
    ]
    lines += [
        f"one too many by {way} to {who}: {kind}, {on}" for who, on, kind, way in sent - wanted
    ]
    lines += [
        f"a post is not signed as it should be: {post.id}"
        for post in outcome.posts
        if not post.signed
    ]
    return lines


def _called(incident: str | None) -> str:
    if incident is None:
        return "not there"
    return f"part of {incident}" if incident else "no breach"


def _arrived(outcome: Outcome) -> Told:
    """What was told and came; a message that came twice counts twice."""
    times = Counter(("mail", key_of(mail)) for mail in outcome.mails)
    times += Counter(("siem", post.id) for post in outcome.posts if post.signed)
    told: Told = Counter()
    for item in outcome.told:
        key = (item["subscriber"], item["title"], item["kind"], item["channel"])
        told[key] += times[item["channel"], item["message_id"]]
    return told


def key_of(mail: EmailMessage) -> str:
    """The id of a message, which its Message-ID begins with."""
    return str(mail["Message-ID"]).strip("<>").split("@")[0]


def keep(outcome: Outcome, inbox: Inbox) -> None:
    """Keep each mail as it came with its HTML part and what it is about, and each post."""
    about = {item["message_id"]: item for item in outcome.told}
    for number, (raw, mail) in enumerate(zip(inbox.mails, outcome.mails, strict=True), 1):
        path = outcome.folder / f"{number:02d}-{str(mail['To']).split('@')[0]}"
        for suffix, content in _parts(raw, mail, about.get(key_of(mail), {})):
            path.with_suffix(suffix).write_bytes(content)
    for number, post in enumerate(outcome.posts, len(outcome.mails) + 1):
        path = outcome.folder / f"{number:02d}-siem.json"
        path.write_bytes(
            _json({"headers": post.headers, "signed": post.signed, "body": post.event})
        )


def _parts(raw: bytes, mail: EmailMessage, about: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    html = mail.get_body(("html",))
    yield ".eml", raw
    if html is not None:
        yield ".html", html.get_content().encode()
    yield ".json", _json(about)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
