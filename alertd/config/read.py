"""From a parsed document to a Config: every table read, every name looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel

from alertd.config.faults import Findings, choice
from alertd.config.ground import Ground
from alertd.config.known import note_loops
from alertd.config.later import note_unkept, note_unserved
from alertd.config.model import Config, General, OrganisationSettings
from alertd.config.people import (
    MAIL,
    Household,
    SubscriberTable,
    check_address,
    check_channels,
    household,
    subscriber,
)
from alertd.config.places import Path
from alertd.config.polled import read_sources
from alertd.config.secret import spellings, unlock
from alertd.config.ways import kinds_named, read_channels
from alertd.config.words import split
from alertd.core.people import Subscriber

M = TypeVar("M", bound=BaseModel)

LISTS: Final = ("source", "organisation", "subscriber")
MANY: Final = (*LISTS, "channel")
"""The keys that hold many tables; all others belong to ``General``."""


def read(document: Mapping[str, Any], ground: Ground, found: Findings) -> Config:
    """The Config of a document; of use only if ``found`` has no faults then."""
    lists = {key: _list(document, key, found) for key in LISTS}
    tables = _channel_tables(document, found)
    general = _general(document, ground, found)
    channels = read_channels(tables, ground, general.network, found)
    organisations = tuple(_named(OrganisationSettings, "organisation", lists, found))
    note_loops(organisations, found)
    kinds = kinds_named(tables, channels)
    _check_operator(general, kinds, found)
    note_unserved(general, found)
    home = household(general, kinds, (item for _, item in organisations))
    return Config(
        path=ground.path,
        database=_database(general, ground, found),
        **{key: getattr(general, key) for key in General.model_fields if key != "database"},
        sources=read_sources(lists["source"], general, found),
        channels=channels,
        organisations=tuple(item for _, item in organisations if item),
        subscribers=tuple(_subscribers(lists, home, found)),
    )


def _list(document: Mapping[str, Any], key: str, found: Findings) -> Sequence[Any]:
    value = document.get(key, [])
    if isinstance(value, list):
        return value
    found.fault((key,), f"write [[{key}]] with two brackets, once for each")
    return ()


def _channel_tables(document: Mapping[str, Any], found: Findings) -> Mapping[str, Any]:
    value = document.get("channel", {})
    if isinstance(value, Mapping):
        return value
    found.fault(("channel",), "write [channel.NAME] with one pair of brackets, once for each")
    return {}


def _general(document: Mapping[str, Any], ground: Ground, found: Findings) -> General:
    given = {key: value for key, value in document.items() if key not in MANY}
    # Every command needs the database, so its secret is read whatever else stays closed.
    table = unlock(General, given, (), replace(ground.vault, opened=True), found).table
    also = (*MANY, *spellings(General))
    general = found.read(General, table, (), also=also) or _sound_part(table)
    _check_general(general, found)
    return general


def _sound_part(given: Mapping[str, Any]) -> General:
    """What can be read of a faulty top, so that the rest is still judged by it."""
    trial = {key: Findings().read(General, {key: value}, ()) for key, value in given.items()}
    return General(**{key: getattr(part, key) for key, part in trial.items() if part})


def _check_general(general: General, found: Findings) -> None:
    proxy, web, metrics = general.network.proxy, general.web, general.metrics
    if proxy and not split(_without_user(proxy)):
        found.fault(("network", "proxy"), "write the address of a proxy, such as http://proxy:3128")
    if metrics and metrics.ping_url and not split(metrics.ping_url):
        found.fault(
            ("metrics", "ping_url"), "write a web address, such as https://ping.example.org"
        )
    if metrics and web and metrics.listen == web.listen:
        found.fault(("metrics", "listen"), "is taken by web.listen: give each a port of its own")
    if general.public_url and not web:
        found.warn(("public_url",), "leads to no page while there is no [web] table")


def _without_user(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _database(general: General, ground: Ground, found: Findings) -> str:
    url = general.database.get_secret_value() if general.database else ""
    scheme = urlsplit(url).scheme
    if not url:
        return f"sqlite:///{ground.state / 'alertd.db'}"
    if scheme in {"postgresql", "postgresql+psycopg"}:
        return url
    file = url.removeprefix("sqlite:///")
    if scheme != "sqlite" or file == url or not file:
        found.fault(("database",), "write sqlite:///FILE or postgresql://user@host/name")
    if file.startswith(("/", ":", "file:")):
        return url
    return f"sqlite:///{ground.folder / file}"


def _check_operator(general: General, kinds: Mapping[str, str | None], found: Findings) -> None:
    operator = general.operator
    if operator is None:
        return
    if operator.channel not in kinds:
        found.fault(("operator", "channel"), f"channel {choice(operator.channel, kinds)}")
    elif kinds[operator.channel] == MAIL and operator.to is None:
        found.fault(("operator",), 'mail needs an address: add to = "name@example.org"')
    elif kinds[operator.channel] == MAIL and operator.to is not None:
        check_address(operator.to, ("operator", "to"), found)


def _named(
    model: type[M], key: str, lists: Mapping[str, Sequence[Any]], found: Findings
) -> Iterator[tuple[Path, M | None]]:
    """Each table of a list with its place; a name that is taken is a fault."""
    first: dict[str, int] = {}
    for place, table in enumerate(lists[key]):
        base: Path = (key, place)
        item = found.read(model, table, base)
        name = str(getattr(item, "name", "")).casefold()
        if item and first.setdefault(name, place) != place:
            found.fault((*base, "name"), f"is the name of {key}[{first[name] + 1}] already")
        yield base, item


def _subscribers(
    lists: Mapping[str, Sequence[Any]], home: Household, found: Findings
) -> Iterator[Subscriber]:
    for base, table in _named(SubscriberTable, "subscriber", lists, found):
        if table:
            note_unkept(table, base, found)
            yield subscriber(table, base, home, found)
        else:
            check_channels(lists["subscriber"][int(base[1])], base, home, found)
