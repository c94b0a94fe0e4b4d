"""Samples of three real feeds, moved to this week and served from loopback."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import alertd
from tests.httpserver import Asked, HttpServer, reply, serving
from tests.posts import ID, as_read, event, posts, routed, signed, slack
from tests.scene import configure, mails, now, person, source, text_of, to
from tests.smtpserver import SMTPServer
from tests.test_app import daemon

SAMPLES = Path(__file__).parent / "data" / "sources"
PUBLISHED = re.compile(r"(?<=<pubDate>)[^<]+")
TEAM, SIEM = "/services/team", "/in/siem"
WAYS = ("mail", "team", "siem")
LOOKBACK = timedelta(days=7)
LATE_COMER = "Storenvy"
"""A breach of 2019 that the list of known breaches has only since today."""

Record = dict[str, Any]


def this_week(path: str) -> bytes:
    """A sample whose items came out in the last days, newest first."""
    hours = count(2, 20)

    def moved(_old: re.Match[str]) -> str:
        return format_datetime(now() - timedelta(hours=next(hours)))

    text, items = PUBLISHED.subn(moved, (SAMPLES / path).read_text("utf-8"))
    assert items == 3
    return text.encode()


def listed(size: int, *more: Record) -> bytes:
    """So many old records of the list of known breaches or some more, and then these."""
    kept = [item for item in sample() if item["Name"] != LATE_COMER]
    rounds = -(-size // len(kept))
    old = [numbered(item, number) for number in range(rounds) for item in kept]
    assert len(old) >= size
    assert max(item["AddedDate"] for item in old) < f"{now() - LOOKBACK:%Y-%m-%d}"
    return reply(json.dumps([*old, *more]).encode())


def sample() -> list[Record]:
    found: list[Record] = json.loads((SAMPLES / "hibp" / "trimmed.json").read_text("utf-8"))
    return found


def numbered(record: Record, number: int) -> Record:
    """The record as another breach of its own; as it is where the number is 0."""
    if number == 0:
        return record
    domain = record["Domain"] and f"{number}.{record['Domain']}".replace(".", "-", 1)
    own = {"Name": f"{record['Name']}{number}", "Title": f"{record['Title']} {number}"}
    date = f"{2008 + number % 16}-{1 + number % 12:02}-{1 + number % 28:02}"
    count = record["PwnCount"] * (number + 1)
    return record | own | {"Domain": domain, "BreachDate": date, "PwnCount": count}


def added_today() -> Record:
    """The one record more, with the hour of now."""
    [record] = [item for item in sample() if item["Name"] == LATE_COMER]
    return record | {"AddedDate": f"{now():%Y-%m-%dT%H:%M:%SZ}"}


def configured(folder: Path, server: HttpServer, mail: SMTPServer) -> None:
    """Three sources, two who are told by three routes, two who are to hear nothing."""
    configure(
        folder,
        server,
        mail,
        slack(server, "team", TEAM, shared=True),
        signed(server, "siem", SIEM),
        source(server, "french", kind="frenchbreaches"),
        source(server, "american", kind="databreaches-net"),
        source(server, "pwned", kind="hibp"),
        routed(
            person("member", '{name = "club", organisations = ["John Paul"]}', language="fr"), *WAYS
        ),
        routed(person("parent", '{name = "birth dates", data_types = ["date-of-birth"]}'), *WAYS),
        # A fine for an old breach is none, and a product is not who was breached.
        person("fined", '{name = "fined", organisations = ["HAESUNG DS", "PIPC"]}'),
        person("office", '{name = "software", organisations = ["Microsoft", "SharePoint"]}'),
        polled=("french", "american", "pwned"),
    )


async def read_again(folder: Path) -> None:
    """Start the daemon, let it read every source, and stop it."""
    async with daemon(folder) as running:
        for name in ("french", "american", "pwned"):
            await running.says(f'"source": "{name}", "items"')


def once_each(server: HttpServer, mail: SMTPServer) -> Counter[str]:
    """How many messages came by each way.

    Raises:
        AssertionError: one came twice.
    """
    came = {
        "mail": [str(item["Message-ID"]) for item in mails(mail)],
        "team": [as_read(item) for item in posts(server, TEAM)],
        "siem": [str(event(item)["id"]) for item in posts(server, SIEM)],
    }
    for found in came.values():
        assert len(set(found)) == len(found)
    return Counter({way: len(found) for way, found in came.items()})


def concerning(server: HttpServer, name: str) -> tuple[list[Asked], list[Asked]]:
    """The posts to the chat, and the events, that name an organisation."""
    chats = [post for post in posts(server, TEAM) if name in as_read(post)]
    events = [post for post in posts(server, SIEM) if name in event(post)["data"]["organisations"]]
    return chats, events


@pytest.mark.slow
@pytest.mark.parametrize("size", [100, 1_000])
async def test_each_mail_and_post_comes_once_over_restarts_and_nothing_for_what_is_old_or_none(
    tmp_path: Path, size: int
) -> None:
    pages = {
        "/french": reply(this_week("frenchbreaches/three.xml")),
        "/american": reply(this_week("databreaches-net/three.xml")),
        "/pwned": listed(size),
        TEAM: reply(b"ok"),
        SIEM: reply(status=202),
    }
    async with serving(pages) as server, SMTPServer() as mail:
        configured(tmp_path, server, mail)
        first, said = await alertd(tmp_path, "run", "--once")
        assert first == 10, said
        assert sorted(str(item["To"]) for item in mails(mail)) == [
            "member@example.org",
            "parent@example.org",
        ]
        assert once_each(server, mail) == dict.fromkeys(WAYS, 2)
        _, kept = await alertd(tmp_path, "incident", "list", "--json", "--limit", "2000")
        second, said = await alertd(tmp_path, "run", "--once")
        assert second == 0, said
        await read_again(tmp_path)
        assert once_each(server, mail) == dict.fromkeys(WAYS, 2)

        pages["/pwned"] = listed(size, added_today())
        async with daemon(tmp_path) as running:
            await running.says('"delivery settled"', 3)
        await read_again(tmp_path)
        assert once_each(server, mail) == dict.fromkeys(WAYS, 3)
        rows = json.loads((await alertd(tmp_path, "delivery", "list", "--json"))[1])
        [_, late] = to(mail, "parent")
        [chat], [post] = concerning(server, LATE_COMER)
    assert [row["state"] for row in rows] == ["sent"] * 9
    ids = {item.headers[ID] for item in posts(server, SIEM)}
    assert ids == {row["message_id"] for row in rows if row["channel"] == "siem"}

    member, parent = to(mail, "member")[0], to(mail, "parent")[0]
    assert "John Paul" in member["Subject"]
    assert "date de naissance" in text_of(member)
    assert "Your watch “birth dates” covers: date of birth" in text_of(parent)
    titles = {item["title"] for item in json.loads(kept)}
    assert {"FrenchInnov", "John Paul", "SFR", "Genea", "Adobe", "Adobe 2"} <= titles
    assert not any("HAESUNG" in title for title in titles)
    assert len(titles) > size // 2, "the old records are kept, as history"
    assert LATE_COMER not in titles

    # An old breach, newly known: the message names its day, and who made it known today.
    assert late["Subject"] == "Report of a leak at Storenvy"
    assert "4 April 2019" in folded(text_of(late))
    assert "Have I Been Pwned reported a data leak at Storenvy" in folded(text_of(late))
    assert "Data: password" in as_read(chat)
    data = event(post)["data"]
    assert (data["kind"], data["incident_date"]) == ("new", "2019-04-04")
    assert data["published"][:10] >= f"{now() - timedelta(days=1):%Y-%m-%d}"


def folded(text: str) -> str:
    return " ".join(text.split())
