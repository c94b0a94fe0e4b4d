"""The list of Have I Been Pwned: flags, kinds of data, and shapes that it should not have."""

import json
from dataclasses import replace
from typing import Any

import pytest

from alertd import lexicon
from alertd.core.model import DataType, Facts, People, Report, Speaker, Status
from alertd.core.understand import understand
from alertd.errors import ParseError
from alertd.sources import catalogue
from alertd.sources.classes import data_types
from tests.sources.samples import SAMPLES, reply_with

SOURCE = catalogue()["hibp"]
RECORDS = json.loads((SAMPLES / "hibp" / "trimmed.json").read_text("utf-8"))


def record(name: str = "Adobe", /, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of JSON
    found = next(item for item in RECORDS if item["Name"] == name)
    return {**found, **changes}


def without(key: str, name: str = "Adobe", /) -> dict[str, Any]:
    return {known: value for known, value in record(name).items() if known != key}


def parsed(*records: object) -> list[Report]:
    return list(SOURCE.parse(reply_with(json.dumps(records).encode(), SOURCE), SOURCE))


def facts(report: Report) -> Facts:
    reading = understand(report, lexicon.load())
    assert reading.relevant
    (found,) = reading.incidents
    return found


@pytest.mark.parametrize("flag", ["IsFabricated", "IsSpamList", "IsRetired"])
def test_what_tells_of_no_breach_is_no_report(flag: str) -> None:
    assert parsed(record(**{flag: True})) == []


def test_a_record_states_its_facts() -> None:
    (report,) = parsed(record("LaPosteMobile"))
    found = facts(report)
    assert [(one.name, one.domains) for one in found.organisations] == [
        ("La Poste Mobile", ("lapostemobile.fr",))
    ]
    assert found.people == People(533886, 533886, "accounts")
    assert DataType.BANK_ACCOUNT in found.data_types
    assert (found.status, found.speaker) == (Status.CONFIRMED, Speaker.REPORTER)
    assert found.incident_date == "2022-07-04"
    assert "<" not in report.text


def test_what_the_list_vouches_for_is_its_word_and_nobody_elses() -> None:
    # The description says that Trello advised of something: that nobody had broken in.
    (report,) = parsed(record("Trello"))
    assert facts(report).speaker is Speaker.REPORTER


def test_what_is_not_verified_is_claimed() -> None:
    (report,) = parsed(record("Badoo"))
    assert facts(report).status is Status.CLAIMED


def test_where_the_list_does_not_say_the_words_decide() -> None:
    (report,) = parsed(without("IsVerified", "Badoo"))
    assert report.status is None


@pytest.mark.parametrize("flag", ["IsMalware", "IsStealerLog", "IsSubscriptionFree"])
def test_what_was_gathered_from_many_places_names_no_organisation(flag: str) -> None:
    (report,) = parsed(record("Adobe", **{flag: True}))
    found = facts(report)
    assert (found.organisations, found.via) == ((), ())
    assert found.evidence["collected"] == ("Adobe",)
    assert found.data_types


def test_who_is_named_in_brackets_of_a_collection_is_no_supplier() -> None:
    (report,) = parsed(record("Estonia"))
    assert facts(report).via == ()


def test_a_year_in_brackets_is_no_part_of_a_name() -> None:
    assert [facts(one).organisations[0].name for one in parsed(record("Wishbone2020"))] == [
        "Wishbone"
    ]


def test_words_say_which_number_a_government_issued_id_is() -> None:
    (report,) = parsed(record("NationalPublicData"))
    assert DataType.NATIONAL_ID not in report.data_types
    assert {DataType.NATIONAL_ID, DataType.IDENTITY_DOCUMENT} <= facts(report).data_types


def test_whoever_a_record_links_does_not_corroborate_it() -> None:
    (report,) = parsed(record("OrangeRomania"))
    assert "bleepingcomputer" in facts(report).cites


@pytest.mark.parametrize(
    "key",
    ["Domain", "BreachDate", "PwnCount", "Description", "DataClasses", "IsSensitive", "LogoPath"],
)
def test_a_key_that_is_missing_or_of_another_type_is_done_without(key: str) -> None:
    for odd in (without(key), record(**{key: {"new": 1}}), record(**{key: None})):
        (report,) = parsed(odd)
        assert report.organisations == ("Adobe",)


def test_new_keys_are_passed_over() -> None:
    assert parsed(record(IsInvented=True, Attribution="x")) == parsed(record())


@pytest.mark.parametrize("count", [-1, 0, True, 10**13, 1.5, "7"])
def test_a_count_that_cannot_be_one_is_none(count: object) -> None:
    assert parsed(record(PwnCount=count))[0].people is None


def test_a_date_that_cannot_be_read_leaves_the_record_undated() -> None:
    (report,) = parsed(record(AddedDate="soon", BreachDate="2013-13-44"))
    assert (report.published, report.incident_date) == (None, None)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "no list of breaches"),
        ([without("Name")], "record 1 of the list has no Name"),
        (
            [record("Adobe"), without("AddedDate", "Trello")],
            "record 2 of the list has no AddedDate",
        ),
        ([record(Title="\u200b ")], "record 1 of the list has no Title"),
        ([record(), record(Title="Another")], "record 2 of the list repeats a Name"),
        ([record(), 7], "record 2 of the list is no record"),
    ],
)
def test_a_list_that_is_not_what_it_was_is_refused_whole(records: list[object], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        parsed(*records)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"statusCode": 429}', b"[{]", b"[" * 100_000, b"null", b'"x"']
)
def test_a_body_that_is_no_list_is_a_parse_error_of_one_line(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        SOURCE.parse(reply_with(body, SOURCE), SOURCE)
    assert "\n" not in str(caught.value)


def test_lone_surrogates_harm_nothing() -> None:
    body = json.dumps([record(Name="A\ud800b", Title="T\udfff", Domain="\ud800.com")]).encode()
    (report,) = SOURCE.parse(reply_with(body, SOURCE), SOURCE)
    assert f"{report}".encode()
    assert (report.key, report.title) == ("Ab", "T")


def test_the_newest_are_kept_where_there_are_too_many() -> None:
    few = replace(SOURCE, max_items=3)
    body = json.dumps(RECORDS).encode()
    assert [one.key for one in few.parse(reply_with(body, few), few)] == [
        "ColorDating",
        "Spyzie",
        "OrangeRomania",
    ]


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("Driver's licenses", DataType.IDENTITY_DOCUMENT),
        ("Driver’s licenses", DataType.IDENTITY_DOCUMENT),
        ("social security numbers", DataType.NATIONAL_ID),
        ("Health insurance information", DataType.HEALTH_INSURANCE),
        ("Family members' names", DataType.FAMILY),
        # Classes that were never seen: the sensitive ones are known by their words.
        ("Social insurance numbers", DataType.NATIONAL_ID),
        ("Passport scans", DataType.IDENTITY_DOCUMENT),
        ("Credit card expiration dates", DataType.PAYMENT_CARD),
        ("IBANs and bank details", DataType.BANK_ACCOUNT),
        ("Medical diagnoses", DataType.HEALTH),
        ("Genetic data", DataType.GENETIC),
    ],
)
def test_a_class_of_data_is_one_of_our_kinds(named: str, kind: DataType) -> None:
    assert data_types([named]) == {kind}


def test_a_class_that_says_nothing_known_gives_no_kind() -> None:
    assert data_types(["Favourite colours", ""]) == frozenset()
