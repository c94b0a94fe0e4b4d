"""alertd channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import (
    SCRATCH,
    Json,
    asking,
    moment,
    options_of,
    print_json,
    print_rows,
    run_async,
    unknown_among,
)
from alertd.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertd.config import Config, ConfiguredChannel
    from alertd.core.message import Message
    from alertd.core.outbox import Outcome
    from alertd.store import Rx

app = typer.Typer(help="The ways out: mail, chat tools, webhooks.", no_args_is_help=True)
MAIL = "email"


@app.command("list")
def list_channels(context: typer.Context, json: Json = False) -> None:
    """List the channels of the file, and how they fare."""
    config = options_of(context).load()
    found = asking(context, lambda rx: _described(rx, config))
    if json:
        print_json(found)
        return
    print_rows(
        ("name", "kind", "shared", "state", "waiting", "again", "answer"),
        [
            (
                item["name"],
                item["kind"],
                "yes" if item["shared"] else "no",
                item["state"],
                item["waiting"],
                moment(item["resume_at"], config.timezone),
                (item["answer"] or "-")[:60],
            )
            for item in found
        ],
        "no channel",
    )


@app.command("test")
def test_channel(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    to: Annotated[
        str | None, typer.Option(help="The address that a mail goes to.", metavar="ADDRESS")
    ] = None,
) -> None:
    """Send a real message marked TEST and say what the other side answered.

    A channel that was suspended and takes it sends again what it held.
    """
    from alertd.core.outbox import Accepted, Ambiguous

    config = options_of(context).load(secrets=True)
    if name not in config.channels:
        raise unknown_among(name, config.channels, "channel", "alertd channel list")
    channel = config.channels[name]
    outcome = run_async(_send(config, channel, recipient(config, channel, to)))
    if not isinstance(outcome, Accepted):
        maybe = "; it may have arrived" if isinstance(outcome, Ambiguous) else ""
        typer.echo(f"{name}: not taken: {outcome.answer}{maybe}")
        raise typer.Exit(1)
    look = f"; look whether it arrived: {channel.kind.kind} may take what it then does not show"
    typer.echo(f"{name}: taken: {outcome.answer}{look if channel.kind.unseen else ''}")
    run_async(_resume(config, name))


def recipient(config: Config, channel: ConfiguredChannel, to: str | None) -> str:
    """Whom a test goes to; an empty text for a channel that has no recipients.

    Raises:
        UsageError: the channel needs one and none is known, or ``to`` is of no use.
    """
    if channel.kind.kind != MAIL:
        if to is not None:
            raise UsageError(f"--to: {channel.name} goes to one place only; leave --to out")
        return ""
    operator = config.operator
    theirs = operator.to if operator and operator.channel == channel.name else None
    known = to or theirs or config.contact
    if known is None:
        raise UsageError(
            f'{channel.name} needs a recipient: add --to ADDRESS, or contact = "…" to the file'
        )
    return _address(known)


def _address(text: str) -> str:
    from alertd.config.words import address

    try:
        return address(text)
    except ValueError as error:
        raise UsageError(f"--to: {error}") from None


def trial(config: Config, name: str) -> Message:
    """The message of a test, marked as one in its title and its first line."""
    from dataclasses import replace

    from alertd import texts
    from alertd.core.render import notice

    words = texts.load()
    language = words.language(config.language)
    subject = language.say("test", "subject", channel=name)
    lines = (language.say("test", "first"), language.say("test", "second", channel=name))
    message = notice(subject, lines, words, config.language)
    return replace(message, data={**message.data, "type": "org.alertd.test"})


async def _send(config: Config, channel: ConfiguredChannel, to: str) -> Outcome:
    """Through the very encode, sender and judge of the channel."""
    import secrets
    from dataclasses import replace

    from alertd.app import opened
    from alertd.core.transport import Envelope

    nobody = replace(config, database=SCRATCH, subscribers=())
    async with opened(nobody, dry_run=True) as parts:
        envelope = Envelope(
            to=to,
            message_id=secrets.token_hex(13),
            date=parts.clock(),
            contact=config.contact or "",
            shared=channel.shared,
            origin=config.public_url or "urn:alertd",
        )
        payload = channel.kind.encode(trial(config, channel.name), envelope, channel.settings)
        answer = await parts.senders.send(channel.name, channel.settings, payload)
    return channel.kind.judge(answer)


async def _resume(config: Config, name: str) -> None:
    """Let a channel that had trouble send again; a store that is not there yet is not made."""
    from alertd.clock import utc_now
    from alertd.store import Store
    from alertd.store.engine import sqlite_path

    if not sqlite_path(config.database).exists():
        return
    store = await Store.open(config.database, utc_now())
    try:
        if name in await store.read(lambda rx: rx.channels()):
            await store.run(lambda tx: tx.resume_channel(name))
            typer.echo(f"{name}: sends again what it held; a running daemon begins within seconds")
    finally:
        await store.close()


def _described(rx: Rx, config: Config) -> list[dict[str, Any]]:
    from collections import Counter

    from alertd.store.tables import delivery

    unsent = delivery.c.state.in_(("waiting", "sending", "held"))
    waiting = Counter(item["channel"] for item in rx.deliveries(unsent))
    known = rx.channels()
    return [
        described(channel, known.get(channel.name), waiting[channel.name])
        for channel in config.channels.values()
    ]


def described(
    channel: ConfiguredChannel, trouble: Mapping[str, Any] | None, waiting: int
) -> dict[str, Any]:
    """A channel as `channel list --json` prints it."""
    row = trouble or {}
    failing = "suspended" if row.get("suspended") else "failing"
    return {
        "name": channel.name,
        "kind": channel.kind.kind,
        "shared": channel.shared,
        "state": failing if row else "ok",
        "waiting": waiting,
        "failing_since": row.get("failing_since"),
        "resume_at": None if row.get("suspended") else row.get("resume_at"),
        "answer": row.get("answer"),
    }
