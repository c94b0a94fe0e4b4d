"""alertd assess, guidance, preview, explain: the judgement and the words, shown."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from alertd.cli.context import Json, asking, options_of, print_json
from alertd.cli.incidents import unknown
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

    with _lines(file) as lines:
        for answer in judged(_records(lines), lexicon.load()):
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")


def guidance(
    context: typer.Context,
    data_type: Annotated[list[str], typer.Option(help="What leaked; may be repeated.")],
    country: Annotated[str | None, typer.Option(help="Where the reader lives.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Whose numbers they are.")] = None,
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
    kinds = _data_types(data_type)
    advice = advise(
        texts.load(),
        data_types=kinds,
        issuers=dict.fromkeys(kinds & ISSUED, issuer) if issuer else {},
        reader=Reader(name="", language=lang or config.language, country=country or config.country),
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
    html: Annotated[Path | None, typer.Option(help="Write the HTML part to this file.")] = None,
) -> None:
    """Show the exact message that somebody would get; nothing is sent."""
    from alertd.core.markup import to_html, to_text

    config = options_of(context).load()
    wanted = {"language": lang, "role": role, "country": country}
    alert = asking(context, lambda rx: _would_be(rx, config, incident, subscriber, wanted))
    message = _rendered(alert)
    typer.echo(f"Subject: {message.subject}\n")
    typer.echo(to_text(message))
    if html is not None:
        html.write_text(to_html(message), encoding="utf-8")
        typer.echo(f"the HTML part is in {html}", err=True)


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
        raise UsageError(f"there is no subscriber {name!r}: see `alertd subscriber list`")
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
        raise UsageError(f"there is no subscriber {name!r}: see `alertd subscriber list`")
    return found[0][0]


def _overridden(reader: Reader, wanted: dict[str, str | None]) -> Reader:
    from dataclasses import replace

    from alertd.config import languages
    from alertd.core.people import Role

    language, role, country = wanted["language"], wanted["role"], wanted["country"]
    if language is not None and language not in languages():
        raise UsageError(f"--lang: write one of {', '.join(languages())}")
    if role is not None and role not in list(Role):
        raise UsageError(f"--role: write one of {', '.join(Role)}")
    return replace(
        reader,
        language=language or reader.language,
        role=Role(role) if role else reader.role,
        country=country or reader.country,
    )


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
    for number, act in enumerate(shown["acts"], 1):
        typer.echo(f"{number}. {act['text']} {act['reason']}")
    for title, key in (("Expect", "scams"), ("Do not", "do_not"), ("Rights", "rights")):
        for item in shown[key]:
            said = item if isinstance(item, str) else item.get("text") or item.get("tell")
            typer.echo(f"{title}: {said}")
    for contact in shown["contacts"]:
        way = contact.get("phone") or contact.get("url") or ""
        typer.echo(f"{contact['name']}: {way} ({contact['for']})")


def _lines(file: str) -> AbstractContextManager[TextIO]:
    from contextlib import nullcontext

    if file == "-":
        return nullcontext(sys.stdin)
    try:
        return Path(file).open(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error


def _records(lines: TextIO) -> Iterator[dict[str, Any]]:
    import json

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError:
            raise UsageError(f"line {number}: not JSON; write one object a line") from None
