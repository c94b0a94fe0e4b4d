"""The alerts behind the golden messages: the Almerys case as its readers get it, other leaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from alertd.core.markup import to_text
from alertd.core.message import Message
from alertd.core.model import (
    Change,
    Citation,
    Corroboration,
    DataType,
    Incident,
    Organisation,
    People,
    Severity,
    Speaker,
    Status,
)
from alertd.core.people import (
    Alert,
    Answer,
    Criterion,
    Field,
    Kind,
    Matched,
    Reader,
    Reason,
    Role,
    Term,
)
from alertd.core.render import render
from alertd.texts import load
from tests.core.leaks import GOLDEN_LEAKS

NOW: Final = datetime(2026, 5, 30, 9, 0, tzinfo=UTC)
PUBLISHED: Final = datetime(2026, 5, 29, 7, 30, tzinfo=UTC)
ALMERYS: Final = Organisation("Almerys", "almerys", domains=("almerys.com",))
EXPOSED: Final = frozenset(
    {
        DataType.NATIONAL_ID,
        DataType.NAME,
        DataType.DATE_OF_BIRTH,
        DataType.HEALTH_INSURANCE,
    }
)
ISSUERS: Final = {DataType.NATIONAL_ID: "FR", DataType.HEALTH_INSURANCE: "FR"}


def cited(
    publisher: str,
    url: str,
    *,
    speaker: Speaker = Speaker.REPORTER,
    status: Status = Status.CONFIRMED,
    published: datetime = PUBLISHED,
) -> Citation:
    return Citation(
        publisher=publisher, published=published, url=url, speaker=speaker, status=status
    )


REPORTED: Final = Incident(
    id=7,
    revision=1,
    organisations=(ALMERYS,),
    data_types=EXPOSED,
    not_exposed=frozenset({DataType.BANK_ACCOUNT}),
    issuers=ISSUERS,
    status=Status.CONFIRMED,
    corroboration=Corroboration.C1,
    severity=Severity.CRITICAL,
    countries=frozenset({"FR"}),
    incident_date="2026-05",
    published=PUBLISHED,
    first_seen=NOW,
    title="Almerys: social security numbers exposed",
    citations=(cited("Data Watch", "https://datawatch.example/2026/05/almerys"),),
)
CONFIRMED: Final = replace(
    REPORTED,
    revision=2,
    corroboration=Corroboration.C3,
    citations=(
        *REPORTED.citations,
        cited(
            "Almerys",
            "https://www.almerys.example/incident",
            speaker=Speaker.ORGANISATION,
            published=datetime(2026, 6, 1, 16, 0, tzinfo=UTC),
        ),
    ),
)
CLAIMED: Final = replace(
    REPORTED,
    status=Status.CLAIMED,
    corroboration=Corroboration.C0,
    severity=Severity.HIGH,
    not_exposed=frozenset(),
    issuers={},
    data_types=frozenset(),
    incident_date=None,
    citations=(
        cited(
            "Leak Tracker",
            "https://leaktracker.example/almerys",
            speaker=Speaker.CRIMINALS,
            status=Status.CLAIMED,
        ),
    ),
)
WITHDRAWN: Final = replace(
    REPORTED,
    revision=3,
    status=Status.WITHDRAWN,
    severity=Severity.INFO,
    citations=(
        *REPORTED.citations,
        cited(
            "Data Watch",
            "https://datawatch.example/2026/06/correction",
            status=Status.WITHDRAWN,
            published=datetime(2026, 6, 3, 8, 0, tzinfo=UTC),
        ),
    ),
)

PATIENT: Final = Reader(
    name="patient", language="fr", country="FR", timezone="Europe/Paris", role=Role.INDIVIDUAL
)
BY_NAME: Final = Matched(
    watch="mes assureurs santé",
    reason=Reason(criteria=(), organisation="Almerys", role="breached"),
)
BY_NAME_EN: Final = replace(BY_NAME, watch="my health insurers")
BY_TYPE: Final = Matched(
    watch="identity numbers",
    reason=Reason(
        criteria=(
            Criterion(
                field="data_types",
                answer=Answer.HOLDS,
                words="national-id",
                terms=(Term(Field.DATA_TYPE, "national-id"),),
            ),
        )
    ),
)


def alert(  # one alert to the French patient, with whatever differs
    incident: Incident = REPORTED,
    *,
    reader: Reader = PATIENT,
    matched: tuple[Matched, ...] = (BY_NAME,),
    **changes: object,
) -> Alert:
    whole = Alert(
        kind=Kind.NEW,
        reader=reader,
        incident=incident,
        matched=matched,
        now=NOW,
        contact="security@example.org",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # the fields of Alert, by name


US_READER: Final = Reader(name="us", language="en", country="US", timezone="America/New_York")
OFFICER_FR: Final = replace(PATIENT, name="dpo", role=Role.PRIVACY)
OFFICER_EN: Final = replace(OFFICER_FR, language="en")
ELSEWHERE: Final = Reader(name="de", language="en", country="DE", timezone="Europe/Berlin")
PAGE: Final = "https://alerts.example.org/i/7"
LATER: Final = datetime(2026, 6, 2, 6, 0, tzinfo=UTC)

GOLDEN: Final[Mapping[str, Alert]] = MappingProxyType(
    {
        "almerys-patient.fr": alert(),
        "almerys-patient-confirmed.fr": alert(CONFIRMED, page=PAGE, now=LATER),
        "almerys-patient-update.fr": alert(
            CONFIRMED,
            kind=Kind.UPDATE,
            before=REPORTED,
            changes=frozenset({Change.CONFIRMED}),
            now=LATER,
        ),
        "almerys-patient-withdrawn.fr": alert(
            WITHDRAWN,
            kind=Kind.WITHDRAWN,
            before=REPORTED,
            changes=frozenset({Change.WITHDRAWN}),
            now=datetime(2026, 6, 3, 9, 0, tzinfo=UTC),
        ),
        "almerys-patient-claim.fr": alert(CLAIMED),
        "almerys-patient-discreet.fr": alert(reader=replace(PATIENT, discreet=True)),
        "almerys-us.en": alert(reader=US_READER, matched=(BY_TYPE,)),
        "almerys-privacy.fr": alert(reader=OFFICER_FR),
        "almerys-privacy.en": alert(reader=OFFICER_EN, matched=(BY_NAME_EN,)),
        "almerys-elsewhere.en": alert(reader=ELSEWHERE, matched=(BY_NAME_EN,)),
        "almerys-claim.en": alert(CLAIMED, reader=ELSEWHERE, matched=(BY_NAME_EN,)),
        "almerys-france-late.en": alert(
            replace(CONFIRMED, people=People(1_200_000, None)),
            reader=replace(PATIENT, language="en"),
            matched=(BY_NAME_EN,),
            late=True,
            now=LATER,
        ),
        "clinic-us.en": alert(
            replace(
                CONFIRMED,
                organisations=(Organisation("Lakeside Clinic", "lakeside clinic"),),
                via=(Organisation("Records Host", "records host"),),
                issuers={DataType.NATIONAL_ID: "US", DataType.HEALTH_INSURANCE: "US"},
                countries=frozenset({"US"}),
                people=People(12_500, 12_500, "patients"),
                citations=(
                    cited(
                        "Lakeside Clinic",
                        "https://clinic.example/notice",
                        speaker=Speaker.ORGANISATION,
                    ),
                ),
            ),
            reader=US_READER,
            matched=(BY_TYPE,),
            now=LATER,
            unsubscribe="https://alerts.example.org/u/abc",
        ),
        **GOLDEN_LEAKS,
    }
)

FOLDER: Final = Path(__file__).parent.parent / "data" / "messages"


def golden(message: Message) -> str:
    """What a golden file holds: the subject, the preview line and the plain body."""
    return f"Subject: {message.subject}\nPreview: {message.preheader}\n\n{to_text(message)}"


NEUTRAL: Final = {
    "en": "A breach alert for one of your watches",
    "fr": "Une alerte de fuite pour l'une de vos veilles",
}


EN_READER: Final = replace(PATIENT, language="en")


def message(case: str) -> Message:
    """The message of a golden case."""
    return render(GOLDEN[case], load())


def english(incident: object = REPORTED, **changes: object) -> Message:
    """A message of the case to an English reader in France, with whatever differs."""
    fields = {"incident": incident, "reader": EN_READER, "matched": (BY_NAME_EN,), **changes}
    return render(alert(**fields), load())  # type: ignore[arg-type]  # the fields of Alert


def flat(text: str) -> str:
    """The text as one line, as if it were not wrapped."""
    return " ".join(text.split())


if __name__ == "__main__":  # python -m tests.core.cases writes them anew, to be read again
    for name, case in GOLDEN.items():
        whole = golden(render(case, load()))
        (FOLDER / f"{name}.txt").write_text(whole, encoding="utf-8")
