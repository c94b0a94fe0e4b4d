"""Samples of two real feeds, moved to this week and served from loopback."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path

from tests.daemon import alertd
from tests.httpserver import reply, serving
from tests.scene import configure, mails, now, person, source, text_of, to
from tests.smtpserver import SMTPServer

SAMPLES = Path(__file__).parent / "data" / "sources"
PUBLISHED = re.compile(r"(?<=<pubDate>)[^<]+")


def this_week(path: str) -> bytes:
    """A sample whose items came out in the last days, newest first."""
    hours = count(2, 20)

    def moved(_old: re.Match[str]) -> str:
        return format_datetime(now() - timedelta(hours=next(hours)))

    text, items = PUBLISHED.subn(moved, (SAMPLES / path).read_text("utf-8"))
    assert items == 3
    return text.encode()


async def test_each_due_mail_comes_once_and_nothing_for_what_is_no_breach(tmp_path: Path) -> None:
    pages = {
        "/french": reply(this_week("frenchbreaches/three.xml")),
        "/american": reply(this_week("databreaches-net/three.xml")),
    }
    async with serving(pages) as server, SMTPServer() as mail:
        configure(
            tmp_path,
            server,
            mail,
            source(server, "french", kind="frenchbreaches"),
            source(server, "american", kind="databreaches-net"),
            person("member", '{name = "club", organisations = ["John Paul"]}', language="fr"),
            person("parent", '{name = "birth dates", data_types = ["date-of-birth"]}'),
            # A fine for an old breach is none, and a product is not who was breached.
            person("fined", '{name = "fined", organisations = ["HAESUNG DS", "PIPC"]}'),
            person("office", '{name = "software", organisations = ["Microsoft", "SharePoint"]}'),
            polled=("french", "american"),
        )
        first, said = await alertd(tmp_path, "run", "--once")
        assert first == 10, said
        assert sorted(str(item["To"]) for item in mails(mail)) == [
            "member@example.org",
            "parent@example.org",
        ]
        _, listed = await alertd(tmp_path, "incident", "list", "--json")
        second, said = await alertd(tmp_path, "run", "--once")
        assert second == 0, said
        assert len(mail.messages) == 2
    member, parent = to(mail, "member")[0], to(mail, "parent")[0]
    assert "John Paul" in member["Subject"]
    assert "date de naissance" in text_of(member)
    assert "Your watch “birth dates” covers: date of birth" in text_of(parent)
    titles = {item["title"] for item in json.loads(listed)}
    assert {"FrenchInnov", "John Paul", "SFR", "Genea"} <= titles
    assert not any("HAESUNG" in title for title in titles)
