"""alertd assess, guidance, preview, explain: the judgement and the words, shown."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import Json, asking, asking_as_configured, options_of, print_json
from alertd.cli.incidents import unknown
from alertd.cli.people import unknown as unknown_subscriber
from alertd.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alertd.config import Config
    from alertd.core.message import Message
    from alertd.core.model import Incident
    from alertd.core.people import Alert, Reader, Subscriber, Watch
    from alertd.store import Rx


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (explain, preview, guidance, assess):
        app.command()(command)


def assess(
    file: Annotated[str, typer.Argument(help="JSON lines; - is standard input.")] = "-",
) -> None:
    """Judge reports: JSON lines in, JSON lines out, in the same order."""
    import json

    from alertd import lexicon
    from alertd.core.assess import assess as judged

    wrong: list[str] = []
    with _lines(file) as lines:
        for answer in judged(_records(lines, wrong), lexicon.load()):
            sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
    if wrong:
        raise UsageError("\n".join(wrong))


def guidance(
    context: typer.Context,
    data_type: Annotated[
        list[str] | None, typer.Option(help="What leaked; may be repeated; none: not known.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Where the reader lives, as FR or US.")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(help="The country that issued the numbers, as FR or US.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="The reader's language.")] = None,
    json: Json = False,
) -> None:
    """Print the advice that would be given."""
    from alertd import texts
    from alertd.clock import utc_now
    from alertd.core.advise import advise, to_json
    from alertd.core.model import ISSUED
    from alertd.core.people import Reader

    config = options_of(context).load()
    kinds = _data_types(data_type or [])
    of = _country("--issuer", issuer)
    advice = advise(
        texts.load(),
        data_types=kinds,
        issuers=dict.fromkeys(kinds & ISSUED, of) if of else {},
        reader=Reader(
            name="",
            language=_language(lang) or config.language,
            country=_country("--country", country) or config.country,
        ),
        today=utc_now().date(),
    )
    shown = to_json(advice)
    if json:
        print_json(shown)
        return
    _print_advice(shown)


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
    from alertd.core.markup import to_html, to_text

    config = options_of(context).load()
    _channel(config, channel)
    wanted = {
        "language": _language(lang),
        "role": _role(role),
        "country": _country("--country", country),
    }
    alert = asking_as_configured(
        context, lambda rx: _would_be(rx, config, incident, subscriber, wanted)
    )
    message = _rendered(alert)
    if html is not None:
        _save(html, to_html(message))
    typer.echo(f"Subject: {message.subject}\n")
    typer.echo(to_text(message))


def _save(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html: {path}: cannot be written: {error.strerror}") from error
    typer.echo(f"the HTML part is in {path}", err=True)


def explain(
    context: typer.Context,
    subscriber: Annotated[str, typer.Option(help="Who was, or was not, told.")],
    incident: Annotated[str, typer.Option(help="Of what.")],
    watch: Annotated[str | None, typer.Option(help="Only this watch.")] = None,
    json: Json = False,
) -> None:
    """Say why somebody was told of an incident, or was not."""
    shown = asking(context, lambda rx: _explained(rx, subscriber, incident, watch))
    if json:
        print_json(shown)
        return
    _print_explained(shown)


def _explained(rx: Rx, name: str, ref: str, only: str | None) -> dict[str, Any]:
    found, person = rx.incident(ref), next(iter(rx.subscribers(name)), None)
    if found is None:
        raise unknown(ref)
    if person is None:
        raise unknown_subscriber(name, rx.subscriber_ids())
    watches = [item for item in person[0].watches if only in (None, item.name)]
    if only is not None and not watches:
        raise UsageError(f"{name} has no watch {only!r}: see `alertd watch list`")
    id_ = rx.subscriber_ids()[name]
    return {
        "subscriber": name,
        "incident": ref,
        "revision": found.revision,
        "news": rx.is_news(found.id),
        "watches": [_watch(rx, id_, item, found) for item in watches],
        "suppressed": any(rx.is_suppressed(route.to) for route in person[0].routes if route.to),
        "deliveries": list(rx.deliveries_of(id_, found.id)),
    }


def _watch(rx: Rx, subscriber_id: int, watch: Watch, incident: Incident) -> dict[str, Any]:
    from alertd.core.match import match

    reason = match(watch.criteria, incident)
    ages = rx.term_ages(subscriber_id, watch.name)
    first_seen = incident.first_seen
    younger = sorted(
        term.key
        for item in reason.criteria
        for term in item.terms
        if (since := ages.get((term.field.value, term.key))) is not None and since > first_seen
    )
    return {
        "watch": watch.name,
        "holds": reason.holds,
        "possible": reason.possible,
        "criteria": [
            {"field": item.field, "answer": item.answer.value, "words": item.words}
            for item in reason.criteria
        ],
        "made_after_it_was_first_seen": younger,
    }


def _print_explained(shown: dict[str, Any]) -> None:
    typer.echo(
        f"{shown['subscriber']} and incident {shown['incident']}, revision {shown['revision']}"
    )
    if not shown["news"]:
        typer.echo("  the incident was history when it was first seen: it alerts nobody")
    if shown["suppressed"]:
        typer.echo("  this person has said no: nothing is sent")
    for watch in shown["watches"]:
        verdict = "holds" if watch["holds"] else "does not hold"
        typer.echo(f"  watch {watch['watch']!r} {verdict}")
        for item in watch["criteria"]:
            typer.echo(f"    {item['field']}: {item['answer']} ({item['words']})")
        for term in watch["made_after_it_was_first_seen"]:
            typer.echo(f"    {term!r} was added after the incident was first seen")
    if not shown["deliveries"]:
        typer.echo("  no message was made")
    for item in shown["deliveries"]:
        reason = f" ({item['state_reason']})" if item["state_reason"] else ""
        typer.echo(
            f"  message {item['id']}, revision {item['revision']}, {item['kind']} by "
            f"{item['channel']}: {item['state']}{reason}, {item['last_answer'] or 'not tried yet'}"
        )


def _would_be(
    rx: Rx, config: Config, ref: str | None, name: str | None, wanted: dict[str, str | None]
) -> Alert:
    from alertd.clock import utc_now
    from alertd.core.people import Alert, Kind, Matched

    found = _chosen(rx, ref)
    person = _reader(rx, config, name)
    matched: tuple[Matched, ...] = ()
    if name is not None:
        from alertd.core.match import match

        judged = [(item.name, match(item.criteria, found)) for item in person.watches]
        matched = tuple(Matched(watch=n, reason=r) for n, r in judged if r.holds)
    return Alert(
        kind=Kind.WITHDRAWN if found.status.value == "withdrawn" else Kind.NEW,
        reader=_overridden(person.reader, wanted),
        incident=found,
        matched=matched,
        now=utc_now(),
        contact=config.contact or "",
    )


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


def _channel(config: Config, name: str | None) -> None:
    """Refuse a channel that is none; those of this version all write the same text."""
    from alertd.channels import kinds

    known = [*config.channels, *kinds()]
    if name is not None and name not in known:
        raise UsageError(f"--channel: write one of {', '.join(dict.fromkeys(known))}")


def _language(code: str | None) -> str | None:
    from alertd.config import languages

    if code is not None and code not in languages():
        raise UsageError(f"--lang: no texts in {code!r}: write one of {', '.join(languages())}")
    return code


def _role(name: str | None) -> str | None:
    from alertd.core.people import Role

    if name is not None and name not in list(Role):
        raise UsageError(f"--role: {name!r} is not known: write one of {', '.join(Role)}")
    return name


def _country(option: str, code: str | None) -> str | None:
    from alertd.config.words import country

    try:
        return None if code is None else country(code)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def _rendered(alert: Alert) -> Message:
    from alertd import texts
    from alertd.core.render import render

    return render(alert, texts.load())


def _data_types(codes: list[str]) -> frozenset[Any]:
    from difflib import get_close_matches

    from alertd.core.model import DataType

    for code in codes:
        if code not in list(DataType):
            near = get_close_matches(code, list(DataType), 1)
            hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(DataType)}"
            raise UsageError(f"--data-type: there is no kind of data {code!r}: {hint}")
    return frozenset(map(DataType, codes))


def _print_advice(shown: dict[str, Any]) -> None:
    if shown.get("note"):
        typer.echo(shown["note"])
    for number, act in enumerate(shown["acts"], 1):
        typer.echo(f"{number}. {act['text']} {act['reason']}")
    for scam in shown["scams"]:
        typer.echo(f"Expect: {scam['name']}. {scam['tell']}")
    for line in shown["do_not"]:
        typer.echo(f"What not to do: {line}")
    for right in shown["rights"]:
        typer.echo(f"Rights: {right['text']}")
    for contact in shown["contacts"]:
        ways = " or ".join(contact[key] for key in ("phone", "url") if key in contact)
        typer.echo(f"Help: {contact['name']}, {contact['for']}: {ways}")


def _lines(file: str) -> AbstractContextManager[IO[bytes]]:
    from contextlib import nullcontext

    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error


def _records(lines: IO[bytes], wrong: list[str]) -> Iterator[dict[str, Any]]:
    """The records, one a line; what is none goes to ``wrong`` and the rest goes on."""
    import json

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            wrong.append(f"line {number}: not JSON in UTF-8; write one object a line")
            continue
        if not isinstance(found, dict):
            wrong.append(f"line {number}: not a JSON object; write one with an id on each line")
        elif not _is_id(found.get("id")):
            wrong.append(f"line {number}: no id; give each object an id, a text or a number")
        else:
            yield found


def _is_id(value: object) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
