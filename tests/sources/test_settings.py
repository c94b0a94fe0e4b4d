"""The ``[[source]]`` table: sources of the operator's own, and shipped ones elsewhere."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from alertd.core.model import Dated, Tier
from alertd.errors import ConfigError
from alertd.sources import SourceSettings, build, catalogue, kinds, settings_of

URL = "https://isac.example.org/feed.xml"


def test_the_kinds_are_the_generic_ones_and_the_shipped_ones() -> None:
    assert kinds()[0] == "feed"
    assert {"frenchbreaches", "databreaches-net"} <= set(kinds())
    assert len(set(kinds())) == len(kinds())


def test_an_own_feed_is_built_from_its_table() -> None:
    settings = SourceSettings.model_validate(
        {
            "name": "our-isac",
            "kind": "feed",
            "url": URL,
            "every": "15m",
            "tier": "official",
            "dated": "event",
            "country": "FR",
            "language": "fr",
        }
    )
    source = build(settings)
    assert (source.name, source.kind, source.publisher) == ("our-isac", "feed", "our-isac")
    assert source.request.url == URL
    assert source.every == timedelta(minutes=15)
    assert (source.tier, source.dated) == (Tier.OFFICIAL, Dated.EVENT)
    assert (source.country, source.language) == ("FR", "fr")


def test_a_shipped_kind_elsewhere_keeps_what_is_not_set() -> None:
    shipped = catalogue()["frenchbreaches"]
    source = build(SourceSettings(name="copy", kind="frenchbreaches", url="http://127.0.0.1:8/f"))
    assert source.name == "copy"
    assert source.request.url == "http://127.0.0.1:8/f"
    assert (source.tier, source.country, source.parse) == (Tier.CURATED, "FR", shipped.parse)
    slower = SourceSettings.model_validate(
        {"name": "slow", "kind": "frenchbreaches", "every": "2h", "tier": "press"}
    )
    assert build(slower).every == timedelta(hours=2)
    assert build(slower).tier is Tier.PRESS
    assert build(slower).request == shipped.request


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_settings_go_through_json_and_build_the_same_source(name: str) -> None:
    source = catalogue()[name]
    there = settings_of(source).model_dump_json()
    assert build(SourceSettings.model_validate_json(there)) == source


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("frenchbreach", 'did you mean "frenchbreaches"'),
        ("Feed", '"feed"'),
        ("xyz", "known are feed"),
    ],
)
def test_an_unknown_kind_is_told_with_what_is_near(kind: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        build(SourceSettings(name="ours", kind=kind, url=URL))


def test_an_own_feed_needs_its_url() -> None:
    with pytest.raises(ConfigError, match="url is missing"):
        build(SourceSettings(name="ours"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "two words"),
        ("name", ""),
        ("url", "ftp://example.org/"),
        ("url", "example.org/feed"),
        ("url", "https://user:secret@example.org/feed"),
        ("url", "https:///feed"),
        ("every", "0s"),
        ("every", "often"),
        ("tier", "rumour"),
        ("dated", "yesterday"),
        ("country", "France"),
        ("language", "French"),
        ("colour", "red"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SourceSettings.model_validate({"name": "ours", "url": URL} | {field: value})
    assert [error["loc"] for error in raised.value.errors()] == [(field,)]
