"""Watches widened by what the operator knows of organisations."""

from __future__ import annotations

import pytest

from alertd.core.model import DataType
from alertd.core.people import Criteria, Reader, Subscriber, Watch
from alertd.core.widen import Known, Registry

IDS = frozenset({DataType.NATIONAL_ID, DataType.HEALTH_INSURANCE})
REGISTRY = Registry(
    (
        Known(
            name="Almerys",
            also=("Be-Almerys", "almerys.com"),
            tags=("Tier-1", "sensitive"),
            suppliers={"Hébergeur du Rhône": frozenset({DataType.NATIONAL_ID, DataType.PASSWORD})},
        ),
        Known(name="Viamedis", also=("Viamedis Tiers Payant",), tags=("tier-1",)),
        Known(
            name="Hôpital Saint-Martin",
            suppliers={"be-almerys": IDS, "Laundry": frozenset(), "Viamedis": frozenset()},
        ),
        Known(name="Laundry", suppliers={"Hôpital Saint-Martin": frozenset(), "Soap": IDS}),
    )
)
ALMERYS = ("Almerys", "Be-Almerys", "almerys.com")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ((), ()),
        (("Nobody",), ("Nobody",)),
        (("ALMERYS SAS",), ("ALMERYS SAS", *ALMERYS)),
        (("Almerys", "almerys.com"), ("Almerys", "almerys.com", "Be-Almerys")),
        (("Be-Almerys",), ("Be-Almerys", "Almerys", "almerys.com")),
        (
            ("tag:tier-1",),
            ("Almerys", "Viamedis", "Be-Almerys", "almerys.com", "Viamedis Tiers Payant"),
        ),
        (
            ("tag: Tier-1 ", "Nobody"),
            ("Almerys", "Viamedis", "Nobody", "Be-Almerys", "almerys.com", "Viamedis Tiers Payant"),
        ),
        (("tag:unknown", "Nobody"), ("Nobody",)),
    ],
)
def test_names_are_widened_by_what_is_known_of_them(
    written: tuple[str, ...], meant: tuple[str, ...]
) -> None:
    assert REGISTRY.widen(Criteria(organisations=written)).organisations == meant


def test_the_other_fields_of_a_watch_stay_as_they_are() -> None:
    written = Criteria(data_types=frozenset({DataType.NAME}), exclude=("Almerys",), min_people=5)
    assert REGISTRY.widen(written) == written


def test_every_watch_of_a_subscriber_is_widened_and_keeps_what_was_written() -> None:
    reader = Reader(name="ada")
    written = Subscriber(
        reader=reader,
        email="ada@example.org",
        watches=(
            Watch(name="one", criteria=Criteria(organisations=("Viamedis",))),
            Watch(name="two", criteria=Criteria(organisations=("Nobody",))),
        ),
    )
    widened = REGISTRY.widen_all(written)
    assert [item.criteria.organisations for item in widened.watches] == [
        ("Viamedis", "Viamedis Tiers Payant"),
        ("Nobody",),
    ]
    assert [item.written.organisations for item in widened.watches] == [("Viamedis",), ("Nobody",)]
    assert (widened.reader, widened.email) == (reader, "ada@example.org")
    assert REGISTRY.widen_all(widened) == widened


def test_an_empty_registry_changes_nothing() -> None:
    written = Criteria(organisations=("Almerys",), follow_suppliers=3)
    assert Registry().widen(written) == written


def test_suppliers_are_followed_as_deep_as_the_watch_asks() -> None:
    paths = {
        depth: [
            " < ".join(item.path)
            for item in REGISTRY.widen(
                Criteria(organisations=("Hopital Saint Martin",), follow_suppliers=depth)
            ).suppliers
        ]
        for depth in range(4)
    }
    first = [f"Hôpital Saint-Martin < {name}" for name in ("Almerys", "Laundry", "Viamedis")]
    second = [
        "Hôpital Saint-Martin < Almerys < Hébergeur du Rhône",
        "Hôpital Saint-Martin < Laundry < Soap",
    ]
    assert paths == {0: [], 1: first, 2: [*first, *second], 3: [*first, *second]}


def test_a_supplier_is_known_by_all_its_names_and_by_what_it_can_hold() -> None:
    wanted = Criteria(organisations=("Hôpital Saint-Martin",), follow_suppliers=2)
    found = {item.path[-1]: item for item in REGISTRY.widen(wanted).suppliers}
    assert set(found["Almerys"].names) == {"be-almerys", *ALMERYS}
    assert found["Almerys"].data_types == IDS
    assert found["Hébergeur du Rhône"].data_types == {DataType.NATIONAL_ID}
    assert found["Laundry"].data_types == frozenset()
    assert found["Soap"].data_types == IDS


def test_a_supplier_that_holds_nothing_of_the_chain_is_not_followed() -> None:
    known = Registry(
        (
            Known(name="H", suppliers={"A": frozenset({DataType.NATIONAL_ID})}),
            Known(name="A", suppliers={"B": frozenset({DataType.PASSWORD})}),
        )
    )
    found = known.widen(Criteria(organisations=("H",), follow_suppliers=2)).suppliers
    assert [item.path for item in found] == [("H", "A")]


def test_tags_are_known_by_any_name_of_the_organisation() -> None:
    assert REGISTRY.bears("ALMERYS SAS", "sensitive")
    assert REGISTRY.bears("be almerys", "tier-1")
    assert not REGISTRY.bears("Viamedis", "sensitive")
    assert not REGISTRY.bears("Nobody", "sensitive")
