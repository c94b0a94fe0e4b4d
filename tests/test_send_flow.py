"""Posts from the store to the peer: what becomes of messages and of their channel."""

from __future__ import annotations

import hmac
import json
import signal
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alertd.app import App
from alertd.channels import kinds
from alertd.config import Config, ConfiguredChannel, NetworkSettings, OperatorSettings
from alertd.core.people import Route
from alertd.store import Store, Tx
from tests.conftest import Clock
from tests.daemon import alertd
from tests.httpserver import Asked, HttpServer, reply, serving
from tests.scene import almerys, configure, feed, person, source, to
from tests.smtpserver import SMTPServer
from tests.test_app import daemon
from tests.world import World, subscriber

TOKEN = "B0H9S0Y05-made-up-token-4711"
PATH = f"/services/T024F4EL1/{TOKEN}"

LEAK = (
    "Almerys, a French payments processor, confirmed a data breach. Names and French social "
    "security numbers were exposed."
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def configured(name: str, kind: str, **settings: Any) -> ConfiguredChannel:  # noqa: ANN401 - any setting
    found = kinds()[kind]
    table = found.settings.model_validate({"kind": kind, **settings})
    return ConfiguredChannel(
        name=name,
        kind=found,
        settings=table,  # type: ignore[arg-type]  # each kind's table is one of ChannelSettings
        shared=found.shared,
    )


@asynccontextmanager
async def running(
    store: Store, clock: Clock, server: HttpServer, *channels: ConfiguredChannel
) -> AsyncIterator[App]:
    """The parts of the program on a store, with these channels and mail for the operator."""
    mail = {"host": "127.0.0.1", "port": 1, "security": "none", "from": "alertd <a@example.org>"}
    config = Config(
        path=None,
        database="",
        public_url="https://alerts.example.org",
        operator=OperatorSettings(channel="mail", to="ops@example.org"),
        network=NetworkSettings(allow=(server.allow,)),
        channels={item.name: item for item in (*channels, configured("mail", "email", **mail))},
    )
    async with App(config, store, clock=clock, jitter=float) as app:
        yield app


async def people_are_alerted(world: World, channel: str, *names: str) -> None:
    """There is a message for each of these people."""
    route = (Route(channel=channel),)
    people = [subscriber(name, routes=route, organisations=("Almerys",)) for name in names]
    await world.add(*people)
    world.publish("press", "Almerys confirms data breach, numbers exposed", LEAK)
    await world.poll()
    await world.correlate()


async def states(store: Store, channel: str) -> list[str]:
    found = await store.read(lambda rx: rx.deliveries())
    return [row["state"] for row in found if row["channel"] == channel]


async def notices(store: Store) -> int:
    found = await store.read(lambda rx: rx.deliveries())
    return sum(row["kind"] == "notice" for row in found)


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"no_service"), (410, b"channel_is_archived"), (403, b"x")]
)
async def test_a_slack_hook_that_is_gone_suspends_its_channel_and_tells_the_operator(
    store: Store, clock: Clock, status: int, body: bytes
) -> None:
    world = World(store, clock)
    async with serving({PATH: reply(body, status=status)}) as server:
        team = configured("team", "slack", url=server.url(PATH))
        async with running(store, clock, server, team) as app:
            await people_are_alerted(world, "team", "ada", "bob")
            assert await app.send_due(team) == 1
            assert await states(store, "team") == ["held", "waiting"]
            clock.forward(days=1)
            assert await app.send_due(team) == 0
            assert len(server.asked) == 1, "a dead hook is left alone"
            row = (await store.read(lambda rx: rx.channels()))["team"]
            assert (row["suspended"], row["answer"]) == (True, f"{status} {body.decode()}")
            assert await notices(store) == 1

            server.routes = {PATH: reply(b"ok")}
            await store.run(lambda tx: tx.resume_channel("team"))
            assert await app.send_due(team) == 0
            assert await states(store, "team") == ["sent", "sent"]
    assert len(server.asked) == 3


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_slack_hook_that_says_when_is_left_alone_until_then(
    store: Store, clock: Clock, form: str
) -> None:
    world = World(store, clock)
    later = format_datetime(clock() + timedelta(hours=1), usegmt=True)
    wish = f"Retry-After: {3_600 if form == 'seconds' else later}"
    async with serving({PATH: reply(b"rate_limited", wish, status=429)}) as server:
        team = configured("team", "slack", url=server.url(PATH))
        async with running(store, clock, server, team) as app:
            await people_are_alerted(world, "team", "ada", "bob", "eve")
            assert await app.send_due(team) == 1
            server.routes = {PATH: reply(b"ok")}
            clock.forward(minutes=59)
            await app.send_due(team)
            assert len(server.asked) == 1, "the whole channel waits"
            clock.forward(minutes=1)
            assert await app.send_due(team) == 0
            assert await states(store, "team") == ["sent"] * 3
            assert await store.read(lambda rx: rx.channels()) == {}
    assert len(server.asked) == 4


async def test_R2_a_post_without_an_answer_is_repeated_with_the_same_id_and_a_new_signature(
    store: Store, clock: Clock
) -> None:
    world = World(store, clock)
    async with serving({PATH: b""}) as server:
        siem = configured("siem", "webhook", url=server.url(PATH), secret=SECRET)
        async with running(store, clock, server, siem) as app:
            await people_are_alerted(world, "siem", "ada")
            assert await app.send_due(siem) == 1
            server.routes = {PATH: reply(status=204)}
            clock.forward(minutes=4)
            assert await app.send_due(siem) == 0
            assert len(server.asked) == 1, "a peer that may have it gets time"
            clock.forward(minutes=2)
            assert await app.send_due(siem) == 0
            assert await states(store, "siem") == ["sent"]
    first, second = server.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 360
    for asked in server.asked:
        verify(asked)
        event = json.loads(asked.body)
        assert event["id"] == asked.headers["webhook-id"]
        assert event["source"] == "https://alerts.example.org"
        assert event["data"]["organisations"] == ["Almerys"]
        assert "ada" not in asked.body.decode()
        assert "example.org" not in json.dumps(event["data"])


def verify(asked: Asked) -> None:
    """As a receiver does it."""
    signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode()
    key = b64decode(SECRET.removeprefix("whsec_"))
    mac = b64encode(hmac.new(key, signed + asked.body, "sha256").digest()).decode()
    assert asked.headers["webhook-signature"] == f"v1,{mac}"


async def test_a_shared_chat_gets_the_shared_form(store: Store, clock: Clock) -> None:
    world = World(store, clock)
    async with serving({PATH: reply(b"ok")}) as server:
        team = configured("team", "slack", url=server.url(PATH))
        mine = replace(team, name="mine", shared=False)
        async with running(store, clock, server, team, mine) as app:
            routes = (Route(channel="team"), Route(channel="mine"))
            await world.add(subscriber("ada", routes=routes, organisations=("Almerys",)))
            world.publish("press", "Almerys confirms data breach, numbers exposed", LEAK)
            await world.poll()
            await world.correlate()
            await app.send_due(team)
            await app.send_due(mine)
    for_all, for_one = (asked.body.decode() for asked in server.asked)
    assert "Almerys: data leak confirmed" in for_all
    assert for_all.count("rich_text_section") < for_one.count("rich_text_section")


async def test_an_endpoint_that_refuses_for_five_days_is_suspended_and_the_operator_told(
    store: Store, clock: Clock
) -> None:
    async with serving({PATH: reply(b"who are you", status=401)}) as server:
        siem = configured("siem", "webhook", url=server.url(PATH), secret=SECRET)
        async with running(store, clock, server, siem) as app:
            for day in range(6):
                await store.run(partial(enqueue, clock(), f"day {day}"))
                suspended = (await store.read(lambda rx: rx.channels())).get("siem", {})
                assert not suspended.get("suspended"), f"day {day}"
                await app.send_due(siem)
                clock.forward(days=1)
            row = (await store.read(lambda rx: rx.channels()))["siem"]
            assert row["suspended"]
            asked = len(server.asked)
            await app.send_due(siem)
            assert len(server.asked) == asked
            found = await store.read(lambda rx: rx.deliveries())
            assert [item["kind"] for item in found if item["channel"] == "mail"] == ["notice"]


def enqueue(now: datetime, key: str, tx: Tx) -> None:
    row = {"dedup_key": f"o/{key}", "kind": "notice", "channel": "siem", "address": ""}
    content = json.dumps({"subject": key, "lines": [key]})
    tx.enqueue({**row, "created_at": now, "due_at": now, "content": content})


async def test_a_trouble_that_ends_in_between_does_not_add_up(store: Store, clock: Clock) -> None:
    async with serving({PATH: reply(status=404)}) as server:
        siem = configured("siem", "webhook", url=server.url(PATH), secret=SECRET)
        async with running(store, clock, server, siem) as app:
            for day in range(8):
                server.routes = {PATH: reply(status=200 if day == 4 else 404)}
                await store.run(partial(enqueue, clock(), f"day {day}"))
                await app.send_due(siem)
                clock.forward(days=1)
            assert not (await store.read(lambda rx: rx.channels()))["siem"]["suspended"]


# --- the daemon itself ---

CHANNELS = """
[channel.team]
kind = "slack"
url = "{team}"
[channel.siem]
kind = "webhook"
url = "{siem}"
secret = "{secret}"
"""
ROUTES = 'routes = [{channel = "mail"}, {channel = "team"}, {channel = "siem"}]\n'


@pytest.mark.slow
async def test_mails_and_posts_go_out_once_each_over_restarts_and_no_log_names_the_address(
    tmp_path: Path,
) -> None:
    siem = PATH.replace("services", "in")
    routes = {"/press": feed(almerys()), PATH: reply(b"ok"), siem: reply(status=202)}
    async with serving(routes) as server, SMTPServer() as mail:
        channels = CHANNELS.format(team=server.url(PATH), siem=server.url(siem), secret=SECRET)
        ada = person("ada").replace("watch =", f"{ROUTES}watch =")
        configure(tmp_path, server, mail, channels, source(server, "press"), ada)
        async with daemon(tmp_path) as first:
            await first.says('"delivery settled"', 3)
        async with daemon(tmp_path) as second:
            await second.says('"source polled"')
        code, said = await alertd(tmp_path, "run", "--once")
        _, chat = await alertd(tmp_path, "preview", "--channel", "team", "--subscriber", "ada")
        _, event = await alertd(tmp_path, "preview", "--channel", "siem", "--subscriber", "ada")
        posts = [asked for asked in server.asked if asked.method == "POST"]
        assert len(to(mail, "ada")) == 1
    assert code == 0
    assert sorted(asked.target for asked in posts) == sorted([PATH, siem])
    verify(next(asked for asked in posts if asked.target == siem))
    bodies = {asked.target: json.loads(asked.body) for asked in posts}
    assert chat.splitlines()[0] == bodies[PATH]["text"]
    assert json.loads(event)["organisations"] == bodies[siem]["data"]["organisations"]
    said += "".join([*first.lines, *second.lines])
    assert TOKEN not in said
    assert "whsec_" not in said


async def test_a_reload_uses_the_new_address_and_the_newly_allowed_host(tmp_path: Path) -> None:
    hook = '[channel.team]\nkind = "slack"\nurl = "{url}"\n'
    ada = person("ada").replace("watch =", 'routes = [{channel = "team"}]\nwatch =')
    pages = {"/press": feed(almerys()), PATH: reply(b"no_service", status=404)}
    async with serving(pages) as server, serving({PATH: reply(b"ok")}) as other:
        first = hook.format(url=server.url(PATH))
        configure(tmp_path, server, None, first, source(server, "press"), ada)
        async with daemon(tmp_path) as running:
            await running.says('"channel waits"')
            new = hook.format(url=other.url(PATH))
            configure(
                tmp_path, server, None, new, source(server, "press"), ada, allow=(other.allow,)
            )
            running.process.send_signal(signal.SIGHUP)
            await running.says('"state": "sent"')
    assert len(other.asked) == 1
    assert sum(asked.target == PATH for asked in server.asked) == 1
