"""alertd subscriber, alertd watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import (
    Json,
    asking_as_configured,
    changing,
    file_people,
    options_of,
    print_json,
    print_rows,
    unknown_among,
)
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.core.people import Criteria, Route, Subscriber
    from alertd.store import Rx, Tx

subscribers = typer.Typer(help="Who is told.", no_args_is_help=True)
watches = typer.Typer(help="What people watch.", no_args_is_help=True)
Named = Annotated[str, typer.Argument(metavar="NAME")]


@subscribers.command("list")
def list_subscribers(context: typer.Context, json: Json = False) -> None:
    """List the subscribers, those of the file and those added by command."""
    found = asking_as_configured(context, _everybody)
    if json:
        print_json([_described(*item) for item in found])
        return
    print_rows(
        ("name", "email", "language", "country", "role", "watches", "managed by", "state"),
        [
            (
                person.name,
                person.email,
                person.reader.language,
                person.reader.country,
                person.reader.role.value,
                len(person.watches),
                managed_by,
                "said no" if said_no else "told",
            )
            for person, managed_by, said_no in found
        ],
        "nobody is told yet: see `alertd subscriber add --help`",
    )


@subscribers.command("show")
def show_subscriber(context: typer.Context, name: Named, json: Json = False) -> None:
    """Show one subscriber with routes and watches."""
    everybody = {item[0].name: item for item in asking_as_configured(context, _everybody)}
    if name not in everybody:
        raise unknown(name, everybody)
    described = _described(*everybody[name])
    if json:
        print_json(described)
        return
    routes, watched = described.pop("routes"), described.pop("watches")
    for key, value in described.items():
        typer.echo(f"{key}: {'-' if value is None else value}")
    for route in routes:
        typer.echo(f"route: {route['channel']} to {route['to'] or '-'}, {route['when']}")
    for watch in watched:
        typer.echo(f"watch: {watch['name']}: {_in_words(watch)}")


@subscribers.command("add")
def add_subscriber(
    context: typer.Context,
    name: Named,
    email: Annotated[str | None, typer.Option(help="The address to write to.")] = None,
    lang: Annotated[str | None, typer.Option(help="The language to write in.")] = None,
    country: Annotated[
        str | None, typer.Option(help="Where the person lives, as FR or US.")
    ] = None,
    role: Annotated[str, typer.Option(help="individual, association, privacy, …")] = "individual",
) -> None:
    """Add a subscriber; without a route they use the only mail channel."""
    config = options_of(context).load()
    person = _person(config, name, email=email, lang=lang, country=country, role=role)

    def add(tx: Tx) -> None:
        from alertd.clock import utc_now

        if tx.subscribers(name) or name in {known.name for known in config.subscribers}:
            raise UsageError(f"there is a subscriber {name!r} already: give another name")
        tx.save(person, "store", utc_now(), created_at=utc_now())

    changing(context, add)
    typer.echo(f"added {name}; now tell what to watch: `alertd watch add --subscriber {name} …`")


@watches.command("list")
def list_watches(
    context: typer.Context,
    subscriber: Annotated[str | None, typer.Option(help="Only this subscriber's.")] = None,
    json: Json = False,
) -> None:
    """List the watches."""
    found = {person.name: person for person, _, _ in asking_as_configured(context, _everybody)}
    if subscriber is not None and subscriber not in found:
        raise unknown(subscriber, found)
    listed = [
        {"subscriber": person.name, **_watch(watch.name, watch.criteria)}
        for person in found.values()
        if subscriber in {None, person.name}
        for watch in person.watches
    ]
    if json:
        print_json(listed)
        return
    print_rows(
        ("subscriber", "watch", "for"),
        [(item["subscriber"], item["name"], _in_words(item)) for item in listed],
        "nothing is watched yet: see `alertd watch add --help`",
    )


@watches.command("add")
def add_watch(
    context: typer.Context,
    subscriber: Annotated[str, typer.Option(help="Whose watch it is.")],
    organisation: Annotated[
        list[str] | None, typer.Option(help="A name or domain; may be repeated.")
    ] = None,
    data_type: Annotated[
        list[str] | None, typer.Option(help="A kind of data; may be repeated.")
    ] = None,
    country: Annotated[list[str] | None, typer.Option(help="A country; may be repeated.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A name that is not meant.")] = None,
    min_status: Annotated[str, typer.Option(help="claimed or confirmed")] = "claimed",
    name: Annotated[str | None, typer.Option(help="What to call the watch.")] = None,
) -> None:
    """Add a watch: within one option any value is enough, between options all must hold."""
    from alertd.core.people import Watch

    config = options_of(context).load()
    if not (organisation or data_type or country):
        raise UsageError("the watch is for nothing: give --organisation, --data-type or --country")
    criteria = _criteria(
        config,
        organisations=organisation or [],
        data_types=data_type or [],
        countries=country or [],
        exclude=exclude or [],
        min_status=min_status,
    )
    called = name or ", ".join([*(organisation or []), *(data_type or []), *(country or [])])

    def add(tx: Tx) -> None:
        from alertd.clock import utc_now

        if subscriber not in tx.subscriber_ids():
            tx.reconcile(file_people(config), utc_now(), first=False)  # perhaps new in the file
        ids = tx.subscriber_ids()
        if subscriber not in ids:
            raise unknown(subscriber, ids)
        tx.add_watch(ids[subscriber], Watch(name=called, criteria=criteria), utc_now())

    changing(context, add)
    typer.echo(f"{subscriber} now watches {called}")


def _person(
    config: Config,
    name: str,
    *,
    email: str | None,
    lang: str | None,
    country: str | None,
    role: str,
) -> Subscriber:
    from alertd.config import one_subscriber

    given: dict[str, Any] = {"name": name, "role": role}
    given |= {"email": email} if email else {}
    given |= {"language": lang} if lang else {}
    given |= {"country": country} if country else {}
    return one_subscriber(config, given)


def _criteria(config: Config, *, min_status: str, **lists: list[str]) -> Criteria:
    from alertd.app import registry
    from alertd.config import one_watch

    given = {key: values for key, values in lists.items() if values}
    return registry(config).widen(one_watch(config, {**given, "min_status": min_status}))


def unknown(name: str, known: Iterable[str]) -> UsageError:
    """There is no such subscriber."""
    return unknown_among(name, known, "subscriber", "alertd subscriber list")


def _everybody(rx: Rx) -> list[tuple[Subscriber, str, bool]]:
    return [
        (person, managed_by, _suppressed(rx.is_suppressed, person))
        for person, managed_by in rx.subscribers()
    ]


def _suppressed(is_suppressed: Callable[[str], bool], person: Subscriber) -> bool:
    return any(is_suppressed(route.to) for route in person.routes if route.to)


def _described(person: Subscriber, managed_by: str, said_no: bool) -> dict[str, Any]:
    return {
        "name": person.name,
        "email": person.email,
        "language": person.reader.language,
        "country": person.reader.country,
        "timezone": person.reader.timezone,
        "role": person.reader.role.value,
        "discreet": person.reader.discreet,
        "managed_by": managed_by,
        "suppressed": said_no,
        "routes": [_route(route) for route in person.routes],
        "watches": [_watch(watch.name, watch.criteria) for watch in person.watches],
    }


def _route(route: Route) -> dict[str, Any]:
    from alertd.core.codec import plain

    return dict(plain(route))


def _watch(name: str, criteria: Criteria) -> dict[str, Any]:
    from alertd.core.codec import plain

    return {"name": name, **plain(criteria)}


def _in_words(watch: dict[str, Any]) -> str:
    said = [
        f"{key.replace('_', ' ')} {', '.join(map(str, value))}"
        for key, value in watch.items()
        if isinstance(value, list) and value
    ]
    if watch["min_status"] != "claimed":
        said.append("once confirmed")
    return "; ".join(said) or "everything"
