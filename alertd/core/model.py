"""The vocabulary: what a report says, and the incident that reports add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final


class DataType(StrEnum):
    """The 29 kinds of exposed data; the codes are fixed."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    POSTAL_ADDRESS = "postal-address"
    DATE_OF_BIRTH = "date-of-birth"
    DEMOGRAPHICS = "demographics"
    PASSWORD = "password"  # noqa: S105 - the name of a kind of data
    CREDENTIALS_OTHER = "credentials-other"
    NATIONAL_ID = "national-id"
    TAX_ID = "tax-id"
    IDENTITY_DOCUMENT = "identity-document"
    PAYMENT_CARD = "payment-card"
    BANK_ACCOUNT = "bank-account"
    FINANCIAL_OTHER = "financial-other"
    HEALTH = "health"
    HEALTH_INSURANCE = "health-insurance"
    BIOMETRIC = "biometric"
    GENETIC = "genetic"
    LOCATION = "location"
    DEVICE_IP = "device-ip"
    EMPLOYMENT = "employment"
    EDUCATION = "education"
    COMMUNICATIONS = "communications"
    FAMILY = "family"
    SPECIAL_CATEGORY = "special-category"
    MINORS = "minors"
    PROFILE_ACTIVITY = "profile-activity"
    BUSINESS_RECORDS = "business-records"
    SOURCE_CODE_SECRETS = "source-code-secrets"


ISSUED: Final = frozenset(
    {
        DataType.NATIONAL_ID,
        DataType.TAX_ID,
        DataType.IDENTITY_DOCUMENT,
        DataType.HEALTH_INSURANCE,
        DataType.BANK_ACCOUNT,
    }
)
"""Numbers that a state or a bank issues: advice on them needs issuer and reader to agree."""


class Tier(StrEnum):
    """What kind of publisher a source is."""

    OFFICIAL = "official"
    VICTIM = "victim"
    CURATED = "curated"
    PRESS = "press"
    CLAIM = "claim"


class Dated(StrEnum):
    """What a source's dates mean: when it posted the item, or when the event was."""

    POSTING = "posting"
    EVENT = "event"


class Status(StrEnum):
    """How far a breach is established."""

    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"


class Speaker(StrEnum):
    """Whose statement a report carries, whoever relays it."""

    CRIMINALS = "criminals"
    REPORTER = "reporter"
    ORGANISATION = "organisation"
    AUTHORITY = "authority"


class Corroboration(IntEnum):
    """How well the statement is supported (C0 to C4)."""

    C0 = 0
    C1 = 1
    C2 = 2
    C3 = 3
    C4 = 4


class Severity(StrEnum):
    """How much harm the exposed data can do; ordered by ``rank``."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return list(type(self)).index(self)


@dataclass(frozen=True, slots=True)
class People:
    """How many are affected: bounds (either may be unknown) and what is counted."""

    low: int | None
    high: int | None
    unit: str = "people"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as a reader would name it; ``key`` is its folded name."""

    name: str
    key: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One item as one source published it; ``published`` is aware UTC, None if unknown.

    What follows ``text`` is stated by a structured source; the text fills what is missing.
    ``collected`` marks data that malware, phishing or the police gathered from many places: no
    one organisation was breached, so none is read from the words either.
    """

    source: str
    key: str
    url: str
    title: str
    text: str
    published: datetime | None = None
    language: str | None = None
    organisations: tuple[str, ...] = ()
    domain: str | None = None
    data_types: frozenset[DataType] = frozenset()
    people: People | None = None
    incident_date: str | None = None
    status: Status | None = None
    country: str | None = None
    tier: Tier = Tier.PRESS
    sensitive: bool = False
    collected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one report says of one incident; ``evidence`` holds the words of each field.

    ``incident_date`` is an ISO day, month or year; ``issuers`` gives the country that issued
    the exposed numbers; ``speaker`` is whose statement it is; ``cites`` are the publishers,
    in folded form, that the report names or links as its source; ``words`` are the names, numbers
    and marks of wording that tell whether another account is of the same incident.
    """

    organisations: tuple[Organisation, ...] = ()
    via: tuple[Organisation, ...] = ()
    data_types: frozenset[DataType] = frozenset()
    not_exposed: frozenset[DataType] = frozenset()
    issuers: Mapping[DataType, str] = field(default_factory=dict)
    people: People | None = None
    status: Status = Status.CONFIRMED
    speaker: Speaker = Speaker.REPORTER
    countries: frozenset[str] = frozenset()
    incident_date: str | None = None
    cites: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Mark(StrEnum):
    """What is odd about a report, or about our reading of it."""

    UNREAD = "unread"
    """It could not be judged: kept, without facts."""
    AFTERMATH = "aftermath"
    """A fine, a suit, a verdict or an arrest over an earlier breach; no breach of its own."""
    MIXED_SCRIPTS = "mixed-scripts"
    """A name is written with look-alike letters of several scripts."""
    CUT = "cut"
    """Longer than is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one report came to: is it about a breach, and the incidents that it tells of."""

    relevant: bool
    confidence: float
    language: str
    incidents: tuple[Facts, ...] = ()
    mentioned: tuple[Organisation, ...] = ()
    marks: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One report's facts on one incident, with who published them and when.

    ``part`` counts the incidents within the report, for round-ups; ``published`` falls back
    to ``first_seen``; ``text`` is the whole report's, by which copies are known.
    """

    report: int
    part: int
    source: str
    publisher: str
    tier: Tier
    url: str
    title: str
    published: datetime
    first_seen: datetime
    facts: Facts
    sensitive: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """Who says so: the source line of a message."""

    publisher: str
    published: datetime
    url: str
    speaker: Speaker
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One breach at one revision: the best supported value of each fact, and who says so.

    ``id`` is negative while the store has not given one; ``ref`` is the name people use, the
    same after any restore.  ``dissent`` holds, per field, the values of those who say otherwise.
    """

    id: int
    revision: int
    ref: str = ""
    organisations: tuple[Organisation, ...]
    via: tuple[Organisation, ...] = ()
    data_types: frozenset[DataType] = frozenset()
    not_exposed: frozenset[DataType] = frozenset()
    issuers: Mapping[DataType, str] = field(default_factory=dict)
    people: People | None = None
    status: Status = Status.CONFIRMED
    corroboration: Corroboration = Corroboration.C1
    severity: Severity = Severity.LOW
    countries: frozenset[str] = frozenset()
    incident_date: str | None = None
    sensitive: bool = False
    published: datetime
    first_seen: datetime
    title: str = ""
    citations: tuple[Citation, ...] = ()
    dissent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Change(StrEnum):
    """What makes a new revision, product-wide; anything smaller makes none."""

    FIRST = "first"
    NEWS = "news"
    MERGED = "merged"
    SPLIT = "split"
    DATA_TYPES = "data-types"
    ORGANISATIONS = "organisations"
    VIA = "via"
    PEOPLE = "people"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"
