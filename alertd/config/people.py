"""The subscribers of a file: their tables, and the core values that these become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from alertd.config.faults import Findings, choice, quoted, suggestion
from alertd.config.model import Blank, General, OrganisationSettings, Table
from alertd.config.places import Path
from alertd.config.words import Address, Country, Language, Quiet, Text, Timezone, When, address
from alertd.core.model import DataType, Severity, Status
from alertd.core.people import Criteria, Reader, Role, Route, Subscriber, Watch

MAIL: Final = "email"
"""The kind of channel that needs an address for each person."""

TAG: Final = "tag:"
SHIPPED_TAGS: Final = frozenset({"sensitive"})
_CRITERIA: Final = ("organisations", "data_types", "countries", "sectors", "keywords")

Events = frozenset[Literal["new", "update", "withdrawn"]]


class RouteTable(Table):
    """One way to one person."""

    channel: Text
    when: When = "now"
    events: Annotated[Events, Field(min_length=1)] = frozenset({"new", "update", "withdrawn"})
    min_severity: Severity = Severity.INFO
    quiet: Quiet | None = None
    quiet_except: Severity | None = None
    to: Text | None = None


class WatchTable(Table):
    """One interest."""

    name: Text
    organisations: tuple[Text, ...] = ()
    data_types: frozenset[DataType] = frozenset()
    countries: frozenset[Country] = frozenset()
    sectors: frozenset[Text] = frozenset()
    keywords: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()
    min_people: Annotated[int, Field(ge=0)] = 0
    min_status: Literal["claimed", "confirmed"] = "claimed"
    follow_suppliers: Annotated[int, Field(ge=0, le=5)] = 0


class SubscriberTable(Table):
    """Who is told."""

    name: Text
    email: Annotated[Address | None, Blank] = None
    language: Annotated[Language | None, Blank] = None
    country: Annotated[Country | None, Blank] = None
    timezone: Annotated[Timezone | None, Blank] = None
    role: Role = Role.INDIVIDUAL
    discreet: bool = False
    routes: tuple[RouteTable, ...] = ()
    watch: tuple[WatchTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """The channels that a file names, each with its kind (None where that is at fault)."""

    kinds: Mapping[str, str | None]

    @property
    def mail(self) -> tuple[str, ...]:
        """The names of the mail channels."""
        return tuple(name for name, kind in self.kinds.items() if kind == MAIL)

    @property
    def usual(self) -> str | None:
        """Where people without routes are told: the only mail channel, else the only one."""
        if len(self.mail) == 1:
            return self.mail[0]
        return next(iter(self.kinds)) if len(self.kinds) == 1 else None

    @property
    def advice(self) -> str:
        """Which route to write where there is no usual one."""
        name = next(iter(self.mail or self.kinds), "mail")
        return f'routes = [{{channel = "{name}"}}]'


@dataclass(frozen=True, slots=True)
class Household:
    """What the reading of each subscriber needs to know of the rest of the file."""

    general: General
    kinds: Mapping[str, str | None]
    mail: frozenset[str]
    usual: str | None
    advice: str
    tags: frozenset[str]
    complete: bool


def household(
    general: General,
    kinds: Mapping[str, str | None],
    organisations: Iterable[OrganisationSettings | None],
) -> Household:
    """The rest of the file as subscribers see it; faulty parts are not held against them."""
    ways, known = Ways(kinds), tuple(organisations)
    tags = (tag.casefold() for item in known if item for tag in item.tags)
    return Household(
        general=general,
        kinds=kinds,
        mail=frozenset(ways.mail),
        usual=ways.usual,
        advice=ways.advice,
        tags=SHIPPED_TAGS.union(tags),
        complete=None not in kinds.values() and None not in known,
    )


def subscriber(table: SubscriberTable, base: Path, home: Household, found: Findings) -> Subscriber:
    """The core value of a subscriber's table; faults of its routes and watches are noted."""
    return Subscriber(
        reader=Reader(
            name=table.name,
            language=table.language or home.general.language,
            country=table.country or home.general.country,
            timezone=table.timezone or home.general.timezone,
            role=table.role,
            discreet=table.discreet,
        ),
        email=table.email,
        routes=_routes(table, base, home, found),
        watches=_watches(table, base, home, found),
    )


def check_channels(table: object, base: Path, home: Household, found: Findings) -> None:
    """Note the unknown channels of a table that cannot be read as a whole."""
    routes = table.get("routes", ()) if isinstance(table, Mapping) else ()
    for place, route in enumerate(routes if isinstance(routes, list) else ()):
        channel = route.get("channel") if isinstance(route, Mapping) else None
        if isinstance(channel, str) and channel not in home.kinds:
            path = (*base, "routes", place, "channel")
            found.fault(path, f"channel {choice(channel, home.kinds)}")


def _routes(
    table: SubscriberTable, base: Path, home: Household, found: Findings
) -> tuple[Route, ...]:
    if not table.routes:
        return _usual_route(table, base, home, found)
    used: set[str] = set()
    for place, route in enumerate(table.routes):
        path = (*base, "routes", place)
        _check_route(route, table.email, path, home, found)
        if route.channel in used:
            found.fault((*path, "channel"), "another route of this subscriber uses this channel")
        used.add(route.channel)
    return tuple(_route(item) for item in table.routes)


def _usual_route(
    table: SubscriberTable, base: Path, home: Household, found: Findings
) -> tuple[Route, ...]:
    if home.usual is None:
        if home.complete:
            found.fault(base, f"has no usable route: say by which channel, {home.advice}")
        return ()
    if home.usual in home.mail and table.email is None:
        found.fault(base, f"has no usable route: add email, or {home.advice} with another channel")
    return (Route(channel=home.usual),)


def _check_route(
    route: RouteTable, email: str | None, base: Path, home: Household, found: Findings
) -> None:
    if route.channel not in home.kinds:
        found.fault((*base, "channel"), f"channel {choice(route.channel, home.kinds)}")
    elif route.channel in home.mail:
        _check_recipient(route, email, base, found)


def _check_recipient(route: RouteTable, email: str | None, base: Path, found: Findings) -> None:
    if route.to is None and email is None:
        found.fault(base, "mail needs an address: give the subscriber an email, or the route a to")
    elif route.to is not None:
        check_address(route.to, (*base, "to"), found)


def check_address(value: str, path: Path, found: Findings) -> None:
    """Note a recipient of mail that is no e-mail address."""
    try:
        address(value)
    except ValueError as error:
        found.fault(path, str(error))


def _route(table: RouteTable) -> Route:
    return Route(
        channel=table.channel,
        when=table.when,
        events=frozenset[str](table.events),
        min_severity=table.min_severity,
        quiet=table.quiet,
        quiet_except=table.quiet_except,
        to=table.to,
    )


def _watches(
    table: SubscriberTable, base: Path, home: Household, found: Findings
) -> tuple[Watch, ...]:
    seen: set[str] = set()
    for place, watch in enumerate(table.watch):
        path = (*base, "watch", place)
        if watch.name.casefold() in seen:
            found.fault((*path, "name"), "this subscriber has another watch of that name")
        seen.add(watch.name.casefold())
        check_watch(watch, path, home, found)
    if not table.watch:
        found.warn(base, "has no watch, so is never alerted: add [[subscriber.watch]]")
    return tuple(Watch(name=item.name, criteria=criteria(item)) for item in table.watch)


def check_watch(watch: WatchTable, path: Path, home: Household, found: Findings) -> None:
    """Note what makes a watch useless."""
    if not watch.min_people and not any(getattr(watch, name) for name in _CRITERIA):
        found.fault(path, f"watches nothing: give at least one of {', '.join(_CRITERIA)}")
    for place, name in enumerate(watch.organisations):
        tag = name[len(TAG) :].strip().casefold() if name.startswith(TAG) else None
        if tag is not None and tag not in home.tags and home.complete:
            found.fault(
                (*path, "organisations", place),
                f"no organisation has the tag {quoted(tag)}{suggestion(tag, home.tags)}",
            )


def criteria(table: WatchTable) -> Criteria:
    """The core value of a watch's table."""
    return Criteria(
        organisations=_once(table.organisations),
        data_types=table.data_types,
        countries=table.countries,
        sectors=table.sectors,
        keywords=_once(table.keywords),
        exclude=_once(table.exclude),
        min_people=table.min_people,
        min_status=Status(table.min_status),
        follow_suppliers=table.follow_suppliers,
    )


def _once(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
