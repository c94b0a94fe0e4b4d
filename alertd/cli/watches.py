"""alertd watch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
from alertd.cli.people import everybody, subscriber_id, unknown, watch_in_words, watch_shown
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.config.watchlist import Row
    from alertd.store import Rx, Tx
    from alertd.store.imports import Comparison, Entry
    from alertd.store.watches import Listed

app = typer.Typer(help="What people watch.", no_args_is_help=True)
Whose = Annotated[str, typer.Option(help="Whose watch it is.")]
NAMED = 5
"""How many watches of each kind a plan names."""
STEP = 1_000


@app.command("list")
def list_watches(
    context: typer.Context,
    subscriber: Annotated[str | None, typer.Option(help="Only this subscriber's.")] = None,
    json: Json = False,
) -> None:
    """List the watches, as they were written."""
    listed = [
        {
            "subscriber": item.subscriber,
            **watch_shown(item.watch.name, item.watch.written),
            "managed_by": item.managed_by,
        }
        for item in _watchlist(context, subscriber)
    ]
    if json:
        print_json(listed)
        return
    print_rows(
        ("subscriber", "watch", "for", "managed by"),
        [
            (item["subscriber"], item["name"], watch_in_words(item), item["managed_by"])
            for item in listed
        ],
        "nothing is watched yet: see `alertd watch add --help`",
    )


@app.command("add")
def add_watch(
    context: typer.Context,
    subscriber: Whose,
    organisation: Annotated[
        list[str] | None, typer.Option(help="A name or domain; may be repeated.")
    ] = None,
    data_type: Annotated[
        list[str] | None, typer.Option(help="A kind of data; may be repeated.")
    ] = None,
    country: Annotated[list[str] | None, typer.Option(help="A country; may be repeated.")] = None,
    sector: Annotated[list[str] | None, typer.Option(help="A sector; may be repeated.")] = None,
    keyword: Annotated[
        list[str] | None, typer.Option(help="Whole words of the text; may be repeated.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A name that is not meant.")] = None,
    min_people: Annotated[int, typer.Option(help="From so many people.")] = 0,
    min_status: Annotated[str, typer.Option(help="claimed or confirmed")] = "claimed",
    follow_suppliers: Annotated[
        int, typer.Option(help="1: also suppliers; 2: also suppliers of suppliers.")
    ] = 0,
    name: Annotated[str | None, typer.Option(help="What to call the watch.")] = None,
) -> None:
    """Add a watch: within one option any value is enough, between options all must hold."""
    from alertd.config import one_watch, registry
    from alertd.core.people import Watch

    config = options_of(context).load()
    lists = {
        "organisations": organisation,
        "data_types": data_type,
        "countries": country,
        "sectors": sector,
        "keywords": keyword,
    }
    said = [value for values in lists.values() for value in values or ()]
    if not said and not min_people:
        raise UsageError("the watch is for nothing: give --organisation, --data-type or --country")
    plain = {"min_people": min_people, "min_status": min_status}
    given = {key: values for key, values in {**lists, "exclude": exclude}.items() if values}
    wish = one_watch(config, {**given, **plain, "follow_suppliers": follow_suppliers})
    called = _name(name or ", ".join(said) or f"from {min_people:,} people")

    def add(tx: Tx) -> None:
        from alertd.clock import utc_now

        wanted = Watch(name=called, criteria=registry(config).widen(wish), wish=wish)
        tx.add_watch(subscriber_id(tx, subscriber, config), wanted, utc_now())

    changing(context, add)
    typer.echo(f"{subscriber} now watches {called}")


@app.command("remove")
def remove_watch(
    context: typer.Context,
    subscriber: Whose,
    name: Annotated[str, typer.Option(help="What the watch is called.")],
) -> None:
    """Remove a watch that was added by command."""
    config = options_of(context).load()

    def remove(tx: Tx) -> None:
        id_ = subscriber_id(tx, subscriber, config)
        if not tx.remove_watch(id_, name):
            names = [item.name for item in tx.watches_of(id_)]
            raise unknown_among(name, names, "watch", "alertd watch list")

    changing(context, remove)
    typer.echo(f"{subscriber} watches {name} no more")


@app.command("export")
def export_watches(
    context: typer.Context,
    subscriber: Annotated[str | None, typer.Option(help="Only this subscriber's.")] = None,
) -> None:
    """Print the watches as CSV, as `watch import` takes them."""
    from alertd.config import watchlist

    listed = _watchlist(context, subscriber)
    rows = ((item.subscriber, item.watch.name, item.watch.written) for item in listed)
    for line in watchlist.write(rows):
        typer.echo(line, nl=False)


@app.command("import")
def import_watches(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE.csv", help="A file, or - for what is piped.")
    ],
    mode: Annotated[
        Literal["add", "sync"],
        typer.Option(help="sync also removes what the file lacks, for the people it names."),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
) -> None:
    """Take watches from CSV: says first what changes, then does all of it or nothing."""
    config = options_of(context).load()
    people = asking_as_configured(context, lambda rx: set(rx.subscriber_ids()))
    rows = _read(file, config, people)
    entries = _entries(rows, config)
    plan = asking_as_configured(context, lambda rx: rx.compare(entries, sync=mode == "sync"))
    _refuse_those_of_the_file(file, rows, plan)
    for line in _plan_in_words(plan):
        typer.echo(line)
    if dry_run:
        typer.echo("nothing was done: leave out --dry-run to do it")
        return
    changing(context, _making_true(entries, plan, config))
    typer.echo("done")


def _making_true(
    entries: Sequence[Entry], plan: Comparison, config: Config
) -> Callable[[Tx], None]:
    def make_true(tx: Tx) -> None:
        from alertd.clock import utc_now

        if not {item.subscriber for item in entries} <= set(tx.subscriber_ids()):
            tx.reconcile(file_people(config), utc_now(), first=False)  # perhaps new in the file
        tx.make_true(entries, plan, utc_now())

    return make_true


def _watchlist(context: typer.Context, subscriber: str | None) -> list[Listed]:
    config = options_of(context).load()

    def question(rx: Rx) -> list[Listed]:
        people = everybody(rx, config)
        if subscriber is not None and subscriber not in people:
            raise unknown(subscriber, people)
        return [item for item in rx.watchlist() if subscriber in {None, item.subscriber}]

    return asking_as_configured(context, question)


def _read(file: str, config: Config, people: set[str]) -> list[Row]:
    from alertd.config import watchlist

    most = watchlist.MOST_BYTES + 1
    if file == "-":
        data = sys.stdin.buffer.read(most)
    else:
        with Path(file).open("rb") as opened:
            data = opened.read(most)
    return watchlist.read(data, _called(file), config, people, progress=_progress())


def _called(file: str) -> str:
    return "standard input" if file == "-" else file


def _progress() -> Callable[[int], None]:
    """Says on a terminal how far it is; quiet anywhere else."""
    if not sys.stderr.isatty():
        return lambda _: None

    def say(number: int) -> None:
        if number % STEP == 0:
            sys.stderr.write(f"\r{number:,} rows read\r")

    return say


def _entries(rows: Sequence[Row], config: Config) -> list[Entry]:
    from alertd.config import registry
    from alertd.core.people import Watch
    from alertd.store.imports import Entry
    from alertd.store.watches import prepared

    widen = registry(config).widen
    wishes = {id(row.criteria): row.criteria for row in rows}
    ready = {
        key: prepared(Watch(name="", criteria=widen(wish), wish=wish))
        for key, wish in wishes.items()
    }
    return [Entry(row.subscriber, replace(ready[id(row.criteria)], name=row.watch)) for row in rows]


def _refuse_those_of_the_file(file: str, rows: Sequence[Row], plan: Comparison) -> None:
    from alertd.config.watchlist import MOST_FAULTS

    if not plan.in_file:
        return
    name = _called(file)
    lines = {(row.subscriber, row.watch): row.line for row in rows}
    faults = [
        f"{name}:{lines[key]}: watch: {key[1]!r} of {key[0]} is in the configuration file: "
        "change it there"
        for key in plan.in_file
    ]
    more = [f"{name}: and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
    raise UsageError("\n".join([*faults[:MOST_FAULTS], *more]))


def _plan_in_words(plan: Comparison) -> list[str]:
    kinds = (("add", plan.added), ("change", plan.changed), ("remove", plan.removed))
    lines = []
    for word, keys in kinds:
        shown = ", ".join(f"{subscriber}: {name}" for subscriber, name in keys[:NAMED])
        more = f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else ""
        lines.append(f"{len(keys):,} to {word}" + (f": {shown}{more}" if keys else ""))
    return [*lines, f"{plan.same:,} unchanged"]


def _name(name: str) -> str:
    from alertd.config.words import LONGEST_NAME, text

    try:
        return text(name[:LONGEST_NAME])
    except ValueError as error:
        raise UsageError(f"--name: {error}") from error
