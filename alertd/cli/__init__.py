"""The command line: one small file per group, each importing what it needs when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from alertd import __version__
from alertd.cli import deliveries, incidents, judge, people, run, setup, sources
from alertd.cli.context import Options
from alertd.errors import AlertdError, ConfigError, UsageError

FAILED, USAGE = 1, 2

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
        Path | None, typer.Option(help="The configuration file.", metavar="FILE")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """Keep what holds for every command."""
    del version
    context.obj = Options(config=config)


for group in (setup, run, judge):
    group.register(app)
app.add_typer(sources.app, name="source")
app.add_typer(incidents.app, name="incident")
app.add_typer(people.subscribers, name="subscriber")
app.add_typer(people.watches, name="watch")
app.add_typer(deliveries.app, name="delivery")


def main() -> int:
    """Run the command named in the arguments; an error is one line, never a traceback."""
    try:
        app(standalone_mode=True)
    except (ConfigError, UsageError) as error:
        return _complain(error, USAGE)
    except AlertdError as error:
        return _complain(error, FAILED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has seen enough
        return FAILED
    except KeyboardInterrupt:
        return FAILED
    return 0


def _complain(error: AlertdError, code: int) -> int:
    sys.stderr.writelines(f"alertd: {line}\n" for line in str(error).splitlines())
    return code
