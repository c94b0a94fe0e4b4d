"""The kinds of channel: one module each, found by listing this package.

A module ends in ``KIND = ChannelKind(...)``; tests/channels/test_contract.py says what it lacks.
A name that begins with an underscore is a part of a kind.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from pydantic import BaseModel

from alertd.core.transport import ChannelKind


class ChannelSettings(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True):
    """What every ``[channel.*]`` table may hold; what was given is in no error's text.

    ``shared`` None means the default of the kind.  A secret is a ``SecretStr`` field ``x``:
    the configuration reads ``x_file`` and ``x_credential`` into it.
    """

    kind: str
    shared: bool | None = None


@cache
def kinds() -> Mapping[str, ChannelKind]:
    """Every kind of channel by its name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (import_module(f"{__name__}.{name}") for name in names if name[0] != "_")
    found = (module.KIND for module in modules)
    return MappingProxyType({kind.kind: kind for kind in found})
