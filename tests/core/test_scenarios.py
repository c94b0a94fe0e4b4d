"""The scenario table of the guidance style: which acts come first, and what must not occur."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from alertd.core.model import DataType
from alertd.texts import load
from tests.core.leaks import NAMED, ROWS, SIGN_IN, Row, everything, given, ids, scams


@pytest.mark.parametrize("language", ["en", "fr"])
def test_row_6_a_french_patient_checks_calls_then_refunds_then_bank_lines(language: str) -> None:
    advice = given(
        DataType.NATIONAL_ID,
        DataType.HEALTH_INSURANCE,
        *NAMED,
        issuer="FR",
        language=language,
    )
    assert ids(advice)[:3] == ["AC-CB", "AC-10", "AC-05"]
    assert scams(advice) == ["SC-04", "SC-03", "SC-02"]
    assert "3646" in advice.acts[0].reason
    assert "banque-france.fr" in advice.acts[2].reason
    assert not advice.note


@pytest.mark.parametrize("extra", [DataType.PHONE, DataType.EMAIL])
def test_row_7_a_number_with_phone_or_email_adds_password_and_reporting(extra: DataType) -> None:
    advice = given(DataType.NATIONAL_ID, DataType.NAME, extra, issuer="FR")
    assert ids(advice)[:3] == ["AC-CB", "AC-02", "AC-26"]
    assert scams(advice) == ["SC-03", "SC-05", "SC-03.call"]
    assert "only if you reuse it" in advice.acts[1].text
    assert "33700" in advice.acts[2].text


def test_row_8_an_american_freezes_credit_then_gets_a_tax_pin_then_reads_reports() -> None:
    advice = given(DataType.NATIONAL_ID, *NAMED, issuer="US", country="US")
    assert ids(advice) == ["AC-06", "AC-08", "AC-35", "AC-CB"]
    assert scams(advice) == ["SC-07", "SC-06", "SC-05"]
    assert "IdentityTheft.gov (FTC)" in [contact.name for contact in advice.contacts]


def test_row_17_american_health_insurance_goes_to_the_plan_then_the_statements() -> None:
    advice = given(DataType.HEALTH_INSURANCE, DataType.DATE_OF_BIRTH, issuer="US", country="US")
    assert ids(advice) == ["AC-INSURER", "AC-09", "AC-CB"]
    assert "1-800-633-4227" in advice.acts[0].reason
    assert "Never give" in advice.acts[2].text
    assert scams(advice)[:2] == ["SC-15", "SC-03"]
    assert any("180 days" in line.text for line in advice.rights)


@pytest.mark.parametrize("country", ["FR", "US", "DE", None])
def test_row_29_unknown_data_waits_for_the_notice_and_checks_callers(country: str | None) -> None:
    advice = given(country=country)
    assert ids(advice)[:2] == ["AC-NOTICE", "AC-CB"]
    assert "AC-29" not in ids(advice)
    assert scams(advice)[0] == "SC-01"
    assert "claims to search the leak" in advice.do_not[0].text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}-{row.country}")
def test_a_row_of_the_scenario_table_gives_its_first_acts_and_scams(
    row: Row, language: str
) -> None:
    advice = given(*row.types, issuer=row.country, country=row.country, language=language)
    assert tuple(ids(advice)[: len(row.acts)]) == row.acts
    assert tuple(scams(advice)[: len(row.scams)]) == row.scams
    assert "AC-CB" in ids(advice)
    assert len(advice.acts) <= 5
    assert not advice.note


NEEDS = {
    "AC-01": DataType.PASSWORD,
    "AC-04": DataType.PAYMENT_CARD,
    "AC-25": DataType.CREDENTIALS_OTHER,
    "AC-23": DataType.PHONE,
    "AC-13": DataType.BANK_ACCOUNT,
}
ONLY_IN = {"AC-06": "US", "AC-08": "US", "AC-11": "FR", "AC-13": "FR", "AC-14": "GB", "AC-15": "CA"}


@pytest.mark.parametrize("country", ["FR", "US", "GB", "CA", "DE", None])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}-{row.country}")
def test_no_act_is_given_without_its_data_or_outside_its_country(
    row: Row, country: str | None
) -> None:
    for issuer in (None, row.country, country):
        found = ids(given(*row.types, issuer=issuer, country=country))
        assert [act for act in found if NEEDS.get(act) not in {None, *row.types}] == []
        assert [act for act in found if ONLY_IN.get(act) not in {None, country}] == []


def test_row_13_the_last_digits_of_a_card_send_to_the_bank_to_ask() -> None:
    # The vocabulary has one code for a card number whole or in part, so the act says it.
    advice = given(DataType.PAYMENT_CARD, DataType.NAME, DataType.PHONE)
    assert ids(advice)[0] == "AC-04"
    assert "If only its last digits leaked, ask what is needed." in advice.acts[0].reason


def test_row_15_american_credit_is_frozen_only_where_the_number_leaked_too() -> None:
    alone = given(DataType.BANK_ACCOUNT, DataType.NAME, issuer="US", country="US")
    both = given(DataType.BANK_ACCOUNT, DataType.NATIONAL_ID, issuer="US", country="US")
    assert "AC-06" not in ids(alone)
    assert ids(both)[:3] == ["AC-BANK", "AC-05", "AC-06"]


def test_money_comes_before_keys_and_keys_before_new_accounts_and_slow_harm() -> None:
    kinds = (DataType.PAYMENT_CARD, DataType.PASSWORD, DataType.NATIONAL_ID, DataType.HEALTH)
    found = ids(given(*kinds, issuer="US", country="US"))
    assert found == ["AC-04", "AC-05", "AC-24", "AC-CB", "AC-01"]
    later = ids(given(*kinds[1:], issuer="US", country="US"))
    assert later == ["AC-24", "AC-01", "AC-03", "AC-05", "AC-CB"]


def test_a_card_blocked_comes_before_the_advice_on_a_threat_that_nobody_has_made() -> None:
    found = ids(given(DataType.HEALTH, DataType.PAYMENT_CARD))
    assert found.index("AC-04") < found.index("AC-24")


def test_an_act_that_two_kinds_of_data_name_moves_up() -> None:
    sheets = load().languages["en"].sheets
    act = next(act for act in sheets["password", ""].acts if act.id == "AC-03")
    rival = replace(act, id="AC-RIVAL")
    english = load().languages["en"]
    crowded = {**sheets, ("password", ""): replace(sheets["password", ""], acts=(rival, act))}
    texts = replace(load(), languages={"en": replace(english, sheets=crowded)})
    assert ids(given(*SIGN_IN, texts=texts))[:2] == ["AC-RIVAL", "AC-03"]
    named_twice = given(*SIGN_IN, DataType.CREDENTIALS_OTHER, texts=texts)
    assert ids(named_twice)[:3] == ["AC-25", "AC-03", "AC-RIVAL"]


@pytest.mark.parametrize(
    ("kind", "first"),
    [(DataType.BANK_ACCOUNT, "AC-CB"), (DataType.IDENTITY_DOCUMENT, "AC-21")],
)
def test_numbers_of_another_country_bring_no_act_of_the_readers_own(
    kind: DataType, first: str
) -> None:
    own = given(kind, issuer="GB", country="GB")
    other = given(kind, issuer="FR", country="GB")
    unknown = given(kind, country="GB")
    assert ids(own)[0] == first
    assert ids(other) == ids(unknown) == ["AC-CB", "AC-TYPE"]
    assert other.note == "These are French numbers. If you never had one, there is nothing to do."
    assert unknown.note.startswith("It is not known which country")


@pytest.mark.parametrize(
    ("language", "issuer", "note"),
    [
        ("en", "FR", "If this is not yours, there is nothing to do for it: French bank account"),
        ("en", None, "If this is not yours, there is nothing to do for it: bank account number."),
        ("fr", "FR", "Si ceci n'est pas à vous, il n'y a rien à faire à ce sujet : numéro de"),
    ],
)
def test_beside_other_advice_the_note_names_what_may_not_be_the_readers(
    language: str, issuer: str | None, note: str
) -> None:
    advice = given(*SIGN_IN, DataType.BANK_ACCOUNT, issuer=issuer, country="GB", language=language)
    assert advice.note.startswith(note)
    assert ids(advice)[0] == "AC-01"


def test_a_sentence_goes_when_its_number_may_no_longer_be_shown() -> None:
    after = given(DataType.PHONE, DataType.NAME, country="GB", today=date(2028, 1, 1))
    assert after.acts[0].text == "Hang up on callers from “your bank” or “a public body”."
    assert "159" not in everything(after)
    assert "7726" not in everything(after)
    assert "AC-26" in ids(after)
    paid = given(DataType.PAYMENT_CARD, country="GB", today=date(2028, 1, 1))
    assert "In Scotland" not in everything(paid)
    assert "reportfraud.police.uk" in everything(paid)
