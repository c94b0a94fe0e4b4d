"""The generic reader of RSS, Atom and JSON Feed: whatever comes, reports or one clear line."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alertd.core.feed import Reply
from alertd.core.model import Report
from alertd.errors import ParseError
from alertd.sources.feed import parse
from tests.sources.samples import OWN, reply_with, rss


def read(body: bytes, content_type: str = "", most: int = 1_000) -> list[Report]:
    return parse(reply_with(body, content_type=content_type), replace(OWN, max_items=most))


def titled(title: str) -> str:
    """The title that comes of a title in a feed."""
    (report,) = read(rss(f"<title>{title}</title>"))
    return report.title


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \r\n\0 ", "empty"),
        (b"<!DOCTYPE html><html><head><title>Log in\n to X</title></head></html>", '"Log in to X"'),
        (b"<html><body>Just a moment...</body></html>", "a web page came"),
        (b"<html><title>\xe2\x80\xae<b>evil</b></title></html>", '"evil"'),
        (b"Service unavailable", "no feed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no feed"),
        (b"<?xml version='1.0'?><note><to>x</to></note>", "no feed"),
        (b'{"error": "quota"}', "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1"', "cut short"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": {}}', "no JSON Feed"),
        (b'{"a":' * 100_000, "mangled"),
        (rss("<title>Almerys</title>")[:-40], "cut short"),
        (rss(close="")[:60], "cut short"),
    ],
)
def test_F3_what_is_no_feed_says_what_came_instead(body: bytes, words: str) -> None:
    with pytest.raises(ParseError) as raised:
        read(body)
    assert words in str(raised.value)
    assert str(raised.value).isprintable()


def test_F3_a_whole_feed_without_items_is_empty_not_an_error() -> None:
    assert read(rss()) == []


def test_F3_half_a_document_gives_its_whole_items_only() -> None:
    body = rss("<title>Almerys</title><guid>1</guid>", "<title>Viamedis and others</title>")
    cut = body[: body.index(b" and others")]
    assert [report.title for report in read(cut)] == ["Almerys"]


def test_F3_a_feed_that_is_not_well_formed_is_read_all_the_same() -> None:
    broken = rss("<title>A & B</title><guid>1</guid><description>x <b>y</description>")
    assert [report.title for report in read(broken)] == ["A & B"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_F2_entities_of_its_own_are_refused_unread(encoding: str) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "x">{levels}]><rss>&e9;</rss>'
    started = time.process_time()
    with pytest.raises(ParseError, match="entities"):
        read(bomb.encode(encoding))
    assert time.process_time() - started < 1.0


def test_F7_a_body_that_is_the_name_of_a_file_opens_none(tmp_path: Path) -> None:
    trap = tmp_path / "feed.xml"
    trap.write_bytes(rss("<title>from the disk</title>"))
    with pytest.raises(ParseError, match="no feed"):
        read(bytes(trap))


@pytest.mark.parametrize(
    "content_type",
    ["", "text/xml; charset=iso-8859-1", "text/html", "text/plain; charset=us-ascii"],
)
def test_what_reads_as_utf_8_is_utf_8_whatever_the_server_says(content_type: str) -> None:
    body = rss("<title>Hôpital piraté</title>").replace(b"utf-8", b"iso-8859-15")
    assert read(body, content_type)[0].title == "Hôpital piraté"


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [
        ("iso-8859-1", ""),
        ("windows-1252", "application/xml"),
        ("iso-8859-1", "text/xml; charset=utf-8"),
        ("utf-16", "text/xml; charset=utf-8"),
    ],
)
def test_other_encodings_are_read_too(encoding: str, content_type: str) -> None:
    body = rss("<title>Hôpital piraté à Évry</title>").decode().replace("utf-8", encoding)
    assert read(body.encode(encoding), content_type)[0].title == "Hôpital piraté à Évry"


def test_one_broken_byte_leaves_the_other_accents_alone() -> None:
    body = rss("<title>é</title><description>" + "été " * 20 + "</description>")
    title = read(body.replace(b"<title>\xc3\xa9", b"<title>\xc3\xa9\xff"))[0].title
    assert title == "é\ufffd"


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("&lt;b&gt;Bold&lt;/b&gt; claim", "Bold claim"),
        ("<![CDATA[<script>alert(1)</script>Hi]]>", "Hi"),
        ("<![CDATA[<img src=x onerror=alert(1)>Hi]]>", "Hi"),
        ("&lt;a href='javascript:x'&gt;Almerys&lt;/a&gt;", "Almerys"),
        ("5 &lt; 6", "5 < 6"),
        ("\u202eevil\u202c Al\u200bmerys", "evil Almerys"),
        ("Almerys&#0;&#8238;x", "Almerysx"),
        ("=?utf-8?q?=0d=0aBcc=3a?= x", "= ?utf-8?q?=0d=0aBcc=3a?= x"),
        ("one\ntwo&#13;&#10;three", "one two three"),
        ("x" * 5_000, "x" * 300),
    ],
)
def test_T1_T3_a_hostile_title_is_plain_text(raw: str, title: str) -> None:
    assert titled(raw) == title


def test_markup_that_is_written_about_stays_readable() -> None:
    assert titled("Beware of &amp;lt;script&amp;gt; tags") == "Beware of <script> tags"


def test_F1_the_newest_items_are_kept_beyond_the_bound() -> None:
    days = [3, 1, 28, 12, 27]
    items = [
        f"<title>{day}</title><guid>{day}</guid><pubDate>{day:02} May 2026 10:00:00 GMT</pubDate>"
        for day in days
    ]
    assert [report.title for report in read(rss(*items), most=3)] == ["28", "12", "27"]
    undated = [f"<title>{day}</title><guid>{day}</guid>" for day in days]
    assert [report.title for report in read(rss(*undated), most=2)] == ["3", "1"]


def test_F1_a_long_text_is_cut() -> None:
    (report,) = read(rss(f"<title>t</title><description>{'word ' * 50_000}</description>"))
    assert len(report.text) <= 20_000


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Thu, 20 Aug 2026 20:06:00 +0200", datetime(2026, 8, 20, 18, 6, tzinfo=UTC)),
        ("jeu., 20 août 2026 20:06:00 +0200", datetime(2026, 8, 20, 18, 6, tzinfo=UTC)),
        ("Jul 23, 2025 00:00:00-0500", datetime(2025, 7, 23, 5, 0, tzinfo=UTC)),
        ("2026-08-20T20:06:00", datetime(2026, 8, 20, 20, 6, tzinfo=UTC)),
        ("Fri, 01 Jan 2100 00:00:00 GMT", datetime(2100, 1, 1, tzinfo=UTC)),
        ("some time ago", None),
        ("", None),
    ],
)
def test_F8_a_date_is_utc_or_none_and_never_made_up(written: str, moment: datetime | None) -> None:
    (report,) = read(rss(f"<title>t</title><pubDate>{written}</pubDate>"))
    assert report.published == moment


def test_an_item_is_known_by_its_id_else_its_link_else_its_title_and_date() -> None:
    with_id, linked, tracked, bare = read(
        rss(
            "<title>a</title><guid isPermaLink='false'>id-1</guid><link>https://x.org/a</link>",
            "<title>b</title><link>https://x.org/b</link>",
            "<title>c</title><link>https://x.org/c?utm_source=rss</link>",
            "<title>d</title><pubDate>20 Aug 2026 20:06:00 GMT</pubDate>",
        )
    )
    assert with_id.key == "id-1"
    assert tracked.key == read(rss("<title>C!</title><link>https://x.org/c</link>"))[0].key
    assert len({linked.key, tracked.key, bare.key}) == 3


def test_items_that_share_an_id_are_all_kept() -> None:
    items = [f"<title>{name}</title><guid>0</guid>" for name in ("Almerys", "Viamedis", "Almerys")]
    assert [report.title for report in read(rss(*items))] == ["Almerys", "Viamedis"]


def test_an_id_that_is_huge_or_dirty_becomes_a_short_key() -> None:
    for raw in ("x" * 10_000, "a\u202eb"):
        (report,) = read(rss(f"<title>t</title><guid isPermaLink='false'>{raw}</guid>"))
        assert len(report.key) == 32
        assert report.key.isalnum()


def test_an_item_without_title_is_named_by_its_text_and_an_empty_one_is_left_out() -> None:
    body = rss("<description>Almerys was hacked.</description>", "<guid>7</guid>")
    assert [report.title for report in read(body)] == ["Almerys was hacked."]


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://x.org/a?id=1&amp;utm_medium=rss#top", "https://x.org/a?id=1#top"),
        ("/rel/1", "https://feeds.example.org/rel/1"),
        ("javascript:alert(1)", ""),
        ("https://user:pw@x.org/", ""),
        ("http://127.0.0.1/admin", ""),
        ("https://x.org/" + "a" * 2_000, ""),
        ("https://b\u00fccher.example/\u00e9", "https://xn--bcher-kva.example/%C3%A9"),
    ],
)
def test_T5_a_link_is_kept_only_where_it_could_be_shown(link: str, shown: str) -> None:
    (report,) = read(rss(f"<title>t</title><link>{link}</link>"))
    assert report.url == shown


def test_the_longest_text_of_an_item_is_taken_and_block_elements_end_lines() -> None:
    (report,) = read(
        rss(
            "<title>t</title><description>short</description><content:encoded "
            "xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
            "<![CDATA[<p>One <b>two</b>three.</p><ul><li>names</li><li>e-mails</li></ul>"
            "<style>p{}</style><script>x</script>]]></content:encoded>"
        )
    )
    assert report.text == "One twothree.\nnames\ne-mails"


def test_a_reply_without_a_body_at_all_is_an_error() -> None:
    with pytest.raises(ParseError):
        parse(Reply(url="https://x.org/", status=204, headers={}, body=b""), OWN)


def test_a_thousand_items_are_parsed_in_well_under_the_limit() -> None:
    item = "<title>t</title><guid>{}</guid><description>" + "Names leaked. " * 60 + "</description>"
    body = rss(*(item.format(n) for n in range(1_000)))
    started = time.process_time()
    assert len(read(body)) == 1_000
    assert time.process_time() - started < 5.0
