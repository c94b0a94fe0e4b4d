"""The one TOML file: found, read, checked and turned into frozen values.

Whatever is wrong in it is told as ``FILE:LINE: path.to.key: what to do``, all of it at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from alertd.config.command import one_subscriber, one_watch
from alertd.config.faults import Fault, Findings, written
from alertd.config.ground import Ground, ground, locate, state_folder
from alertd.config.known import registry
from alertd.config.model import (
    Config,
    ConfiguredChannel,
    DeliverySettings,
    MetricsSettings,
    NetworkSettings,
    OperatorSettings,
    OrganisationSettings,
    PollingSettings,
    RetentionSettings,
    SupplierSettings,
    WebSettings,
)
from alertd.config.places import Places
from alertd.config.read import read
from alertd.config.words import languages
from alertd.errors import ConfigError

__all__ = [
    "Config",
    "ConfiguredChannel",
    "DeliverySettings",
    "MetricsSettings",
    "NetworkSettings",
    "OperatorSettings",
    "OrganisationSettings",
    "PollingSettings",
    "RetentionSettings",
    "SupplierSettings",
    "WebSettings",
    "languages",
    "load",
    "one_subscriber",
    "one_watch",
    "problems",
    "registry",
    "secrets_of",
    "state_folder",
]

_PLACE: Final = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


def load(
    path: Path | None, environ: Mapping[str, str], cwd: Path, *, secrets: bool = True
) -> Config:
    """The configuration of ``path``, else of the first place that has one, else the defaults.

    Args:
        path: What ``--config`` named; then ``$ALERTD_CONFIG``, ``alertd.toml`` in ``cwd`` and
            ``/etc/alertd/alertd.toml`` are not looked at.
        environ: The environment: state and credentials folders, home.
        cwd: Where relative names of the file itself start.
        secrets: False for commands that send nothing: then ``x_file`` and ``x_credential``
            are not opened, so that a person without these rights can still look.

    Raises:
        ConfigError: the file cannot be used; a line for each thing that is wrong.
    """
    config, lines = _examine(path, environ, cwd, secrets=secrets)
    if config is None:
        raise ConfigError("\n".join(lines))
    return config


def problems(path: Path | None, environ: Mapping[str, str], cwd: Path) -> tuple[str, ...]:
    """Everything that is wrong in the file that ``load`` would read, one line each."""
    try:
        config, lines = _examine(path, environ, cwd, secrets=True)
    except ConfigError as error:
        return tuple(str(error).splitlines())
    return lines if config is None else ()


def secrets_of(config: Config) -> frozenset[str]:
    """Every secret that a configuration holds, for the log to hide."""
    values = {
        value.get_secret_value()
        for channel in config.channels.values()
        for value in dict(channel.settings).values()
        if isinstance(value, SecretStr)
    }
    for url in (config.database, config.network.proxy):
        password = urlsplit(url).password
        values |= {password, unquote(password)} if password else set()
    if config.metrics and config.metrics.ping_url:
        values.add(config.metrics.ping_url)
    return frozenset(values - {""})


def _examine(
    path: Path | None, environ: Mapping[str, str], cwd: Path, *, secrets: bool
) -> tuple[Config | None, tuple[str, ...]]:
    """The Config without lines, or no Config and a line for each fault."""
    file = locate(path, environ, cwd)
    around = ground(file, cwd, environ, secrets=secrets)
    text = "" if file is None else _text(file, cwd)
    found = Findings()
    config = read(_parsed(file, text), around, found)
    if found.faults:
        return None, _lines(found.faults, around, text)
    return _with_warnings(config, _lines(found.warnings, around, text)), ()


def _text(file: Path, cwd: Path) -> str:
    try:
        return (cwd / file).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not text in UTF-8: save it as UTF-8") from error
    except PermissionError as error:
        raise ConfigError(
            f"{file}: cannot be read: {error.strerror}: give it to the group of alertd's user "
            "(chgrp), and chmod 640"
        ) from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def _parsed(file: Path | None, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.fullmatch(str(error))
        what, line = (found[1], found[2]) if found else (str(error), "1")
        last = text.count("\n") + (not text.endswith("\n"))
        twice = "twice" in what or "overwrite" in what or "mutate" in what
        why = "this key or table is there already" if twice else f"{what}; text needs quotes"
        raise ConfigError(f"{file}:{line or last}: is not TOML: {why}") from error


def _lines(faults: Iterable[Fault], around: Ground, text: str) -> tuple[str, ...]:
    faults = tuple(faults)
    if not faults:
        return ()
    places = Places(text)
    placed = [(places.line(item.path), f"{written(item.path)}: {item.what}") for item in faults]
    name = around.path or "built-in defaults"
    return tuple(dict.fromkeys(f"{name}:{line}: {what}" for line, what in sorted(placed)))


def _with_warnings(config: Config, lines: tuple[str, ...]) -> Config:
    return config if not lines else replace(config, warnings=lines)
