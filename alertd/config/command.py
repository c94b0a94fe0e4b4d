"""People and watches given on the command line, judged like those of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alertd.config.faults import Findings
from alertd.config.model import Config, General
from alertd.config.people import (
    SubscriberTable,
    WatchTable,
    check_watch,
    criteria,
    household,
    subscriber,
)
from alertd.core.people import Criteria, Subscriber
from alertd.errors import UsageError

_OPTIONS: Final = {
    "language": "--lang",
    "organisations": "--organisation",
    "data_types": "--data-type",
    "countries": "--country",
    "sectors": "--sector",
    "keywords": "--keyword",
    "min_people": "--min-people",
    "min_status": "--min-status",
    "follow_suppliers": "--follow-suppliers",
}


def one_subscriber(config: Config, given: Mapping[str, object]) -> Subscriber:
    """A subscriber from the keys of a ``[[subscriber]]`` table; UsageError names the option."""
    found = Findings()
    table = found.read(SubscriberTable, given, ())
    _raise(found)
    assert table is not None
    general = General(language=config.language, country=config.country, timezone=config.timezone)
    kinds = {name: channel.kind.kind for name, channel in config.channels.items()}
    home = household(general, kinds, config.organisations)
    if table.email is None and home.usual in home.mail:
        raise UsageError("--email: is needed, since messages go by mail")
    person = subscriber(table, (), home, found)
    _raise(found)
    return person


def one_watch(config: Config, given: Mapping[str, object]) -> Criteria:
    """Criteria from the keys of a watch's table; UsageError names the option."""
    found = Findings()
    table = found.read(WatchTable, {"name": "-", **given}, ())
    _raise(found)
    assert table is not None
    check_watch(table, (), household(General(), {}, config.organisations), found)
    _raise(found)
    return criteria(table)


def _raise(found: Findings) -> None:
    if not found.faults:
        return
    fault = found.faults[0]
    name = str(fault.path[0]) if fault.path else ""
    option = _OPTIONS.get(name, f"--{name}" if name else "")
    raise UsageError(f"{option}: {fault.what}" if option else fault.what)
