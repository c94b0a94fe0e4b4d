"""Public feeds, one file each: a module here with a ``SOURCE`` is a source, and that is all.

A module with a ``KIND`` and a ``parse`` is a kind that an operator's own sources may have.
"""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator

from alertd.core.duration import Duration, write_duration
from alertd.core.feed import Parse, Request, Source
from alertd.core.model import Dated, Tier
from alertd.errors import ConfigError

_OWN_LICENCE: Final = "The operator's own source; see its publisher's terms."


class SourceSettings(BaseModel):
    """A ``[[source]]`` table: a feed of the operator's own, or a shipped one elsewhere.

    What is not set keeps the default of a shipped kind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    kind: str = "feed"
    url: str = ""
    every: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(minutes=30)
    tier: Tier = Tier.PRESS
    dated: Dated = Dated.POSTING
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] | None = None

    @field_validator("url")
    @classmethod
    def _usable(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ValueError("write it as https://host/path")
        if "@" in urlsplit(url).netloc:
            raise ValueError("a user name or password in a url is not used; remove it")
        return url

    @field_serializer("every")
    def _every(self, every: timedelta) -> str:
        return write_duration(every)


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}") for name in names)


@cache
def catalogue() -> Mapping[str, Source]:
    """The shipped sources by name."""
    found = [module.SOURCE for module in _modules() if hasattr(module, "SOURCE")]
    return MappingProxyType({source.name: source for source in found})


@cache
def _generic() -> Mapping[str, Parse]:
    return {module.KIND: module.parse for module in _modules() if hasattr(module, "KIND")}


def kinds() -> tuple[str, ...]:
    """The kinds that a ``[[source]]`` may have: the generic ones, then the shipped ones."""
    return (*_generic(), *(source.kind for source in catalogue().values()))


def build(settings: SourceSettings) -> Source:
    """The source that a ``[[source]]`` table describes.

    Raises:
        ConfigError: the kind is unknown, or a url is missing.
    """
    shipped = next((s for s in catalogue().values() if s.kind == settings.kind), None)
    if shipped is not None:
        return _moved(shipped, settings)
    if settings.kind not in _generic():
        raise ConfigError(_unknown_kind(settings))
    if not settings.url:
        raise ConfigError(
            f'source "{settings.name}": url is missing; write it as https://host/path'
        )
    return Source(
        request=Request(settings.url),
        parse=_generic()[settings.kind],
        publisher=settings.name,
        licence=_OWN_LICENCE,
        **_values(settings, {"name", "kind", "every", "tier", "dated", "country", "language"}),
    )


def settings_of(source: Source) -> SourceSettings:
    """The settings that ``build`` makes ``source`` from again, every value explicit."""
    return SourceSettings(
        name=source.name,
        kind=source.kind,
        url=source.request.url,
        every=source.every,
        tier=source.tier,
        dated=source.dated,
        country=source.country,
        language=source.language,
    )


def _moved(shipped: Source, settings: SourceSettings) -> Source:
    """A shipped source with what the operator set."""
    chosen = _values(settings, settings.model_fields_set - {"url", "kind"})
    request = replace(shipped.request, url=settings.url) if settings.url else shipped.request
    return replace(shipped, request=request, **chosen)


def _values(settings: SourceSettings, names: set[str]) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in names}


def _unknown_kind(settings: SourceSettings) -> str:
    near = difflib.get_close_matches(settings.kind.lower(), kinds(), n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(kinds())}"
    return f'source "{settings.name}": unknown kind "{settings.kind}"; {hint}'
