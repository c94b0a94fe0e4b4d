from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.names import country_of, domains, fold, plain, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ALMERYS SAS", "Almerys"),
        ("Almérys", "Almerys"),
        ("Almerys S.A.S.", "almerys"),
        ("www.almerys.com", "Almerys"),
        ("https://www.almerys.com/fr", "Almerys"),
        ("Harbor & Main Bank", "Harbor and Main Bank"),
        ("Tri-Rivers Imaging, P.A.", "Tri Rivers Imaging"),
        ("The Orvis Company, Inc.", "Orvis Company"),
        ("Nordwall Versand GmbH & Co. KG", "Nordwall Versand"),
        ("shop.example.co.uk", "Example"),
        ("St. Brannoc's Hospice", "St Brannocs Hospice"),
    ],
)
def test_spellings_of_one_organisation_fold_to_one_key(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Orange", "Orange County"), ("Free", "FreeTable"), ("SA", "SAS"), ("Ltd", "Limited")],
)
def test_different_names_keep_different_keys(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_names_in_other_scripts_keep_their_letters() -> None:
    assert fold("株式会社カドカワ") == plain("株式会社カドカワ")


@given(st.text(min_size=1))
def test_a_name_never_folds_to_nothing(name: str) -> None:
    assert fold(name)


@given(st.text(min_size=1))
def test_folding_a_key_again_changes_nothing_for_plain_names(name: str) -> None:
    key = fold(f"a{''.join(char for char in name if char.isalnum() and char.isascii())}")
    assert fold(key) == key


@given(st.text())
def test_folded_text_has_the_length_of_the_text(text: str) -> None:
    assert len(plain(text)) == len(text)


def test_punctuation_separates_words() -> None:
    assert words("Tiers-payant d’Almérys, n° 3") == ("tiers", "payant", "d", "almerys", "n", "3")


def test_domains_are_cut_to_what_one_registers() -> None:
    text = "Users of shop.example.com, www.nhs.example.co.uk. Also e.g. Node.js and a.b"
    assert domains(text) == ("example.com", "example.co.uk")


def test_a_mail_address_names_no_domain() -> None:
    assert domains("write to someone@example.com") == ()


def test_a_domain_tells_its_country_unless_everybody_uses_it() -> None:
    assert [country_of(host) for host in ("a.fr", "a.uk", "a.io", "a.com")] == [
        "FR",
        "GB",
        None,
        None,
    ]
