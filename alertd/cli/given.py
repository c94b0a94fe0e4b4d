"""What an option may be; UsageError names the option and what to write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.core.model import DataType


def language_of(code: str | None) -> str | None:
    """A language that texts are shipped in."""
    from alertd.config import languages

    if code is not None and code not in languages():
        raise UsageError(f"--lang: no texts in {code!r}: write one of {', '.join(languages())}")
    return code


def role_of(name: str | None) -> str | None:
    """A role of a reader."""
    from alertd.core.people import Role

    if name is not None and name not in list(Role):
        raise UsageError(f"--role: {name!r} is not known: write one of {', '.join(Role)}")
    return name


def country_of(option: str, code: str | None) -> str | None:
    """A country in the two letters of ISO 3166."""
    from alertd.config.words import country

    try:
        return None if code is None else country(code)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def data_types_of(codes: Iterable[str]) -> frozenset[DataType]:
    """Kinds of data by their codes."""
    from difflib import get_close_matches

    from alertd.core.model import DataType

    wanted = list(codes)
    for code in wanted:
        if code not in list(DataType):
            near = get_close_matches(code, list(DataType), 1)
            hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(DataType)}"
            raise UsageError(f"--data-type: there is no kind of data {code!r}: {hint}")
    return frozenset(map(DataType, wanted))
