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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The short form, in parts that each chat tool escapes and lays out for itself.

    ``title`` is one line; ``lines`` are sentences; ``acts`` are what to do, in order; ``link``
    is our own page, empty for none; ``note`` names the incident and its revision.
    """

    title: str
    lines: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    link: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """All of it as plain lines."""
        parts = (self.title, *self.lines, *self.acts, self.note, self.link)
        return "\n".join(part for part in parts if part)


Block = Heading | Paragraph | Quote | Bullets | Steps | Table | Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered message.

    ``preheader`` is the line a mail client shows beside the subject (empty where nothing may
    show); ``shared`` is the chat form for channels that several people read, at most 600
    characters, and ``personal`` the one for a person's own chat, with up to five acts;
    ``footer`` is set apart from the blocks by every channel; ``data`` is the same as plain
    JSON values, for machines.
    """

    subject: str
    preheader: str
    language: str
    blocks: tuple[Block, ...]
    footer: tuple[Block, ...] = ()
    shared: Chat = Chat(title="")
    personal: Chat = Chat(title="")
    severity: Severity = Severity.INFO
    data: Mapping[str, object] = field(default_factory=dict)
