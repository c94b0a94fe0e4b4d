"""The demonstration on the terminal: what was read, who was told and why, what arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from email.message import EmailMessage
from typing import Any, Final

from alertd.core.model import Incident
from alertd.demo.outcome import Outcome
from alertd.demo.servers import Received

Say = Callable[[str], None]
SHOWN: Final = "expat@example.org"
"""Whose mail is printed: French acts and contacts, in the language of the terminal."""


def tell(outcome: Outcome, say: Say) -> None:
    """Show on the terminal what happened and why."""
    say("alertd demo: the real daemon, made-up samples, everything on this machine\n")
    say(f"What was polled: {', '.join(outcome.polled)}; {len(outcome.urls)} items in all")
    say("\nWhich reports became which incident, and why")
    for incident, accounts, reasons in outcome.incidents:
        say(_headline(incident))
        for account in sorted(accounts, key=lambda item: item.report):  # as they came
            say(f"    {account.publisher}: {account.title}")
            say(f"      {reasons[account.report, account.part]}")
    others = ", ".join(name for name, incident in outcome.items.items() if not incident)
    say(f"  No breach, so nobody is told: {others}")
    say("\nWho was told, by what, and why")
    for line in _told(outcome.told):
        say(f"  {line}")
    _tell_mail(outcome.mails, say)
    _tell_posts(outcome.posts, say)
    say(f"\nEvery mail is kept in {outcome.folder} as .eml, .html and .json; every post as .json.")
    for line in outcome.missing:
        say(f"MISSING: {line}")
    say("Everything expected arrived." if not outcome.missing else "The demonstration failed.")


def _headline(incident: Incident) -> str:
    name = ", ".join(item.name for item in incident.organisations)
    facts = ", ".join(sorted(incident.data_types))
    sure = f"{incident.status.value}, C{incident.corroboration.value}"
    return f"  Incident {incident.ref}: {name}, {sure}; leaked: {facts}"


def _told(told: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for each person and incident with the kinds and ways, and one for each watch."""
    said: dict[tuple[str, str], list[str]] = {}
    because: dict[tuple[str, str], list[str]] = {}
    for item in told:
        key = (str(item["subscriber"] or "operator"), item["title"] or "trouble")
        said.setdefault(key, []).append(f"{item['kind']} by {item['channel']} ({item['state']})")
        because[key] = item["because"]
    return [
        line
        for key, ways in said.items()
        for line in (
            f"{key[0]}, of {key[1]}: {', '.join(ways)}",
            *(f"  {watch}: {'; '.join(why)}" for watch, why in _by_watch(because[key]).items()),
        )
    ]


def _by_watch(because: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in because:
        watch, _, why = line.partition(": ")
        found.setdefault(watch, []).append(why)
    return found


def _tell_mail(mails: Iterable[EmailMessage], say: Say) -> None:
    mail = next((mail for mail in mails if mail["To"] == SHOWN), None)
    if mail is None:
        return
    body = mail.get_body(("plain",))
    say(f"\nOne mail, as its reader sees it\n\n  To: {mail['To']}\n  Subject: {mail['Subject']}\n")
    for line in (body.get_content() if body else "").rstrip().splitlines():
        say(f"  {line}".rstrip())


def _tell_posts(posts: Iterable[Received], say: Say) -> None:
    say("\nWhat the webhook receiver took")
    for post in posts:
        data = post.event.get("data", {})
        names = ", ".join(data.get("organisations", ()))
        seal = "signature verified" if post.signed else "SIGNATURE WRONG"
        ways = ", ".join(" ← ".join(item["path"]) for item in data.get("matched", ()))
        say(f"  {post.event.get('type')}: {names}, {data.get('severity')}, for {ways}; {seal}")
