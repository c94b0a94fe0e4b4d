"""alertd assess, guidance: the judgement and the advice, shown."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from alertd.cli.context import Json, options_of, print_json
from alertd.cli.given import country_of, data_types_of, language_of
from alertd.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (guidance, assess):
        app.command()(command)


def assess(
    file: Annotated[str, typer.Argument(help="JSON lines; - is standard input.")] = "-",
) -> None:
    """Judge reports: JSON lines in, JSON lines out, in the same order."""
    import gc
    import json

    from alertd import lexicon
    from alertd.core.assess import assess as judged

    wrong: list[str] = []
    words = lexicon.load()
    gc.freeze()  # the words live to the end; looking through them for garbage costs a twentieth
    with _lines(file) as lines:
        for answer in judged(_records(lines, wrong), words):
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
    kinds = data_types_of(data_type or [])
    of = country_of("--issuer", issuer)
    advice = advise(
        texts.load(),
        data_types=kinds,
        issuers=dict.fromkeys(kinds & ISSUED, of) if of else {},
        reader=Reader(
            name="",
            language=language_of(lang) or config.language,
            country=country_of("--country", country) or config.country,
        ),
        today=utc_now().date(),
    )
    shown = to_json(advice)
    if json:
        print_json(shown)
        return
    _print_advice(shown)


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
