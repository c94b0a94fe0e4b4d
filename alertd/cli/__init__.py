"""The command line: one small file per group, each importing what it needs when it runs."""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Final

import typer

from alertd import __version__
from alertd.cli import (
    channels,
    deliveries,
    drill,
    explain,
    incidents,
    judge,
    look,
    preview,
    run,
    setup,
    silences,
    sources,
    subscribers,
    watches,
)
from alertd.cli.context import Options
from alertd.errors import AlertdError, ConfigError, UsageError

FAILED, USAGE = 1, 2
QUICK = 50_000
"""Garbage is looked for less often: most commands end before it pays, a sixth sooner."""
_Misused: Final[type[Exception]] = typer.BadParameter.__bases__[0]
"""What is raised for wrong arguments; its home differs between versions of typer."""

app = typer.Typer(
    help="Tells people of the data breaches that concern them, with the right advice.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"alertd {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The configuration file.", metavar="FILE", readable=False)
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """Keep what holds for every command."""
    del version
    context.obj = Options(config=config)


for group in (setup, run, look, explain, preview, judge, drill):
    group.register(app)
app.add_typer(sources.app, name="source")
app.add_typer(incidents.app, name="incident")
app.add_typer(subscribers.app, name="subscriber")
app.add_typer(watches.app, name="watch")
app.add_typer(channels.app, name="channel")
app.add_typer(deliveries.app, name="delivery")
app.add_typer(silences.app, name="silence")


def main() -> int:
    """Run the command named in the arguments; an error is one line, never a traceback."""
    gc.set_threshold(QUICK)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for them costs 0.03 s
    try:
        return _run()
    finally:
        gc.freeze()  # what lives to the end is not searched for garbage then, which costs 0.1 s


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows "?"
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; what is left must not fail at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except AlertdError as error:
        wrong = isinstance(error, (ConfigError, UsageError))
        return _complain(str(error), USAGE if wrong else FAILED)
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror}", FAILED)
    except _Misused as error:
        return _misused(error)
    except typer.Abort:
        return _complain("no answer, so nothing was done: run it on a terminal", FAILED)
    return code if isinstance(code, int) else 0


def _complain(words: str, code: int) -> int:
    sys.stderr.writelines(f"alertd: {line}\n" for line in words.splitlines())
    return code


def _misused(error: Exception) -> int:
    """Say what is wrong with the arguments and where the right ones are told."""
    context = getattr(error, "ctx", None)
    words = error.format_message() if hasattr(error, "format_message") else str(error)
    if "\n" in words:  # the help of a command that was given nothing
        sys.stderr.write(f"{words}\n")
        return USAGE
    help_of = context.command_path if context else "alertd"
    said = words if words.endswith("?") else f"{words.rstrip('.')}."
    return _complain(f"{said} See `{help_of} --help`", USAGE)
