"""alertd subscriber."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import (
    Json,
    asking_as_configured,
    changing,
    file_people,
    moment,
    options_of,
    print_json,
    print_rows,
)
from alertd.cli.people import (
    Known,
    erased,
    everybody,
    subscriber_id,
    unknown,
    watch_in_words,
    watch_shown,
)
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.core.people import Subscriber
    from alertd.store import Rx, Tx
    from alertd.store.suppression import No

app = typer.Typer(help="Who is told.", no_args_is_help=True)
Named = Annotated[str, typer.Argument(metavar="NAME")]


@app.command("list")
def list_subscribers(context: typer.Context, json: Json = False) -> None:
    """List the subscribers, those of the file and those added by command."""
    config = options_of(context).load()
    found = asking_as_configured(context, lambda rx: everybody(rx, config)).values()
    if json:
        print_json([_described(item) for item in found])
        return
    print_rows(
        ("name", "email", "language", "country", "role", "watches", "managed by", "state"),
        [
            (
                item.person.name,
                item.person.email,
                item.person.reader.language,
                item.person.reader.country,
                item.person.reader.role.value,
                len(item.person.watches),
                item.managed_by,
                _state(item, config.timezone),
            )
            for item in found
        ],
        "nobody is told yet: see `alertd subscriber add --help`",
    )


@app.command("show")
def show_subscriber(context: typer.Context, name: Named, json: Json = False) -> None:
    """Show one subscriber with routes and watches."""
    config = options_of(context).load()
    known = asking_as_configured(context, lambda rx: everybody(rx, config))
    if name not in known:
        raise unknown(name, known)
    described = _described(known[name])
    if json:
        print_json(described)
        return
    routes, watched = described.pop("routes"), described.pop("watches")
    described["state"] = _state(known[name], config.timezone)
    for key in ("suppressed", "state_since", "by_address"):
        del described[key]
    for key, value in described.items():
        typer.echo(f"{key.replace('_', ' ')}: {'-' if value is None else value}")
    for route in routes:
        typer.echo(f"route: {route['channel']} to {route['to'] or '-'}, {route['when']}")
    for watch in watched:
        typer.echo(f"watch: {watch['name']}: {watch_in_words(watch)}")


@app.command("add")
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

    def add(tx: Tx) -> No | None:
        from alertd.clock import utc_now

        names = {*tx.subscriber_ids(), *(known.name for known in config.subscribers)}
        if name.casefold() in map(str.casefold, names):
            raise UsageError(f"there is a subscriber {name!r} already: give another name")
        tx.save(person, "store", utc_now(), created_at=utc_now())
        return tx.nos_of([person]).get(person.name)

    no = changing(context, add)
    typer.echo(f"added {name}; now tell what to watch: `alertd watch add --subscriber {name} …`")
    if no is not None:
        typer.echo(
            f"but they are {no.why} since {no.since:%Y-%m-%d}, so nothing is sent to them before "
            f"`alertd subscriber resume {name} --consent TEXT`"
        )


@app.command("pause")
def pause_subscriber(context: typer.Context, name: Named) -> None:
    """Send nothing to a subscriber until `resume`; what comes meanwhile is not made up for."""
    from alertd.store.suppression import PAUSED

    config = options_of(context).load()

    def pause(tx: Tx) -> bool:
        from alertd.clock import utc_now

        return tx.say_no(subscriber_id(tx, name, config), PAUSED, utc_now())

    if changing(context, pause):
        typer.echo(f"{name} is told nothing until `alertd subscriber resume {name}`")
    else:
        typer.echo(f"{name} is told nothing already: see `alertd subscriber show {name}`")


@app.command("resume")
def resume_subscriber(
    context: typer.Context,
    name: Named,
    consent: Annotated[
        str | None,
        typer.Option(help="How and when they said so; needed unless it was only a pause."),
    ] = None,
) -> None:
    """Tell a subscriber again; what was said no to by themselves needs their own consent."""
    config = options_of(context).load()

    def resume(tx: Tx) -> tuple[No | None, bool]:
        from alertd.clock import utc_now
        from alertd.store.suppression import addresses_of

        now = utc_now()
        people = [*(item for item, _ in tx.subscribers(name)), *config.subscribers]
        known = next((item for item in people if item.name == name), None)
        addresses = [] if known is None else addresses_of(known)
        lifted = tx.lift(name, addresses, now, (consent or "").strip() or None)
        if lifted is None and known is None:
            raise unknown(name, [*tx.subscriber_ids(), *(item.name for item in people)])
        if known is not None and name not in tx.subscriber_ids():  # erased, and in the file
            tx.reconcile(file_people(config), now, first=False)
        return lifted, known is not None

    lifted, is_known = changing(context, resume)
    if lifted is None:
        typer.echo(f"{name} has said no to nothing and is told already")
    elif is_known:
        typer.echo(f"{name} is told again of what is new from now on")
    else:
        typer.echo(f"{name} may be told again; now `alertd subscriber add {name} --email …`")


@app.command("export")
def export_subscriber(context: typer.Context, name: Named) -> None:
    """Print all that is held of a subscriber, as JSON for them to take away."""
    config = options_of(context).load()

    def export(rx: Rx) -> dict[str, Any]:
        id_, people = rx.id_of(name), everybody(rx, config)
        if id_ is None:
            raise erased(name) if name in people else unknown(name, people)
        known = people.get(name)
        state = {} if known is None else _standing(known)
        return {**rx.held_of(id_), **state}

    print_json(asking_as_configured(context, export))


@app.command("erase")
def erase_subscriber(
    context: typer.Context,
    name: Named,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase all that is held of a subscriber; they are never written to again."""
    config = options_of(context).load()
    _confirm(name, yes=yes)

    def erase(tx: Tx) -> None:
        from alertd.clock import utc_now

        id_ = tx.id_of(name)
        tx.erase(subscriber_id(tx, name, config) if id_ is None else id_, utc_now())

    changing(context, erase)
    _say_what_remains(name, config)


def _confirm(name: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            f"this cannot be undone: type `alertd subscriber erase {name} --yes` to erase {name}"
        )
    typer.confirm(f"Erase all that is held of {name}? This cannot be undone", abort=True)


def _say_what_remains(name: str, config: Config) -> None:
    from alertd.store.engine import empty_log, sqlite_path

    typer.echo(f"erased {name}: profile, routes, watches, alerts and messages")
    typer.echo("what remains: a keyed hash of name and addresses, so that nothing is sent again")
    if not empty_log(sqlite_path(config.database)):
        typer.echo("  the store's write-ahead log, until nobody reads the store for a moment")
    typer.echo("  backups made before now, until you delete them")
    if any(person.name == name for person in config.subscribers):
        typer.echo(f"  their table in {config.path}: take [[subscriber]] {name} out of it")


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


def _state(item: Known, timezone: str) -> str:
    if item.no is None:
        return item.state
    said = f"{item.state} since {moment(item.no.since, timezone)}"
    if item.no.of_address:
        return f"{said}, said for their address"
    return f"in the file, {said}" if item.state == "erased" else said


def _standing(item: Known) -> dict[str, Any]:
    return {
        "state": item.state,
        "state_since": None if item.no is None else item.no.since,
        "by_address": item.no is not None and item.no.of_address,
        "suppressed": item.no is not None,
    }


def _described(item: Known) -> dict[str, Any]:
    from alertd.core.codec import plain

    person = item.person
    return {
        "name": person.name,
        "email": person.email,
        "language": person.reader.language,
        "country": person.reader.country,
        "timezone": person.reader.timezone,
        "role": person.reader.role.value,
        "discreet": person.reader.discreet,
        "managed_by": item.managed_by,
        **_standing(item),
        "routes": [dict(plain(route)) for route in person.routes],
        "watches": [watch_shown(watch.name, watch.written) for watch in person.watches],
    }
