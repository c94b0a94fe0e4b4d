"""kill -9 at random moments: no alert is lost, and a duplicate carries the same Message-ID."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.daemon import ITEM, MAIL, RSS, running
from tests.httpserver import HttpServer, reply, serving
from tests.smtpserver import SMTPServer

PEOPLE = 200
KILLS = 10
SENDERS = 4


def settings(folder: Path, feed: HttpServer, mail: SMTPServer) -> None:
    """One source, one mail channel, many people who watch the same organisation."""
    people = "".join(
        f'[[subscriber]]\nname = "p{n}"\nemail = "p{n}@example.org"\ncountry = "FR"\n'
        f'watch = [{{name = "mine", organisations = ["Almerys"]}}]\n'
        for n in range(PEOPLE)
    )
    folder.joinpath("alertd.toml").write_text(
        f'database = "sqlite:///alertd.db"\n[polling]\nsources = ["press"]\nfloor = "1s"\n'
        f'[network]\nallow = ["{feed.allow}", "127.0.0.1:{mail.port}"]\n'
        f'[[source]]\nname = "press"\nkind = "feed"\nurl = "{feed.url("/feed")}"\nevery = "1s"\n'
        + MAIL.format(port=mail.port)
        + people
    )


def almerys_feed() -> bytes:
    """A feed with one breach."""
    item = ITEM.format(
        title="Almerys confirms data breach, social security numbers exposed",
        key="almerys-1",
        date=format_datetime(datetime.now(UTC)),  # noqa: TID251 - the daemon's clock is the real one
        text="Almerys confirmed a data breach. French social security numbers were exposed.",
    )
    return RSS.format(items=item).encode()


@pytest.mark.slow
async def test_R1_R2_R3_ten_kills_lose_nothing_and_repeat_only_what_was_in_flight(
    tmp_path: Path,
) -> None:
    chance = random.Random(20260529)  # noqa: S311 - where to kill, not a secret
    moments = sorted(chance.sample(range(1, PEOPLE - 5), KILLS))
    async with serving({"/feed": reply(almerys_feed())}) as feed, SMTPServer() as mail:
        settings(tmp_path, feed, mail)
        for moment in moments:
            async with running(tmp_path) as daemon:
                await mail.reached("final", moment)
                daemon.kill()
                await daemon.wait()
        async with running(tmp_path):
            await _everybody(mail)
    ids: dict[str, set[str]] = defaultdict(set)
    for item in mail.messages:
        ids[item.recipient].add(str(message_from_bytes(item.data)["Message-ID"]))
    assert len(ids) == PEOPLE, "everybody was told"
    assert all(len(found) == 1 for found in ids.values()), "a repeat has the same id"
    assert len(mail.messages) - PEOPLE <= KILLS * SENDERS, "only what was in flight was repeated"


async def _everybody(mail: SMTPServer) -> None:
    async with asyncio.timeout(60):
        times = len(mail.messages)
        while len({item.recipient for item in mail.messages}) < PEOPLE:
            times += 1
            await mail.reached("final", times)
