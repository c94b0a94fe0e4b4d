"""Who is told, what they watch, and why something concerned them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alertd.core.model import Change, DataType, Incident, Severity, Status


class Role(StrEnum):
    """What a reader is; decides the layout of a message."""

    INDIVIDUAL = "individual"
    ASSOCIATION = "association"
    PRIVACY = "privacy"
    SECURITY = "security"
    VENDOR_RISK = "vendor-risk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """Whom a watched organisation depends on.

    ``path`` leads from the watched organisation to the supplier, both included; ``names`` are
    all that the supplier is known as; ``data_types`` are what it holds, empty for not known.
    """

    path: tuple[str, ...]
    names: tuple[str, ...]
    data_types: frozenset[DataType] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The canonical content of a watch; all fields must hold, any value within one is enough.

    ``organisations`` are as written by the person; equal criteria are stored once and shared.
    ``suppliers`` are those of the organisations, as deep as ``follow_suppliers`` asks for.
    """

    organisations: tuple[str, ...] = ()
    data_types: frozenset[DataType] = frozenset()
    countries: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    keywords: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_people: int = 0
    min_status: Status = Status.CLAIMED
    follow_suppliers: int = 0
    suppliers: tuple[Supplier, ...] = ()


class Field(StrEnum):
    """The fields of a watch that hold terms."""

    ORGANISATION = "organisation"
    DOMAIN = "domain"
    DATA_TYPE = "data-type"
    COUNTRY = "country"
    SECTOR = "sector"
    KEYWORD = "keyword"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Term:
    """One indexed look-up key of criteria; only ``anchor`` terms are looked up."""

    field: Field
    key: str
    anchor: bool = True


class Answer(StrEnum):
    """What one criterion came to."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One field of a watch judged against one incident, with the words that decided it."""

    field: str
    answer: Answer
    words: str
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why criteria hold or not, field by field; ``possible`` marks an unsure organisation.

    ``organisation`` is the watched name that matched, in the incident's own spelling, and
    ``role`` whether it was breached, the supplier that a report names (``via``), or one that
    the operator knows of (``supplier``): then ``path`` leads from the watched organisation to it.
    """

    criteria: tuple[Criterion, ...]
    organisation: str | None = None
    role: str | None = None
    possible: bool = False
    path: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every criterion holds."""
        return all(item.answer is Answer.HOLDS for item in self.criteria)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads a message: all that wording and advice may depend on."""

    name: str
    language: str = "en"
    country: str | None = None
    timezone: str = "UTC"
    role: Role = Role.INDIVIDUAL
    discreet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to one person: a channel, when, and what it lets through."""

    channel: str
    when: str = "now"
    events: frozenset[str] = frozenset({"new", "update", "withdrawn"})
    min_severity: Severity = Severity.INFO
    quiet: str | None = None
    quiet_except: Severity | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One interest of one subscriber, under the name that they gave it.

    ``criteria`` are what is matched; ``wish`` is what the person wrote, None where that is the
    same and nothing known of organisations was added.
    """

    name: str
    criteria: Criteria
    wish: Criteria | None = None

    @property
    def written(self) -> Criteria:
        """What the person wrote."""
        return self.wish or self.criteria


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who is told, where and what of."""

    reader: Reader
    email: str | None
    routes: tuple[Route, ...] = ()
    watches: tuple[Watch, ...] = ()

    @property
    def name(self) -> str:
        """The name that commands and the file know the person by."""
        return self.reader.name


class Kind(StrEnum):
    """What a message is for."""

    NEW = "new"
    UPDATE = "update"
    WITHDRAWN = "withdrawn"
    DIGEST = "digest"
    DRILL = "drill"
    NOTICE = "notice"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A watch of the reader that an incident concerns, and why."""

    watch: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One subscriber, one incident revision and every watch that matched: what to render.

    ``before`` is the incident as the reader was last told of it (updates, corrections);
    ``late`` says that more than a day has passed since it became due; ``contact`` and
    ``unsubscribe`` are the operator's address and, where they exist, the way to stop.
    """

    kind: Kind
    reader: Reader
    incident: Incident
    matched: tuple[Matched, ...] = ()
    before: Incident | None = None
    changes: frozenset[Change] = frozenset()
    late: bool = False
    now: datetime
    contact: str = ""
    page: str = ""
    unsubscribe: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
