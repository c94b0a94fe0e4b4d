"""alertd preview."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alertd.cli.context import asking_as_configured, options_of
from alertd.cli.given import country_of, language_of, role_of
from alertd.cli.incidents import unknown
from alertd.cli.people import unknown as unknown_subscriber
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.core.message import Message
    from alertd.core.model import Incident
    from alertd.core.people import Alert, Matched, Reader, Subscriber
    from alertd.core.transport import ChannelKind
    from alertd.store import Rx


@dataclass(frozen=True, slots=True)
class Asked:
    """What the message is wanted of, for whom, by which channel; what else the reader is."""

    incident: str | None
    subscriber: str | None
    channel: str | None
    reader: dict[str, str | None]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preview)


def preview(
    context: typer.Context,
    incident: Annotated[str | None, typer.Option(help="Of this incident; else the latest.")] = None,
    subscriber: Annotated[str | None, typer.Option(help="As this subscriber reads it.")] = None,
    lang: Annotated[str | None, typer.Option(help="In this language.")] = None,
    role: Annotated[str | None, typer.Option(help="For this role.")] = None,
    country: Annotated[str | None, typer.Option(help="For a reader in this country.")] = None,
    channel: Annotated[
        str | None, typer.Option(help="As this channel of the file, or this kind, writes it.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the HTML part to this file.")] = None,
) -> None:
    """Show the exact message that somebody would get; nothing is sent."""
    from alertd.core.markup import to_html

    config = options_of(context).load()
    way = _way(config, channel)
    wanted = {
        "language": language_of(lang),
        "role": role_of(role),
        "country": country_of("--country", country),
    }
    asked = Asked(incident, subscriber, channel, wanted)
    alert = asking_as_configured(context, lambda rx: _would_be(rx, config, asked))
    message = _rendered(alert)
    if html is not None:
        _save(html, to_html(message))
    typer.echo(_written(message, way))


def _save(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html: {path}: cannot be written: {error.strerror}") from error
    typer.echo(f"the HTML part is in {path}", err=True)


def _would_be(rx: Rx, config: Config, asked: Asked) -> Alert:
    """The alert as the daemon would complete it, of everything the store knows now."""
    from alertd.clock import utc_now
    from alertd.config import registry
    from alertd.core.people import Alert, Kind
    from alertd.wording import Wording

    found = _chosen(rx, asked.incident)
    person = _reader(rx, config, asked.subscriber)
    alert = Alert(
        kind=Kind.WITHDRAWN if found.status.value == "withdrawn" else Kind.NEW,
        reader=_overridden(person.reader, asked.reader),
        incident=found,
        matched=_matched(person, found),
        now=utc_now(),
    )
    wording = Wording(config, registry(config), rx.secret())
    return wording.completed(alert, _way_to_stop(rx, config, person, asked.channel))


def _matched(person: Subscriber, found: Incident) -> tuple[Matched, ...]:
    from alertd.core.match import match
    from alertd.core.people import Matched

    judged = [(item.name, match(item.criteria, found)) for item in person.watches]
    return tuple(Matched(watch=name, reason=reason) for name, reason in judged if reason.holds)


def _way_to_stop(rx: Rx, config: Config, person: Subscriber, channel: str | None) -> str:
    """What the mail would say of stopping, by the channel asked for or the person's first mail."""
    from alertd.channels.email import EmailSettings
    from alertd.unsubscribe import way_to_stop

    names = [item.channel for item in person.routes] if channel is None else [channel]
    ways = [config.channels[name] for name in names if name in config.channels]
    mails = [item for item in ways if isinstance(item.settings, EmailSettings)]
    return way_to_stop(mails[0], rx.secret(), rx.id_of(person.name)) if mails else ""


def _chosen(rx: Rx, ref: str | None) -> Incident:
    if ref is None:
        latest = rx.incidents(1)
        if not latest:
            raise UsageError("there is no incident to show yet: run `alertd run --once` first")
        return latest[0][0]
    found = rx.incident(ref)
    if found is None:
        raise unknown(ref)
    return found


def _reader(rx: Rx, config: Config, name: str | None) -> Subscriber:
    from alertd.core.people import Reader, Subscriber

    if name is None:
        reader = Reader(
            name="preview",
            language=config.language,
            country=config.country,
            timezone=config.timezone,
        )
        return Subscriber(reader=reader, email=None)
    found = rx.subscribers(name)
    if not found:
        raise unknown_subscriber(name, rx.subscriber_ids())
    return found[0][0]


def _overridden(reader: Reader, wanted: dict[str, str | None]) -> Reader:
    from dataclasses import replace

    from alertd.core.people import Role

    return replace(
        reader,
        language=wanted["language"] or reader.language,
        role=Role(wanted["role"] or reader.role),
        country=wanted["country"] or reader.country,
    )


def _way(config: Config, name: str | None) -> tuple[ChannelKind, bool] | None:
    """The kind of a channel of the file, or of that name, and whether several people read it."""
    from alertd.channels import kinds

    if name is None:
        return None
    if name in config.channels:
        return config.channels[name].kind, config.channels[name].shared
    if name in kinds():
        return kinds()[name], kinds()[name].shared
    known = dict.fromkeys([*config.channels, *kinds()])
    raise UsageError(f"--channel: write one of {', '.join(known)}")


def _written(message: Message, way: tuple[ChannelKind, bool] | None) -> str:
    """What a reader sees: a mail, the chat form, or the values that a program gets."""
    import json

    from alertd.channels._http import HookSettings
    from alertd.core.codec import plain
    from alertd.core.markup import to_text

    if way is not None and way[0].hook:
        return (message.shared if way[1] else message.personal).text
    if way is not None and issubclass(way[0].settings, HookSettings):
        return json.dumps(plain(message.data), ensure_ascii=False, indent=2)
    return f"Subject: {message.subject}\n\n{to_text(message)}"


def _rendered(alert: Alert) -> Message:
    from alertd import texts
    from alertd.core.render import render

    return render(alert, texts.load())
