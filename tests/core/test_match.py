"""Which watches an incident satisfies, why, and how they are found without looking at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.match import concerns, lookups, match, terms
from alertd.core.model import Change, DataType, Incident, Organisation, People, Status
from alertd.core.names import fold
from alertd.core.people import Answer, Criteria, Criterion, Field, Reason, Supplier, Term

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def named(name: str, *domains: str, aliases: tuple[str, ...] = ()) -> Organisation:
    return Organisation(name, fold(name), aliases, domains)


ALMERYS = named("Almerys", "almerys.com", aliases=("Be-Almerys",))
BASE = Incident(
    id=1,
    revision=1,
    organisations=(ALMERYS,),
    data_types=frozenset({DataType.NATIONAL_ID, DataType.NAME}),
    people=People(10_000, 20_000),
    countries=frozenset({"FR"}),
    published=NOW,
    first_seen=NOW,
    title="Almerys: numéros de sécurité sociale exposés (tiers-payant)",
    evidence={"data_types": ("names and national numbers", "through the portal")},
)


def judged(reason: Reason, field: str) -> Criterion:
    [found] = [item for item in reason.criteria if item.field == field]
    return found


@pytest.mark.parametrize(
    ("wanted", "incident", "field", "answer"),
    [
        ({"organisations": ("Almerys",)}, {}, "organisations", Answer.HOLDS),
        ({"organisations": ("ALMÉRYS S.A.S.",)}, {}, "organisations", Answer.HOLDS),
        ({"organisations": ("be almerys",)}, {}, "organisations", Answer.HOLDS),
        ({"organisations": ("almerys.com",)}, {}, "organisations", Answer.HOLDS),
        ({"organisations": ("Nobody", "Almerys")}, {}, "organisations", Answer.HOLDS),
        ({"organisations": ("Alme",)}, {}, "organisations", Answer.FAILS),
        ({"organisations": ("Almerys Stadium",)}, {}, "organisations", Answer.FAILS),
        (
            {"organisations": ("Nobody",)},
            {"organisations": ()},
            "organisations",
            Answer.UNKNOWN,
        ),
        ({"exclude": ("Almerys Stadium",)}, {}, "exclude", Answer.HOLDS),
        ({"exclude": ("Almerys",)}, {}, "exclude", Answer.FAILS),
        ({"exclude": ("Be-Almerys",)}, {}, "exclude", Answer.FAILS),
        ({"exclude": ("Sécurité sociale",)}, {}, "exclude", Answer.FAILS),
        ({"exclude": ("sociale exposé",)}, {}, "exclude", Answer.HOLDS),
        (
            {"data_types": frozenset({DataType.NATIONAL_ID, DataType.HEALTH})},
            {},
            "data_types",
            Answer.HOLDS,
        ),
        ({"data_types": frozenset({DataType.HEALTH})}, {}, "data_types", Answer.FAILS),
        (
            {"data_types": frozenset({DataType.HEALTH})},
            {"data_types": frozenset()},
            "data_types",
            Answer.UNKNOWN,
        ),
        ({"countries": frozenset({"FR", "BE"})}, {}, "countries", Answer.HOLDS),
        ({"countries": frozenset({"BE"})}, {}, "countries", Answer.FAILS),
        (
            {"countries": frozenset({"BE"})},
            {"countries": frozenset()},
            "countries",
            Answer.UNKNOWN,
        ),
        ({"keywords": ("Tiers payant",)}, {}, "keywords", Answer.HOLDS),
        ({"keywords": ("PORTAL",)}, {}, "keywords", Answer.HOLDS),
        ({"keywords": ("port",)}, {}, "keywords", Answer.FAILS),
        ({"keywords": ("numbers through",)}, {}, "keywords", Answer.FAILS),
        ({"keywords": ("!!",)}, {}, "keywords", Answer.FAILS),
        ({"min_people": 20_000}, {}, "min_people", Answer.HOLDS),
        ({"min_people": 20_001}, {}, "min_people", Answer.FAILS),
        ({"min_people": 500}, {"people": People(700, None)}, "min_people", Answer.HOLDS),
        ({"min_people": 1}, {"people": None}, "min_people", Answer.UNKNOWN),
        ({"min_people": 1}, {"people": People(None, None)}, "min_people", Answer.UNKNOWN),
        (
            {"min_people": 1_000},
            {"people": People(2_000, 2_000, "accounts")},
            "min_people",
            Answer.HOLDS,
        ),
        (
            {"min_people": 1_000},
            {"people": People(2_000, 2_000, "GB")},
            "min_people",
            Answer.UNKNOWN,
        ),
        (
            {"min_people": 1_000},
            {"people": People(2_000, 2_000, "records")},
            "min_people",
            Answer.UNKNOWN,
        ),
        ({"sectors": frozenset({"health"})}, {}, "sectors", Answer.UNKNOWN),
        ({}, {}, "min_status", Answer.HOLDS),
        ({}, {"status": Status.CLAIMED}, "min_status", Answer.HOLDS),
        ({}, {"status": Status.DISPUTED}, "min_status", Answer.HOLDS),
        ({}, {"status": Status.WITHDRAWN}, "min_status", Answer.FAILS),
        ({"min_status": Status.CONFIRMED}, {}, "min_status", Answer.HOLDS),
        (
            {"min_status": Status.CONFIRMED},
            {"status": Status.CLAIMED},
            "min_status",
            Answer.FAILS,
        ),
        (
            {"min_status": Status.CONFIRMED},
            {"status": Status.DISPUTED},
            "min_status",
            Answer.FAILS,
        ),
    ],
)
def test_each_field_of_a_watch_is_judged_alone(
    wanted: dict[str, Any], incident: dict[str, Any], field: str, answer: Answer
) -> None:
    reason = match(Criteria(**wanted), replace(BASE, **incident))
    assert judged(reason, field).answer is answer
    assert judged(reason, field).words
    assert reason.holds is (answer is Answer.HOLDS)


def test_fields_that_a_watch_leaves_empty_are_not_judged() -> None:
    assert [item.field for item in match(Criteria(), BASE).criteria] == ["min_status"]


def test_all_fields_must_hold() -> None:
    wanted = Criteria(organisations=("Almerys",), countries=frozenset({"BE"}))
    reason = match(wanted, BASE)
    assert judged(reason, "organisations").answer is Answer.HOLDS
    assert not reason.holds


@pytest.mark.parametrize(
    ("organisations", "via", "role"),
    [((ALMERYS,), (), "breached"), ((named("Saint-Martin"),), (ALMERYS,), "via")],
)
def test_a_match_says_which_organisation_and_in_which_role(
    organisations: tuple[Organisation, ...], via: tuple[Organisation, ...], role: str
) -> None:
    incident = replace(BASE, organisations=organisations, via=via)
    reason = match(Criteria(organisations=("almerys sas",)), incident)
    assert (reason.organisation, reason.role, reason.possible) == ("Almerys", role, False)


IDS = frozenset({DataType.NATIONAL_ID, DataType.HEALTH_INSURANCE})
HOSPITAL = Criteria(
    organisations=("Hôpital Saint-Martin",),
    follow_suppliers=1,
    suppliers=(
        Supplier(
            path=("Hôpital Saint-Martin", "Almerys"),
            names=("Almerys", "almerys.com"),
            data_types=IDS,
        ),
    ),
)


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ({}, Answer.HOLDS),
        ({"data_types": frozenset()}, Answer.HOLDS),
        ({"data_types": frozenset({DataType.PASSWORD})}, Answer.FAILS),
        ({"organisations": (named("X", "almerys.com"),)}, Answer.HOLDS),
        ({"organisations": (named("X"),), "via": (ALMERYS,)}, Answer.HOLDS),
        ({"organisations": (named("Almerys Stadium"),)}, Answer.FAILS),
        ({"organisations": (), "title": "Almerys hit"}, Answer.UNKNOWN),
    ],
)
def test_a_supplier_concerns_its_client_for_what_it_holds(
    told: dict[str, Any], answer: Answer
) -> None:
    reason = match(HOSPITAL, replace(BASE, **told))
    assert judged(reason, "organisations").answer is answer
    assert (reason.role == "supplier") is (answer is Answer.HOLDS)
    assert bool(reason.path) is (answer is Answer.HOLDS)


def test_a_match_through_a_supplier_tells_the_way() -> None:
    reason = match(HOSPITAL, BASE)
    assert reason.path == ("Hôpital Saint-Martin", "Almerys")
    assert reason.organisation == "Almerys"
    assert judged(reason, "organisations").words == "Hôpital Saint-Martin ← Almerys (supplier)"
    other = match(HOSPITAL, replace(BASE, data_types=frozenset({DataType.PASSWORD})))
    assert "holds only health-insurance, national-id" in judged(other, "organisations").words


def test_a_watched_organisation_itself_comes_before_its_suppliers() -> None:
    both = replace(BASE, organisations=(named("Hopital Saint Martin"), ALMERYS))
    assert match(HOSPITAL, both).role == "breached"


def test_a_change_of_a_suppliers_incident_concerns_its_client() -> None:
    before = replace(BASE, organisations=(named("X"),))
    assert concerns(HOSPITAL, BASE, before, [Change.ORGANISATIONS])


def test_the_terms_of_a_match_are_those_that_made_it_hold() -> None:
    wanted = Criteria(
        organisations=("Nobody", "Almerys"),
        data_types=frozenset({DataType.HEALTH, DataType.NAME}),
        countries=frozenset({"FR", "BE"}),
        keywords=("never said", "tiers payant"),
    )
    reason = match(wanted, BASE)
    assert [term for item in reason.criteria for term in item.terms] == [
        Term(Field.ORGANISATION, "almerys"),
        Term(Field.DATA_TYPE, "name"),
        Term(Field.COUNTRY, "FR"),
        Term(Field.KEYWORD, "tiers payant"),
    ]
    known = {(item.field, item.key) for item in terms(wanted)}
    assert {(term.field, term.key) for item in reason.criteria for term in item.terms} <= known


@pytest.mark.parametrize(
    "address",
    ["Almerys.com", "www.almerys.com", "https://www.almerys.com/", "shop.almerys.com"],
)
def test_a_web_address_matches_by_its_domain_where_the_name_is_another(address: str) -> None:
    incident = replace(BASE, organisations=(named("Be Group", "almerys.com"),))
    criteria = Criteria(organisations=(address,))
    reason = match(criteria, incident)
    assert judged(reason, "organisations").terms == (Term(Field.DOMAIN, "almerys.com"),)
    assert reason.organisation == "Be Group"
    assert found_by_anchors(criteria, incident)


@pytest.mark.parametrize(
    ("name", "title", "possible"),
    [
        ("Orange", "Data of Orange customers for sale", True),
        ("Orange", "ORANGE: fuite de données", True),
        ("Orange", "Oranges are not affected", False),
        ("Orange County", "Orange County schools: data leak", True),
        ("Orange County", "Orange: counties warned", False),
        ("Crédit Agricole", "Fuite au credit agricole ?", True),
        ("!!", "Leak at !! today", False),
    ],
)
def test_a_watched_name_in_the_title_is_a_possible_match_when_no_organisation_was_read(
    name: str, title: str, *, possible: bool
) -> None:
    incident = replace(BASE, organisations=(), title=title)
    reason = match(Criteria(organisations=("Nobody", name)), incident)
    assert (reason.holds, reason.possible) == (possible, possible)
    assert reason.organisation == (name if possible else None)


def test_a_watched_name_in_the_title_is_no_match_when_an_organisation_was_read() -> None:
    incident = replace(BASE, organisations=(named("Orange County"),), title="Orange County leak")
    assert not match(Criteria(organisations=("Orange",)), incident).holds


@pytest.mark.parametrize(
    ("wanted", "anchors"),
    [
        ({}, {(Field.ANY, "")}),
        ({"min_people": 5, "min_status": Status.CONFIRMED}, {(Field.ANY, "")}),
        ({"exclude": ("Almerys",)}, {(Field.ANY, "")}),
        ({"countries": frozenset({"FR"})}, {(Field.COUNTRY, "FR")}),
        (
            {"countries": frozenset({"FR"}), "data_types": frozenset({DataType.NAME})},
            {(Field.DATA_TYPE, "name")},
        ),
        (
            {"data_types": frozenset({DataType.NAME}), "sectors": frozenset({"health"})},
            {(Field.SECTOR, "health")},
        ),
        (
            {"sectors": frozenset({"health"}), "keywords": ("Tiers-payant",)},
            {(Field.KEYWORD, "tiers payant")},
        ),
        (
            {"keywords": ("portal",), "organisations": ("Almerys", "Viamedis")},
            {(Field.ORGANISATION, "almerys"), (Field.ORGANISATION, "viamedis")},
        ),
        (
            {"organisations": ("Almerys.com",), "data_types": frozenset({DataType.NAME})},
            {
                (Field.ORGANISATION, "almerys"),
                (Field.ORGANISATION, "almerys com"),
                (Field.DOMAIN, "almerys.com"),
            },
        ),
    ],
)
def test_the_most_telling_field_of_a_watch_finds_its_candidates(
    wanted: dict[str, Any], anchors: set[tuple[Field, str]]
) -> None:
    found = terms(Criteria(**wanted))
    assert {(item.field, item.key) for item in found if item.anchor} == anchors
    assert len({(item.field, item.key) for item in found}) == len(found)


def asked(incident: Incident) -> frozenset[tuple[Field, str]]:
    """What is looked up for an incident: its titles also alone, where no name was read."""
    found = lookups(
        (*incident.organisations, *incident.via),
        incident.data_types,
        incident.countries,
        (incident.title,),
    )
    if incident.organisations:
        return found
    return found | lookups((), (), (), (incident.title,))


def found_by_anchors(criteria: Criteria, incident: Incident) -> bool:
    """Whether the criteria are among those that the incident looks up."""
    return bool(
        {(item.field, item.key) for item in terms(criteria) if item.anchor} & asked(incident)
    )


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Marks and Spencer", "Leak at Marks and Spencer"),
        ("Wendy's International", "Leak at Wendy's International"),
        ("R.S.A. Group", "R.S.A. Group leak"),
        (
            "Caisse primaire d'assurance maladie de Paris",
            "Fuite à la caisse primaire d'assurance maladie de Paris",
        ),
    ],
)
def test_a_name_that_folds_to_other_words_is_found_as_it_stands_in_a_title(
    name: str, title: str
) -> None:
    incident = replace(BASE, organisations=(), title=title)
    criteria = Criteria(organisations=(name,))
    assert match(criteria, incident).possible
    assert found_by_anchors(criteria, incident)


NAMES = ("Orange", "Orange County", "Crédit Agricole SA", "almerys.com", "O'Reilly", "AT&T", "SFR")
WORDS = ("leak at", "ransomware,", "tiers-payant:", "PORTAL", "fuite", "the")
KEYWORDS = ("ransomware", "tiers payant", "Portal", "fuite")
some_names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple)
some_types = st.frozensets(st.sampled_from(list(DataType)[:4]), max_size=3)
some_countries = st.frozensets(st.sampled_from(["FR", "BE", "US"]), max_size=2)
some_criteria = st.builds(
    Criteria,
    organisations=some_names,
    data_types=some_types,
    countries=some_countries,
    keywords=st.lists(st.sampled_from(KEYWORDS), max_size=2, unique=True).map(tuple),
    min_people=st.sampled_from([0, 0, 100]),
    min_status=st.sampled_from([Status.CLAIMED, Status.CONFIRMED]),
    suppliers=st.lists(
        st.builds(
            Supplier, path=st.just(("H", "S")), names=some_names.filter(bool), data_types=some_types
        ),
        max_size=2,
    ).map(tuple),
)
some_organisations = some_names.map(
    lambda names: tuple(
        named(name, *(["almerys.com"] if name == "SFR" else []), aliases=("Orange Bank",))
        for name in names
    )
)
some_incidents = st.builds(
    Incident,
    id=st.just(1),
    revision=st.just(1),
    organisations=some_organisations,
    via=some_organisations,
    data_types=some_types,
    countries=some_countries,
    status=st.sampled_from([Status.CLAIMED, Status.CONFIRMED, Status.WITHDRAWN]),
    people=st.sampled_from([None, People(50, 200)]),
    published=st.just(NOW),
    first_seen=st.just(NOW),
    title=st.lists(st.sampled_from([*NAMES, *WORDS]), max_size=6).map(" ".join),
)


@given(some_criteria, some_incidents)
def test_whatever_holds_is_found_by_its_anchors(criteria: Criteria, incident: Incident) -> None:
    assert any(item.anchor for item in terms(criteria))
    if match(criteria, incident).holds:
        assert found_by_anchors(criteria, incident)


@given(some_criteria, some_incidents)
def test_a_withdrawn_incident_never_matches(criteria: Criteria, incident: Incident) -> None:
    assert not match(criteria, replace(incident, status=Status.WITHDRAWN)).holds


def test_running_text_is_looked_up_for_names_only_when_no_organisation_was_read() -> None:
    known = lookups((ALMERYS,), (), (), ("Orange leak",))
    unknown = lookups((), (), (), ("Orange leak",))
    assert (Field.ORGANISATION, "orange") not in known
    assert {(Field.ORGANISATION, "orange"), (Field.KEYWORD, "orange leak")} <= unknown


@pytest.mark.parametrize(
    ("wanted", "after", "change", "answer"),
    [
        ({}, {"data_types": BASE.data_types | {DataType.HEALTH}}, Change.DATA_TYPES, True),
        (
            {"data_types": frozenset({DataType.HEALTH})},
            {"data_types": BASE.data_types | {DataType.HEALTH}},
            Change.DATA_TYPES,
            True,
        ),
        (
            {"data_types": frozenset({DataType.NAME})},
            {"data_types": BASE.data_types | {DataType.HEALTH}},
            Change.DATA_TYPES,
            False,
        ),
        (
            {"organisations": ("Viamedis",)},
            {"organisations": (ALMERYS, named("Viamedis"))},
            Change.ORGANISATIONS,
            True,
        ),
        (
            {"organisations": ("Almerys",)},
            {"organisations": (ALMERYS, named("Viamedis"))},
            Change.ORGANISATIONS,
            False,
        ),
        (
            {"data_types": frozenset({DataType.NAME})},
            {"via": (named("Viamedis"),)},
            Change.VIA,
            True,
        ),
        ({"organisations": ("Viamedis",)}, {"via": (named("Viamedis"),)}, Change.VIA, True),
        ({"organisations": ("Almerys",)}, {"via": (named("Viamedis"),)}, Change.VIA, True),
        (
            {"organisations": ("Almerys",)},
            {
                "data_types": frozenset({DataType.NAME}),
                "not_exposed": frozenset({DataType.NATIONAL_ID}),
            },
            Change.DATA_TYPES,
            True,
        ),
        (
            {"data_types": frozenset({DataType.NATIONAL_ID})},
            {"data_types": frozenset({DataType.NAME})},
            Change.DATA_TYPES,
            True,
        ),
        ({"organisations": ("Almerys",)}, {"people": People(99, 99)}, Change.PEOPLE, True),
        ({"organisations": ("Almerys",)}, {"status": Status.DISPUTED}, Change.DISPUTED, True),
        ({"organisations": ("Almerys",)}, {}, Change.CONFIRMED, True),
    ],
)
def test_a_change_concerns_those_who_asked_for_what_changed(
    wanted: dict[str, Any], after: dict[str, Any], change: Change, *, answer: bool
) -> None:
    assert concerns(Criteria(**wanted), replace(BASE, **after), BASE, {change}) is answer


def test_a_revision_without_a_change_concerns_nobody() -> None:
    assert not concerns(Criteria(), BASE, BASE, ())
