from __future__ import annotations

import pytest

from alertd.core.model import Report, Speaker, Status, Tier
from alertd.core.understand.standing import standing
from tests.core.reading_of import doc

CASES = [
    (
        "en",
        "Acme confirmed on Tuesday that hackers stole customer data.",
        "confirmed",
        "organisation",
    ),
    ("en", "Acme is notifying 12,000 patients of a breach.", "confirmed", "reporter"),
    ("en", "Researchers said Acme left a database exposed.", "confirmed", "reporter"),
    ("en", "Acme was told of the leak by a researcher.", "confirmed", "reporter"),
    ("en", "The data protection authority said that Acme lost records.", "confirmed", "authority"),
    (
        "en",
        "The gang claims to have data of Acme. Acme has not confirmed it.",
        "claimed",
        "criminals",
    ),
    ("en", "Acme denies that customer data was stolen.", "disputed", "organisation"),
    (
        "en",
        "Acme denied the claim at first but later confirmed the theft.",
        "confirmed",
        "organisation",
    ),
    ("en", "Acme says the notice was sent in error.", "withdrawn", "organisation"),
    ("en", "Acme sent names of 300 clients to a stranger by mistake.", "confirmed", "reporter"),
    ("en", "Dear customer, we regret that your data was stolen.", "confirmed", "organisation"),
    (
        "fr",
        "« Nos clients sont prévenus », insiste l'enseigne après la fuite.",
        "confirmed",
        "organisation",
    ),
    (
        "fr",
        "Un pirate affirme avoir volé la base d'Acme, qui n'a pas confirmé.",
        "claimed",
        "criminals",
    ),
    ("fr", "Volume annoncé : 310 Go. Groupe : Vortex.", "claimed", "criminals"),
    ("fr", "Un courriel envoyé par erreur expose 300 clients.", "confirmed", "reporter"),
    ("fr", "Acme dément tout vol de données.", "disputed", "organisation"),
    ("de", "Namen wurden kopiert, teilte das Unternehmen mit.", "confirmed", "organisation"),
    ("de", "Angeblich gestohlene Daten: Acme bestätigte dies nicht.", "claimed", "criminals"),
    ("de", "Acme bestreitet den Datenabfluss.", "disputed", "organisation"),
    ("es", "Acme niega el robo, pero reconoce un envío equivocado.", "confirmed", "organisation"),
    ("es", "Se trata de una falsa alarma, según la empresa.", "withdrawn", "organisation"),
    ("it", "Acme ha confermato la violazione.", "confirmed", "organisation"),
    ("it", "Il gruppo rivendica il furto di dati.", "claimed", "criminals"),
    ("nl", "Acme bevestigt dat namen zijn gelekt.", "confirmed", "organisation"),
    ("nl", "Criminelen claimen gegevens; het bedrijf bevestigt dit niet.", "claimed", "criminals"),
]


def report(tier: Tier = Tier.PRESS, status: Status | None = None) -> Report:
    return Report(source="s", key="k", url="", title="", text="", tier=tier, status=status)


@pytest.mark.parametrize(("language", "body", "status", "speaker"), CASES)
def test_a_statement_is_told_from_a_claim_and_has_its_speaker(
    language: str, body: str, status: str, speaker: str
) -> None:
    read = doc(language, body)
    places = [(index, index + 1) for index, word in enumerate(read.words) if word == "acme"]
    assert standing(read, report(), (0, len(read.words)), places) == (
        Status(status),
        Speaker(speaker),
    )


@pytest.mark.parametrize(
    ("tier", "speaker"), [(Tier.OFFICIAL, "authority"), (Tier.VICTIM, "organisation")]
)
def test_some_publishers_speak_for_themselves(tier: Tier, speaker: str) -> None:
    read = doc("en", "Names were stolen.")
    assert standing(read, report(tier), (0, 3), [])[1] == Speaker(speaker)


def test_what_a_curated_list_vouches_for_is_its_own_word() -> None:
    read = doc("en", "The group claims the data; Acme said nothing.")
    told = standing(read, report(Tier.CURATED, Status.CONFIRMED), (0, 8), [])
    assert told == (Status.CONFIRMED, Speaker.REPORTER)


def test_a_denied_detail_leaves_a_confirmed_breach_confirmed() -> None:
    body = "Acme confirmed the breach. It denied that passwords were taken."
    read = doc("en", body)
    assert standing(read, report(), (0, len(read.words)), [(0, 1)])[0] is Status.CONFIRMED
