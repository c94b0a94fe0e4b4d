"""A message before any channel has seen it: a subject and blocks, never a string.

Text that came from outside is held in ``Quote`` or in plain fields; each channel escapes
every string for its own format, so no sheet or template can forget to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alertd.core.model import Severity


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text of our own."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A publisher's own words, short and attributed; never beside a call to action."""

    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """Lines without an order."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """Acts in their order: what to do, and why or how."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first row names the columns when ``header`` is set."""

    rows: tuple[tuple[str, ...], ...]
    header: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link of our own: the only thing that is ever clickable."""

    label: str
    url: str


Block = Heading | Paragraph | Quote | Bullets | Steps | Table | Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered message.

    ``preheader`` is the line a mail client shows beside the subject (empty where nothing may
    show); ``short`` is the chat form of at most 600 characters; ``footer`` is set apart
    from the blocks by every channel; ``data`` is the same as plain JSON values, for machines.
    """

    subject: str
    preheader: str
    language: str
    blocks: tuple[Block, ...]
    footer: tuple[Block, ...] = ()
    short: str = ""
    severity: Severity = Severity.INFO
    data: Mapping[str, object] = field(default_factory=dict)
