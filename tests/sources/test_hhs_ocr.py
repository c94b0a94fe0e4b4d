"""The portal's table: its shape, its counts and its clerks' notes."""

from pathlib import Path

import pytest

from alertd import lexicon
from alertd.core.model import DataType, People, Report, Speaker, Status
from alertd.core.understand import understand
from alertd.errors import ParseError
from alertd.sources import catalogue
from tests.sources.samples import SAMPLES, reply_with

SOURCE = catalogue()["hhs-ocr"]
PAGE = Path(SAMPLES / "hhs-ocr" / "first-page.html").read_text("utf-8")


def parsed(page: str) -> list[Report]:
    return list(SOURCE.parse(reply_with(page.encode(), SOURCE), SOURCE))


def named(page: str, name: str) -> Report:
    return next(report for report in parsed(page) if report.title == name)


def test_the_page_was_never_seen_and_is_said_to_be_so() -> None:
    assert not SOURCE.observed


def test_a_filing_is_an_authoritys_word_and_its_medium_no_kind_of_data() -> None:
    for report in parsed(PAGE):
        reading = understand(report, lexicon.load())
        (facts,) = reading.incidents
        assert (facts.status, facts.speaker) == (Status.CONFIRMED, Speaker.AUTHORITY)
        assert facts.countries == {"US"}
        assert facts.via == ()
        described = report.title == "Modern Cardiology Associates"
        assert bool(facts.data_types) == described, report.title


def test_a_description_tells_the_kinds_of_data() -> None:
    reading = understand(named(PAGE, "Modern Cardiology Associates"), lexicon.load())
    assert {DataType.HEALTH, DataType.NATIONAL_ID} <= reading.incidents[0].data_types


def test_a_business_associate_is_noted() -> None:
    assert "A business associate was involved" in named(PAGE, "Brightline, Inc.").text
    assert "was involved" not in named(PAGE, "Unlimited Care, Inc.").text


def test_counts_are_read_with_separators_and_a_placeholder_is_a_lower_bound() -> None:
    assert named(PAGE, "Unlimited Care, Inc.").people == People(8453, 8453)
    assert named(PAGE, "Benefit Plan Administrators, Inc.").people == People(500, None)


def test_clerks_notes_are_no_part_of_a_name() -> None:
    page = PAGE.replace("Unlimited Care, Inc. ", "Unlimited Care, Inc. - DORMANT SEE MASTER FILE")
    assert parsed(page)[0].organisations == ("Unlimited Care, Inc.",)
    assert "dormant" not in " ".join(report.title for report in parsed(PAGE))


def test_rows_that_are_alike_have_keys_of_their_own_and_keep_them() -> None:
    keys = [report.key for report in parsed(PAGE)]
    assert len(set(keys)) == len(keys) == 8
    gone = PAGE[: PAGE.index('<tr data-ri="0"')] + PAGE[PAGE.index('<tr data-ri="1"') :]
    assert [report.key for report in parsed(gone)] == keys[1:], "a row that left moves no other"


def test_day_and_month_are_never_guessed() -> None:
    page = PAGE.replace("04/27/2023", "27/04/2023")
    assert parsed(page)[0].published is None


def test_titles_that_narrow_screens_show_in_each_cell_are_no_part_of_it() -> None:
    small = '<td role="gridcell"><span class="ui-column-title">State</span>'
    page = PAGE.replace('<td role="gridcell">NY', small + "NY")
    assert [report.key for report in parsed(page)] == [report.key for report in parsed(PAGE)]


def test_rows_that_do_not_fit_the_head_are_told() -> None:
    page = PAGE.replace(
        '<th class="ui-state-default" role="columnheader" scope="col">', "<th></th><th>"
    )
    with pytest.raises(ParseError, match="do not fit its columns"):
        parsed(page)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("", "holds no table of breaches"),
        ("<html><title>Maintenance</title></html>", "holds no table of breaches"),
        ("<table><thead><tr><th>Name</th></tr></thead></table>", "holds no table of breaches"),
        (PAGE.replace(">Type of Breach<", ">Kind<"), 'lost its column "type of breach"'),
        (PAGE[: PAGE.index('<tr data-ri="0"')], "cut short before its first whole row"),
    ],
)
def test_a_page_that_is_not_that_table_is_one_clear_line(page: str, words: str) -> None:
    with pytest.raises(ParseError, match=words) as caught:
        parsed(page)
    assert "\n" not in str(caught.value)


def test_a_table_without_rows_gives_none() -> None:
    empty = '<tr class="ui-datatable-empty-message"><td colspan="10">No records found.</td></tr>'
    start, end = PAGE.index('<tr data-ri="0"'), PAGE.index("</tbody></table></div>")
    assert parsed(PAGE[:start] + empty + PAGE[end:]) == []
