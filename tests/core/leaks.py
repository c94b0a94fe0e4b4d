"""Leaks of each kind of data, the readers they reach, and the alerts of their golden messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

from alertd.core.advise import Advice, advise, to_json
from alertd.core.model import (
    ISSUED,
    Citation,
    Corroboration,
    DataType,
    Incident,
    Organisation,
    Severity,
    Speaker,
    Status,
)
from alertd.core.people import Alert, Kind, Matched, Reader, Reason, Role
from alertd.core.texts import Texts
from alertd.texts import load

D = DataType
NOW: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PUBLISHED: Final = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the scenario table: what leaked, for whom, what comes first and what to expect.

    Numbers that a state or bank issues are those of the reader's country.
    """

    number: int
    types: frozenset[DataType]
    country: str
    acts: tuple[str, ...]
    scams: tuple[str, ...]


def _row(number: int, country: str, acts: str, scams: str, *types: DataType) -> Row:
    return Row(
        number=number,
        types=frozenset(types),
        country=country,
        acts=tuple(f"AC-{name}" for name in acts.split()),
        scams=tuple(f"SC-{name}" for name in scams.split()),
    )


REACHED: Final = (D.NAME, D.POSTAL_ADDRESS, D.PHONE, D.DATE_OF_BIRTH)
SIGN_IN: Final = (D.EMAIL, D.PASSWORD)

ROWS: Final = (
    _row(1, "FR", "TYPE 02 26", "01 14 05", D.NAME, D.EMAIL),
    _row(1, "US", "TYPE 02 26", "01 14 05", D.NAME, D.EMAIL),
    # No public page on false tax messages in the UK was verified, so none is named there.
    _row(1, "GB", "TYPE 02 26", "01 14 02", D.NAME, D.EMAIL),
    _row(2, "FR", "CB 26 23", "02 14 01", D.NAME, D.EMAIL, D.PHONE),
    _row(2, "US", "CB 26 23", "02 14 01", D.NAME, D.EMAIL, D.PHONE),
    _row(2, "GB", "CB 26 23", "02 14 01", D.NAME, D.EMAIL, D.PHONE),
    _row(3, "FR", "CB 23 11", "02 13 07", *REACHED),
    _row(3, "US", "CB 23 06", "02 13 07", *REACHED),
    _row(3, "GB", "CB 23 14", "02 13 07", *REACHED),
    _row(4, "FR", "01 03 24", "10 11", *SIGN_IN),
    _row(4, "US", "01 03 24", "10 11", *SIGN_IN),
    _row(4, "GB", "01 03 24", "10 11", *SIGN_IN),
    # "credentials-other" is user names as well as answers, so the act says "if".
    _row(5, "GB", "01 25 03", "10 11 13", *SIGN_IN, D.CREDENTIALS_OTHER),
    _row(9, "CA", "15 05 31", "07", D.NATIONAL_ID, D.NAME, D.DATE_OF_BIRTH),
    _row(
        10, "GB", "CB 14 31", "07 02",
        D.NATIONAL_ID, D.NAME, D.DATE_OF_BIRTH, D.POSTAL_ADDRESS,
    ),
    _row(12, "FR", "04 05 CB", "09 02 16", D.PAYMENT_CARD),
    _row(12, "US", "04 05 CB", "09 02 16", D.PAYMENT_CARD),
    _row(12, "GB", "04 05 CB", "09 02 16", D.PAYMENT_CARD),
    _row(14, "FR", "CB 05 13", "02 08", D.BANK_ACCOUNT, D.NAME),
    _row(14, "FR", "CB 05 13", "02 08", D.BANK_ACCOUNT, D.NAME, D.PHONE),
    _row(15, "US", "BANK 05 CB", "02 08", D.BANK_ACCOUNT, D.NAME),
    _row(16, "FR", "24 29 10", "12 15 04", D.HEALTH),
    _row(16, "US", "24 29 09", "12 15 04", D.HEALTH),
    # No public page on leaked records in the UK was verified: the rest is the general advice.
    _row(16, "GB", "24 29 CB", "12 01", D.HEALTH),
    _row(19, "FR", "21 11 22", "07 19 13", D.IDENTITY_DOCUMENT),
    _row(19, "US", "21 06 22", "07 19 13", D.IDENTITY_DOCUMENT),
    _row(19, "GB", "21 14 22", "07 19 13", D.IDENTITY_DOCUMENT),
    _row(28, "FR", "CB 23 05", "02 13 08", *REACHED, D.BANK_ACCOUNT),
)  # fmt: skip
"""Rows 6, 7, 8, 17 and 29 have tests of their own; 13 cannot be told from 12."""

LEAKS: Final[Mapping[str, frozenset[DataType]]] = MappingProxyType(
    {
        **{f"{row.number}: {', '.join(sorted(row.types))}": row.types for row in ROWS},
        "6": frozenset({D.NATIONAL_ID, D.HEALTH_INSURANCE, D.NAME, D.DATE_OF_BIRTH}),
        "card and password": frozenset({*SIGN_IN, D.PAYMENT_CARD, D.NAME}),
        "whole profile": frozenset({*SIGN_IN, *REACHED, D.CREDENTIALS_OTHER, D.DEVICE_IP}),
        "clinic": frozenset({*REACHED, D.HEALTH, D.HEALTH_INSURANCE, D.NATIONAL_ID}),
        "birth date": frozenset({D.DATE_OF_BIRTH}),
        "unknown": frozenset(),
    }
)


def _incident(
    organisation: str, types: frozenset[DataType], country: str, *, sensitive: bool = False
) -> Incident:
    cited = Citation(
        publisher="Breach Index",
        published=PUBLISHED,
        url="https://breachindex.example/news",
        speaker=Speaker.ORGANISATION,
        status=Status.CONFIRMED,
    )
    return Incident(
        id=11,
        revision=1,
        organisations=(Organisation(organisation, organisation.lower()),),
        data_types=types,
        issuers=dict.fromkeys(types & ISSUED, country),
        status=Status.CONFIRMED,
        corroboration=Corroboration.C3,
        severity=Severity.HIGH,
        countries=frozenset({country}),
        incident_date="2026-10",
        published=PUBLISHED,
        first_seen=NOW,
        title=f"{organisation}: data exposed",
        sensitive=sensitive,
        citations=(cited,),
    )


def leak(
    organisation: str,
    types: frozenset[DataType],
    country: str,
    language: str,
    *,
    sensitive: bool = False,
) -> Alert:
    """The alert of a leak to a reader who lives where its numbers were issued."""
    watch = {"en": "my accounts", "fr": "mes comptes"}[language]
    return Alert(
        kind=Kind.NEW,
        reader=Reader(name="reader", language=language, country=country),
        incident=_incident(organisation, types, country, sensitive=sensitive),
        matched=(Matched(watch=watch, reason=Reason(criteria=(), organisation=organisation)),),
        now=NOW,
        contact="security@example.org",
    )


_SCAN: Final = frozenset({D.IDENTITY_DOCUMENT, D.NAME, D.DATE_OF_BIRTH})
_RECORD: Final = frozenset({D.HEALTH, D.NAME, D.DATE_OF_BIRTH})
_SITE: Final = "Paper Lantern"
_SHOP: Final = "Corner Shoes"

GOLDEN_LEAKS: Final[Mapping[str, Alert]] = MappingProxyType(
    {
        "password-france.fr": leak(_SITE, frozenset(SIGN_IN), "FR", "fr"),
        "password-us.en": leak(_SITE, frozenset(SIGN_IN), "US", "en"),
        "password-uk.en": leak(_SITE, frozenset(SIGN_IN), "GB", "en"),
        "card-france.fr": leak(_SHOP, frozenset({D.PAYMENT_CARD, D.NAME}), "FR", "fr"),
        "card-uk.en": leak(_SHOP, frozenset({D.PAYMENT_CARD, D.NAME}), "GB", "en"),
        "iban-france.fr": leak("Line Telecom", frozenset({D.BANK_ACCOUNT, D.NAME}), "FR", "fr"),
        "health-france.fr": leak("Riverside Lab", _RECORD, "FR", "fr", sensitive=True),
        "health-us.en": leak("Riverside Lab", _RECORD, "US", "en"),
        "passport-uk.en": leak("Blue Coach Travel", _SCAN, "GB", "en"),
    }
)


def read_by(alert: Alert, country: str | None, language: str) -> Alert:
    """The same alert to another reader."""
    return replace(alert, reader=replace(alert.reader, country=country, language=language))


TODAY = date(2026, 11, 24)
NAMED = frozenset({DataType.NAME, DataType.DATE_OF_BIRTH})


def given(
    *types: DataType,
    issuer: str | None = None,
    country: str | None = "FR",
    language: str = "en",
    role: Role = Role.INDIVIDUAL,
    today: date = TODAY,
    texts: Texts | None = None,
) -> Advice:
    """The advice on a leak of those types at Almerys."""
    exposed = frozenset(types)
    return advise(
        texts or load(),
        data_types=exposed,
        issuers={kind: issuer for kind in exposed & ISSUED if issuer},
        reader=Reader(name="reader", language=language, country=country, role=role),
        today=today,
        organisation="Almerys",
    )


def ids(advice: Advice) -> list[str]:
    """The ids of its acts, in order."""
    return [act.id for act in advice.acts]


def scams(advice: Advice) -> list[str]:
    """The ids of its scams, in order."""
    return [scam.id for scam in advice.scams]


def everything(advice: Advice) -> str:
    """All that it says."""
    return str(to_json(advice))
