"""What is wrong in a file, in words that say what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from alertd.config.places import Path

M = TypeVar("M", bound=BaseModel)

SHOWN: Final = 60
LISTED: Final = 14
"""So many choices are listed in an error; of more, only the nearest is named."""

_KINDS: Final = (
    ("string", 'write text in quotes, such as "…"'),
    ("int", "write a whole number"),
    ("float", "write a number"),
    ("finite_number", "write a number"),
    ("bool", "write true or false"),
    ("tuple", 'write a list, such as ["…"]'),
    ("list", 'write a list, such as ["…"]'),
    ("frozen_set", 'write a list, such as ["…"]'),
    ("set", 'write a list, such as ["…"]'),
    ("model", "write a table, such as {key = value}"),
    ("dict", "write a table, such as {key = value}"),
)
_BOUNDS: Final = {
    "string_pattern_mismatch": "is not in the form that is needed: {pattern}",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "less_than": "must be less than {lt}",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and its place in the document."""

    path: Path
    what: str


@dataclass(slots=True)
class Findings:
    """Everything noticed while a file is read: faults stop it, warnings do not."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, what: str) -> None:
        """Note what stops the file from being used."""
        self.faults.append(Fault(path, what))

    def warn(self, path: Path, what: str) -> None:
        """Note what the operator should know of a file that can be used."""
        self.warnings.append(Fault(path, what))

    def read(
        self,
        model: type[M],
        table: object,
        base: Path,
        *,
        also: Collection[str] = (),
        ignore: Collection[str] = (),
    ) -> M | None:
        """The model of a table, or None with its faults noted.

        Args:
            model: What the table should be.
            table: What tomllib read.
            base: Where it stands.
            also: Further keys that the table may hold, for suggestions.
            ignore: Keys whose faults have been noted already.
        """
        try:
            return model.model_validate(table)
        except ValidationError as error:
            details = error.errors(include_url=False)
        for detail in _without_echoes(model, details):
            loc = detail["loc"]
            # What a table says as a whole cannot be judged without the ignored part.
            if not ignore or (loc and loc[0] not in ignore):
                known = [*_keys(model, loc[:-1]), *(also if len(loc) == 1 else ())]
                words = _discreet(model, detail, _words(detail, known))
                self.fault((*base, *_within(table, loc)), words)
        return None


def quoted(value: object) -> str:
    """A value as it may be shown in an error: one line, no control characters, not long."""
    text = value if isinstance(value, str) else str(value)
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    clean = "".join(char if char.isprintable() else "\ufffd" for char in shown)
    return json.dumps(clean, ensure_ascii=False)


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` for the nearest of what is known, or nothing."""
    near = _nearest(word, tuple(known))
    return f'; did you mean "{near}"?' if near else ""


@lru_cache(maxsize=256)  # ten thousand people may share one mistake
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold()[:SHOWN], list(folded), n=1)
    return folded[near[0]] if near else None


def choice(word: object, known: Collection[str]) -> str:
    """That a word is none of those known, with the nearest or, where few, all of them."""
    near = suggestion(str(word), known)
    if near or len(known) > LISTED:
        return f"{quoted(word)} is not known{near}"
    return f"{quoted(word)} is not known; write one of: {', '.join(known) or 'none'}"


def written(path: Path) -> str:
    """A place as a reader counts: ``subscriber[1].watch[2].data_types``."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part + 1}]"
        else:
            plain = re.fullmatch(r"[\w-]+", part)
            shown += f"{'.' if shown else ''}{part if plain else quoted(part)}"
    return shown


def secret_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a table whose values are secrets."""
    return tuple(
        item.alias or name
        for name, item in model.model_fields.items()
        if SecretStr in (item.annotation, *get_args(item.annotation))
    )


def _without_echoes(model: type[BaseModel], details: list[ErrorDetails]) -> list[ErrorDetails]:
    """The details but for keys that are missing only because they are misspelt."""
    meant = {
        (*loc[:-1], name)
        for loc in (item["loc"] for item in details if item["type"] == "extra_forbidden")
        for name in get_close_matches(str(loc[-1]), _keys(model, loc[:-1]), n=1)
    }
    return [item for item in details if item["type"] != "missing" or item["loc"] not in meant]


def _keys(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """The keys that the table at ``loc`` within a model may hold."""
    here: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, str) and here is not None:
            found = {item.alias or name: item for name, item in here.model_fields.items()}
            here = _model_in(found[part].annotation) if part in found else None
    return [] if here is None else [f.alias or n for n, f in here.model_fields.items()]


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(item) for item in get_args(annotation))
    return next((item for item in inner if item is not None), None)


def _within(table: object, loc: Path) -> Path:
    """``loc`` as far as the document goes, and one step more for what is missing."""
    here = table
    for depth, part in enumerate(loc):
        held: Mapping[Any, Any] = dict(enumerate(here)) if isinstance(here, list) else {}
        held = here if isinstance(here, Mapping) else held
        if part not in held:
            return loc[: depth + isinstance(here, Mapping)]
        here = held[part]
    return loc


def _words(detail: ErrorDetails, known: list[str]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown_key(str(detail["loc"][-1]), known)
    if kind == "value_error":
        return str(context["error"])
    if kind in {"enum", "literal_error"}:
        return choice(detail["input"], re.findall(r"'([^']*)'", str(context["expected"])))
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(**{name: _short(bound) for name, bound in context.items()})
    return _wrong_type(detail)


def _short(bound: object) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def _discreet(model: type[BaseModel], detail: ErrorDetails, words: str) -> str:
    """The words without the value, where the value is a secret."""
    value = detail["input"]
    secret = bool(detail["loc"]) and detail["loc"][0] in secret_fields(model)
    return words.replace(value, "…") if secret and isinstance(value, str) and value else words


def _unknown_key(key: str, known: list[str]) -> str:
    near = suggestion(key, known)
    if near or len(known) > LISTED:
        return f"unknown key{near}"
    return f"unknown key; known here: {', '.join(known)}"


def _wrong_type(detail: ErrorDetails) -> str:
    kind = detail["type"]
    for start, words in _KINDS:
        if kind.startswith(start):
            return words
    return detail["msg"]
