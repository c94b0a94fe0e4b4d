"""Secrets by name: ``x`` itself, ``x_file``, or ``x_credential``; never in an error."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_IROTH
from typing import Any, Final

from pydantic import BaseModel

from alertd.config.faults import Findings, secret_fields
from alertd.config.places import Path as Place

LONGEST: Final = 65_536
CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
_WAYS: Final = ("", "_file", "_credential")


@dataclass(frozen=True, slots=True)
class Vault:
    """Where secrets come from: relative files start at ``folder``.

    ``opened`` is False where a command needs none; then no file is touched.
    """

    folder: Path
    environ: Mapping[str, str]
    opened: bool = True

    def credential(self, name: str) -> Path:
        """The file of a systemd credential; ValueError when there can be none."""
        folder = self.environ.get(CREDENTIALS, "")
        if not folder:
            raise ValueError(
                f"${CREDENTIALS} is not set: run under systemd with LoadCredential=, or use _file"
            )
        if "/" in name or name in {"", ".", ".."}:
            raise ValueError("write the name of a credential, without any folder")
        return Path(folder) / name


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A table with its secrets in place, and the keys of those that are not."""

    table: dict[str, Any]
    unread: tuple[str, ...]


def spellings(model: type[BaseModel]) -> tuple[str, ...]:
    """Every key under which the secrets of a table may be given."""
    return tuple(f"{name}{way}" for name in secret_fields(model) for way in _WAYS)


def unlock(
    model: type[BaseModel], table: Mapping[str, Any], base: Place, vault: Vault, found: Findings
) -> Unlocked:
    """Replace ``x_file`` and ``x_credential`` by the secret; faults are noted, without it."""
    opened, unread = dict(table), []
    for name in secret_fields(model):
        given = {key: opened.pop(key) for way in _WAYS if (key := f"{name}{way}") in opened}
        if len(given) > 1:
            found.fault((*base, list(given)[1]), f"give only one of {', '.join(given)}")
            unread.append(name)
        for key, value in given.items() if len(given) == 1 else ():
            secret = value if key == name else _value(key, value, base, vault, found)
            if secret is None:
                unread.append(name)
            else:
                opened[name] = secret
    return Unlocked(opened, tuple(unread))


def _value(key: str, value: object, base: Place, vault: Vault, found: Findings) -> str | None:
    path = (*base, key)
    if not isinstance(value, str):
        found.fault(path, 'write text in quotes, such as "…"')
        return None
    if not vault.opened:
        return None
    try:
        credential = key.endswith("_credential")
        file = vault.credential(value) if credential else vault.folder / value
        if not credential:
            _warn_if_open(file, path, found)
        return _read(file)
    except ValueError as error:
        found.fault(path, str(error))
    except OSError as error:
        found.fault(path, f"cannot read {file}: {error.strerror}")
    return None


def _warn_if_open(file: Path, path: Place, found: Findings) -> None:
    if file.stat().st_mode & S_IROTH:
        found.warn(path, f"others can read {file}: chmod 600 it")


def _read(file: Path) -> str:
    with file.open("rb") as stream:
        data = stream.read(LONGEST + 1)
    try:
        secret = data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{os.fspath(file)} is not text in UTF-8") from None
    if not secret:
        raise ValueError(f"{os.fspath(file)} is empty")
    if len(data) > LONGEST or not secret.isprintable():
        raise ValueError(f"{os.fspath(file)} must hold one line: the secret alone")
    return secret
