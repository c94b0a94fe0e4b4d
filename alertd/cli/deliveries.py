"""alertd delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import (
    Json,
    asking,
    changing,
    moment,
    options_of,
    print_json,
    print_rows,
)
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.store import Tx

app = typer.Typer(help="Messages on their way.", no_args_is_help=True)
Id = Annotated[int, typer.Argument(metavar="ID")]


@app.command("list")
def list_deliveries(
    context: typer.Context,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that gave up.")] = False,
    json: Json = False,
) -> None:
    """List the messages, ended ones too."""
    found = asking(context, lambda rx: rx.dead() if dead else rx.deliveries())
    if json:
        print_json(list(found))
        return
    zone = options_of(context).load().timezone
    print_rows(
        ("id", "kind", "subscriber", "channel", "state", "why", "tries", "due", "sent", "answer"),
        [_row(item, zone) for item in found],
        "no message gave up" if dead else "no message yet",
    )


@app.command("show")
def show_delivery(context: typer.Context, delivery: Id, json: Json = False) -> None:
    """Show one message: its state and what the other side said."""
    found = asking(context, lambda rx: rx.one_delivery(delivery))
    if found is None:
        raise UsageError(f"there is no message {delivery}: see `alertd delivery list`")
    if json:
        print_json(found)
        return
    zone = options_of(context).load().timezone
    shown = found | {key: moment(found[key], zone) for key in ("due_at", "sent_at")}
    for key, value in shown.items():
        typer.echo(f"{key.replace('_', ' ')}: {'-' if value is None else value}")


@app.command("retry")
def retry_delivery(context: typer.Context, delivery: Id) -> None:
    """Send a message again that gave up, is held, was silenced or waits."""

    def again(tx: Tx) -> bool:
        from alertd.clock import utc_now

        return tx.retry(delivery, utc_now())

    if not changing(context, again):
        found = asking(context, lambda rx: rx.one_delivery(delivery))
        if found is None:
            raise UsageError(f"there is no message {delivery}: see `alertd delivery list`")
        raise UsageError(
            f"message {delivery} is {found['state']}: only one that gave up, is held, was silenced "
            "or waits can be sent again"
        )
    typer.echo(f"message {delivery} is due now; a running daemon sends it within seconds")


def _row(item: dict[str, Any], zone: str) -> tuple[object, ...]:
    return (
        item["id"],
        item["kind"],
        item["subscriber"] or "the operator",
        item["channel"],
        item["state"],
        item["state_reason"],
        item["attempts"],
        moment(item["due_at"], zone),
        moment(item["sent_at"], zone),
        (item["last_answer"] or "-")[:60],
    )
