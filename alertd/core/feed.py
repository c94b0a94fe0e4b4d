"""A source as data: what to ask for, how often, and how an answer becomes reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from alertd.core.model import Dated, Tier

NOT_MODIFIED: Final = 304

if TYPE_CHECKING:
    from alertd.core.model import Report


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Validators:
    """A server's ETag and Last-Modified, byte for byte; sent back or not at all."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered; ``unchanged`` for a 304, whose body is empty."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    validators: Validators = field(default_factory=Validators)

    @property
    def unchanged(self) -> bool:
        """Whether the server says that nothing has changed since the last fetch."""
        return self.status == NOT_MODIFIED


Parse = Callable[[Reply, "Source"], "Iterable[Report]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A public feed.

    ``parse`` is pure: bytes in, reports out, ParseError when the answer is not what it
    should be.  ``max_items`` bounds one answer (reliability rule F1).  ``observed`` is
    False where no real answer was ever seen.
    """

    name: str
    kind: str
    request: Request
    parse: Parse
    publisher: str
    every: timedelta = timedelta(minutes=30)
    tier: Tier = Tier.PRESS
    dated: Dated = Dated.POSTING
    country: str | None = None
    language: str | None = None
    max_items: int = 1_000
    observed: bool = True
    default: bool = True
    licence: str = ""
