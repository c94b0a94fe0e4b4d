"""The rules of issuer, country, role and expiry, and the shape that scripts rely on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from alertd.core.advise import to_json
from alertd.core.model import DataType
from alertd.core.people import Role
from alertd.core.texts import Act, FactStatus, Pack, Sheet, Texts
from alertd.texts import load
from tests.core.leaks import NAMED, TODAY, everything, given, ids


def test_french_numbers_give_an_american_vigilance_only() -> None:
    advice = given(
        DataType.NATIONAL_ID, DataType.HEALTH_INSURANCE, *NAMED, issuer="FR", country="US"
    )
    assert advice.note == "These are French numbers. If you never had one, there is nothing to do."
    assert ids(advice) == ["AC-CB", "AC-TYPE"]
    shown = everything(advice)
    assert "3646" not in shown
    assert "01 53" not in shown
    assert "reeze" not in shown


def test_american_numbers_give_a_french_reader_no_american_act() -> None:
    advice = given(DataType.NATIONAL_ID, issuer="US", language="fr")
    assert advice.note.startswith("Ce sont des numéros américains.")
    assert ids(advice) == ["AC-CB", "AC-TYPE"]
    assert "3646" not in everything(advice)


def test_an_issuer_without_words_of_its_own_is_named() -> None:
    advice = given(DataType.TAX_ID, issuer="SE", language="fr")
    assert "Suède" in advice.note


def test_an_unknown_issuer_is_said_and_gives_vigilance_only() -> None:
    advice = given(DataType.NATIONAL_ID)
    assert advice.note.startswith("It is not known which country")
    assert ids(advice) == ["AC-CB", "AC-TYPE"]


def test_a_reader_without_country_gets_no_national_number() -> None:
    advice = given(DataType.NATIONAL_ID, issuer="FR", country=None)
    assert advice.contacts == ()
    assert ids(advice) == ["AC-CB", "AC-TYPE"]


def test_a_country_without_pack_gets_the_general_sheet_for_its_own_numbers() -> None:
    advice = given(DataType.NATIONAL_ID, DataType.NAME, issuer="DE", country="DE")
    assert ids(advice) == ["AC-05", "AC-CB", "AC-29"]
    assert any("article 77" in line.text for line in advice.rights)


def test_acts_are_at_most_five_and_keep_the_call_back_rule() -> None:
    advice = given(DataType.NATIONAL_ID, DataType.HEALTH_INSURANCE, issuer="US", country="US")
    assert ids(advice) == ["AC-06", "AC-08", "AC-35", "AC-INSURER", "AC-CB"]


def test_a_type_without_a_sheet_is_said_so_and_keeps_the_vigilance() -> None:
    advice = given(DataType.GENETIC, DataType.EMAIL)
    assert advice.note == (
        "We have no advice of our own yet on: genetic data. Follow the notice by Almerys."
    )
    assert "AC-CB" in ids(advice)


def test_a_privacy_officer_gets_the_acts_of_the_role() -> None:
    advice = given(DataType.NATIONAL_ID, issuer="FR", role=Role.PRIVACY)
    assert ids(advice)[0] == "PR-CLOCK"
    assert [contact.name for contact in advice.contacts] == ["CNIL"]


def test_other_roles_fall_back_on_the_nearest() -> None:
    person = given(DataType.NATIONAL_ID, issuer="FR", role=Role.ASSOCIATION)
    duty = given(DataType.NATIONAL_ID, issuer="FR", role=Role.VENDOR_RISK)
    assert ids(person)[0] == "AC-CB"
    assert ids(duty)[0] == "PR-CLOCK"


def test_a_phone_number_is_left_out_a_year_after_its_check_and_the_site_stays() -> None:
    last = given(DataType.NATIONAL_ID, issuer="FR", today=date(2027, 11, 23))
    after = given(DataType.NATIONAL_ID, issuer="FR", today=date(2027, 11, 24))
    assert last.contacts[0].phone == "3646"
    assert after.contacts[0].phone is None
    assert after.contacts[0].url == "ameli.fr"
    assert "3646" not in everything(after)
    assert "calling ameli.fr" in after.acts[0].reason


def test_a_review_moves_the_expiry_and_a_leap_day_has_one() -> None:
    body = load().packs["FR"].bodies[0]
    assert replace(body, reviewed=date(2028, 2, 29)).expires == date(2029, 2, 28)


@pytest.mark.parametrize("status", [FactStatus.OLD, FactStatus.U])
def test_facts_and_numbers_not_verified_are_never_given(status: FactStatus) -> None:
    texts = load()
    pack = texts.packs["FR"]
    bodies = tuple(replace(body, phone_status=status, url_status=status) for body in pack.bodies)
    doubtful = replace(texts, packs={**texts.packs, "FR": replace(pack, bodies=bodies)})
    assert given(DataType.NATIONAL_ID, issuer="FR", texts=doubtful).contacts == ()
    act = next(act for act in texts.languages["en"].sheets["generic", ""].acts if act.keep)
    assert act.id not in ids(given(texts=_with_act(texts, replace(act, status=status))))


def _with_act(texts: Texts, act: Act) -> Texts:
    english = texts.languages["en"]
    sheet = Sheet(compiled=TODAY, acts=(act,))
    changed = replace(english, sheets={("generic", ""): sheet})
    return replace(texts, languages={"en": changed})


def test_json_has_the_shape_that_scripts_rely_on() -> None:
    found = to_json(given(DataType.NATIONAL_ID, issuer="FR"))
    assert list(found) == ["acts", "scams", "do_not", "contacts", "rights"]
    acts, contacts = found["acts"], found["contacts"]
    assert isinstance(acts, list)
    assert isinstance(contacts, list)
    assert list(acts[0]) == ["id", "text", "reason", "source", "status"]
    assert contacts[0] == {
        "name": "Assurance Maladie (ameli)",
        "for": "to check a message or a refund",
        "phone": "3646",
        "url": "ameli.fr",
        "status": "V",
        "reviewed": None,
    }
    assert "phone" not in contacts[1]


def test_the_note_is_in_the_json_when_there_is_one() -> None:
    found = to_json(given(DataType.NATIONAL_ID, issuer="FR", country="US"))
    assert found["note"] == (
        "These are French numbers. If you never had one, there is nothing to do."
    )


@pytest.mark.parametrize("country", ["FR", "US", "DE"])
@pytest.mark.parametrize("issuer", ["FR", "US"])
def test_no_american_word_ever_reaches_french_output(country: str, issuer: str) -> None:
    kinds = (DataType.NATIONAL_ID, DataType.HEALTH_INSURANCE)
    advice = given(*kinds, issuer=issuer, country=country, language="fr")
    spoken = " ".join(
        [
            *(f"{act.text} {act.reason}" for act in advice.acts),
            *(f"{scam.name} {scam.tell}" for scam in advice.scams),
            *(line.text for line in (*advice.rights, *advice.do_not)),
        ]
    ).lower()
    assert [word for word in ("freeze", "bureau", "eob", "ip pin") if word in spoken] == []


def test_an_unknown_language_reads_english_and_an_unknown_country_the_generic_pack() -> None:
    assert given(language="pt-BR").acts == given(language="en").acts
    assert load().pack("ZZ") == load().packs["generic"]
    assert isinstance(load().pack("PL"), Pack)
    assert load().pack("PL").code == "EU"
