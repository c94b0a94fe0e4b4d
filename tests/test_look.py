"""alertd look: asks the sources whole, tells nobody who is meant, and keeps nothing."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from alertd import config
from alertd.app import opened
from alertd.cli.look import standing
from alertd.core.model import Corroboration, Incident, Organisation, Status
from alertd.look import look as search
from alertd.sources import SourceSettings, build, catalogue
from tests.daemon import alertd, environment
from tests.httpserver import HttpServer, serving
from tests.scene import almerys, configure, feed, item, now, person, source
from tests.smtpserver import SMTPServer

pytestmark = pytest.mark.slow
"""Each starts whole programs: half a second at least every time."""

CLAIM = item(
    "gang",
    "Ransomware gang claims attack on Corail Assurances",
    "The gang claims to have stolen names and phone numbers of 4,000 Corail Assurances customers.",
    3,
)
OTHER = item(
    "other",
    "Shop Lagon confirms data breach",
    "Shop Lagon confirmed a data breach of names. Its competitor Petit Phare was not affected.",
    9,
)
REGISTRY = '[[organisation]]\nname = "Tiers Payant"\naliases = ["Almerys"]\n'
NAMES = re.compile(r"almerys|corail|phare|tiers", re.IGNORECASE)


def requests(server: HttpServer) -> str:
    """Every word of every request."""
    return "\n".join(
        f"{asked.method} {asked.target} {asked.headers} {asked.body!r}" for asked in server.asked
    )


async def look(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, what was printed, and what was complained of."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alertd", "look", *words),
        env=environment(folder),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_what_is_known_is_told_newest_first_and_no_name_leaves(tmp_path: Path) -> None:
    async with serving({"/press": feed(almerys(hours=30), CLAIM, OTHER)}) as server:
        configure(tmp_path, server, None, source(server, "press"), REGISTRY)
        code, out, err = await look(tmp_path, "Tiers Payant", "Corail Assurances", "Petit Phare")
        assert not NAMES.search(requests(server))
        assert len(server.asked) == 1
    assert (code, err) == (10, "")
    claim, confirmed, mention, rest = out.split("\n\n")
    assert "Corail Assurances: claimed by criminals; Corail Assurances has not confirmed" in claim
    assert "leaked: name, phone" in claim
    assert "how many: 4,000 people" in claim
    assert "Almerys: confirmed by the organisation" in confirmed
    assert "source: press, " in confirmed
    assert "Petit Phare is only mentioned, not said to be breached" in mention
    assert rest == ""
    assert not list(tmp_path.glob("*.db*")), "nothing is stored"
    assert not (tmp_path / "state").exists()


async def test_json_is_a_list_of_what_was_found_and_how_it_matched(tmp_path: Path) -> None:
    async with serving({"/press": feed(almerys(), OTHER)}) as server:
        configure(tmp_path, server, None, source(server, "press"))
        code, out, err = await look(tmp_path, "--json", "Almerys", "Petit Phare")
    assert (code, err) == (10, "")
    hit, mention = json.loads(out)
    assert (hit["match"], hit["organisations"]) == ("breached", ["Almerys"])
    assert hit["data_types"] == ["national-id"]
    assert hit["sources"][0]["publisher"] == "press"
    assert (mention["match"], mention["organisation"]) == ("mentioned", "Petit Phare")


async def test_a_source_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with serving({"/press": feed(almerys())}) as server:
        tables = (source(server, "press"), source(server, "gone"))
        configure(tmp_path, server, None, *tables, polled=("press", "gone"))
        code, out, err = await look(tmp_path, "Nobody Of That Name")
        assert code == 0
        assert out == "no incident of Nobody Of That Name is known to 1 source\n"
        (line,) = err.splitlines()
        assert line.startswith("alertd: gone could not be read now (127.0.0.1:")
        assert line.endswith("nothing of it is known")


async def test_when_no_source_can_be_read_it_fails(tmp_path: Path) -> None:
    async with serving({}) as server:
        configure(tmp_path, server, None, source(server, "press"))
        code, out, err = await look(tmp_path, "Almerys")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1


async def test_what_was_read_within_the_hour_is_not_asked_again(tmp_path: Path) -> None:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        assert (await alertd(tmp_path, "run", "--once"))[0] == 10
        before = (tmp_path / "alertd.db").read_bytes()
        assert (await look(tmp_path, "Almerys"))[0] == 10
        assert len(server.asked) == 1
        assert (tmp_path / "alertd.db").read_bytes() == before
        assert len(mail.messages) == 1


async def test_a_copy_that_is_older_is_used_when_a_source_is_gone(tmp_path: Path) -> None:
    pages = {"/press": feed(almerys())}
    async with serving(pages) as server:
        configure(tmp_path, server, None, source(server, "press"))
        assert (await alertd(tmp_path, "source", "poll"))[0] == 0
        configure(tmp_path, server, None, source(server, "press", "elsewhere"))
        code, out, err = await look(tmp_path, "Almerys")
    assert code == 10
    assert "Almerys: confirmed" in out
    assert re.search(r"what it held at \d{4}-\d\d-\d\d \d\d:\d\d is used", err)


async def test_it_needs_no_configuration(tmp_path: Path) -> None:
    plain = config.load(None, {"HOME": str(tmp_path)}, tmp_path)
    assert {source.name for source in plain.sources} == set(catalogue())
    told: list[str] = []
    async with serving({"/press": feed(almerys())}) as server:
        press = build(SourceSettings(name="press", url=server.url("/press")))
        here = plain.network.model_copy(update={"allow": (server.allow,)})
        reached = replace(plain, sources=(press,), network=here)
        async with opened(reached, dry_run=True) as app:
            found = await search(app, ["almerys.com", "Almerys"], told.append)
    assert [hit.incident.organisations[0].name for hit in found.hits] == ["Almerys"]
    assert (found.unread, found.sources, found.blind) == ((), 1, False)
    assert "press was asked" in told
    assert list(tmp_path.iterdir()) == []


async def test_an_empty_name_is_told_in_one_line(tmp_path: Path) -> None:
    async with serving({}) as server:
        configure(tmp_path, server, None, source(server, "press"))
        code, out, err = await look(tmp_path, " ")
        assert (code, out) == (2, "")
        assert err.startswith("alertd: name an organisation or its domain")
        assert server.asked == []


@pytest.mark.parametrize(
    ("status", "sure", "words"),
    [
        (Status.CLAIMED, Corroboration.C0, "claimed by criminals; Almerys has not confirmed this"),
        (Status.CLAIMED, Corroboration.C1, "claimed, not verified"),
        (Status.CLAIMED, Corroboration.C3, "claimed, not verified"),
        (Status.CONFIRMED, Corroboration.C2, "reported"),
        (Status.CONFIRMED, Corroboration.C3, "confirmed by the organisation"),
        (Status.CONFIRMED, Corroboration.C4, "confirmed by an authority"),
        (Status.DISPUTED, Corroboration.C3, "disputed: it is denied by some"),
        (Status.WITHDRAWN, Corroboration.C4, "withdrawn: the report was taken back"),
    ],
)
def test_the_status_says_no_more_than_is_known(
    status: Status, sure: Corroboration, words: str
) -> None:
    incident = Incident(
        id=1,
        revision=1,
        organisations=(Organisation("Almerys", "almerys"),),
        status=status,
        corroboration=sure,
        published=now(),
        first_seen=now(),
    )
    assert standing(incident) == words
