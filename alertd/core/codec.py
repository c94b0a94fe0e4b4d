"""Core values to JSON text and back, the same bytes for the same value every time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, TypeVar, cast

from pydantic import TypeAdapter

T = TypeVar("T")


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """A core value as JSON values; sets become sorted lists, so that equal values agree."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value


def dumps(value: object) -> str:
    """A core value as JSON text with sorted keys."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_ADAPTERS: Final[dict[object, TypeAdapter[Any]]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def loads(kind: type[T], text: str | bytes) -> T:
    """The value of ``kind`` that ``dumps`` wrote; ValueError when it is not one."""
    return cast("T", _adapter(kind).validate_json(text))


def load(kind: type[T], value: object) -> T:
    """The value of ``kind`` from JSON values already parsed; ValueError when it is not one."""
    return cast("T", _adapter(kind).validate_python(value))
