"""General news: what is about a breach, and whose, as real headlines put it."""

import pytest

from alertd import lexicon
from alertd.core.model import Report, Speaker
from alertd.core.understand import understand
from alertd.sources import catalogue
from tests.sources.samples import SAMPLES, reply_with


def test_of_general_news_only_what_tells_of_a_break_in_is_a_breach() -> None:
    source = catalogue()["bleepingcomputer"]
    body = (SAMPLES / "bleepingcomputer" / "four.xml").read_bytes()
    reports = source.parse(reply_with(body, source), source)
    words = lexicon.load()
    breached = [
        one.name
        for report in reports
        for facts in understand(report, words).incidents
        for one in facts.organisations
    ]
    # Neither a gang whose sites were seized, nor a product's flaw, nor an old breach in court.
    assert breached == ["Toptal"]


@pytest.mark.parametrize(
    "title",
    [
        "Ransomware gang claims attack on Corail Assurances",
        "Hackers claim breach of Corail Assurances",
    ],
)
def test_a_claim_of_criminals_is_no_name_of_an_organisation(title: str) -> None:
    text = "The gang claims to hold the names of 4,000 customers."
    report = Report(source="press", key="1", url="", title=title, text=text)
    (facts,) = understand(report, lexicon.load()).incidents
    assert [one.name for one in facts.organisations] == ["Corail Assurances"]
    assert facts.speaker is Speaker.CRIMINALS


def test_an_organisation_that_has_claims_in_its_name_keeps_it() -> None:
    name = "National Claims Administrative Services, Inc."
    text = "Names and social security numbers were exposed in a data breach."
    report = Report(source="press", key="1", url="", title=name, text=text)
    (facts,) = understand(report, lexicon.load()).incidents
    assert [one.name for one in facts.organisations] == [name]
