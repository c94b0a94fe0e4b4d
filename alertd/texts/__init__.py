"""The words and the advice: data files per language and country, read into frozen values.

    countries/<CC>.toml                  bodies of one country; ``generic``, ``EU``
    <lang>/messages.toml                 the skeleton of every message, names of data types
    <lang>/countries/<CC>.toml           what the language says of one country
    <lang>/guidance/<type>[.<CC>].toml   the advice on one data type
    <lang>/guidance/contact[.<CC>].toml  the advice that name, email, phone, address and birth
                                         date share; a country's file adds to the general one
    <lang>/roles/<role>.toml             the advice for one role

A language is a folder, a country a file per folder, a sheet one file: nothing else changes.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from alertd.core import codec
from alertd.core.people import Role
from alertd.core.texts import CountryWords, Language, Pack, RoleSheet, Sheet, Texts
from alertd.errors import ConfigError

_HERE: Final = Path(__file__).parent

T = TypeVar("T")


@cache
def load() -> Texts:
    """The catalogue that ships with alertd; ConfigError names a file that cannot be used."""
    return load_from(_HERE)


def load_from(folder: Path) -> Texts:
    """The catalogue in ``folder``; ConfigError names the file and what is wrong in it."""
    languages = {path.parent.name: _language(path.parent) for path in _files(folder, "*/messages")}
    packs = {path.stem: _read(Pack, path) for path in _files(folder / "countries", "*")}
    return Texts(languages=languages, packs=packs)


def _language(folder: Path) -> Language:
    sheets = {_sheet_key(path): _read(Sheet, path) for path in _files(folder / "guidance", "*")}
    countries = {path.stem: _read(CountryWords, path) for path in _files(folder / "countries", "*")}
    roles = {Role(path.stem): _read(RoleSheet, path) for path in _files(folder / "roles", "*")}
    return Language(
        code=folder.name,
        messages=_read(dict[str, dict[str, str]], folder / "messages.toml"),
        sheets=sheets,
        countries=countries,
        roles=roles,
    )


def _sheet_key(path: Path) -> tuple[str, str]:
    kind, _, country = path.stem.partition(".")
    return kind, country


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(f"{pattern}.toml"))


def _read(kind: type[T], path: Path) -> T:
    try:
        return codec.load(kind, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be used: {error}") from error
