"""Blocks as plain text and HTML: the same words, nothing to click but our own."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

import pytest

from alertd.core.markup import to_html, to_text
from alertd.core.message import (
    Bullets,
    Heading,
    Link,
    Message,
    Paragraph,
    Quote,
    Steps,
    Table,
)
from alertd.core.render import render
from alertd.texts import load
from tests.core.cases import GOLDEN

HOSTILE: Final = "A & B <b>c</b> \"q\" 'p' <script>x()</script> \u202eevil\u200b\x00\ud800"
EVERY: Final = Message(
    subject="Subject & <more>",
    preheader="First act",
    language="en",
    blocks=(
        Heading("Head"),
        Paragraph("word " * 40),
        Quote("said", "Paper"),
        Quote("unsigned", ""),
        Bullets(("one", "two " * 30)),
        Steps((("Do it.", "Because."), ("Then this.", "So."))),
        Table((("", "Was", "Now"), ("People", "1", "2")), header=True),
        Table((("Organisation", "Almerys"), ("Empty", ""))),
        Link("Page", "https://alerts.example.org/i/1"),
    ),
    footer=(Paragraph("Foot"),),
)


def hostile() -> Message:
    return Message(
        subject=HOSTILE,
        preheader=HOSTILE,
        language="en",
        blocks=(
            Heading(HOSTILE),
            Paragraph(HOSTILE),
            Quote(HOSTILE, HOSTILE),
            Bullets((HOSTILE,)),
            Steps(((HOSTILE, HOSTILE),)),
            Table(((HOSTILE, HOSTILE), (HOSTILE, HOSTILE)), header=True),
            Link(HOSTILE, "javascript:alert(1)"),
            Link("x", 'https://e.example/"onclick="x'),
        ),
    )


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("case", sorted(GOLDEN))
def test_text_and_html_say_the_same_words(case: str) -> None:
    message = render(GOLDEN[case], load())
    html = to_html(message).split("<body", 1)[1].split(">", 1)[1]
    hidden = re.sub(r'<div style="display:none[^>]*>.*?</div>', "", html, flags=re.DOTALL)
    shown = unescape(re.sub(r"<[^>]+>", " ", hidden))
    text = re.sub(r"^ *\d\. ", "", to_text(message), flags=re.MULTILINE)
    assert sorted(set(words_of(shown))) == sorted(set(words_of(text)))


@pytest.mark.parametrize("case", sorted(GOLDEN))
def test_the_plain_part_is_72_wide(case: str) -> None:
    lines = to_text(render(GOLDEN[case], load())).splitlines()
    assert [line for line in lines if len(line) > 72] == []


def test_every_kind_of_block_has_its_plain_form() -> None:
    text = to_text(EVERY)
    assert text.startswith("Head\nword word")
    assert "> said (Paper)\n\n> unsigned\n" in text
    assert "- one\n- two two" in text
    assert "1. Do it.\n   Because.\n2. Then this.\n   So.\n" in text
    assert "- People\n  Was: 1\n  Now: 2\n" in text
    assert "- Organisation: Almerys\n- Empty\n" in text
    assert "Page:\nhttps://alerts.example.org/i/1\n" in text
    assert text.endswith("\n-- \nFoot\n")


def test_a_message_without_footer_has_no_signature_mark() -> None:
    bare = Message(subject="s", preheader="", language="en", blocks=(Paragraph("p"),))
    assert to_text(bare) == "p\n"
    assert "border-top" not in to_html(bare).split("<body")[1]
    empty = Message(subject="s", preheader="", language="en", blocks=())
    assert to_text(empty) == ""


def test_every_kind_of_block_has_its_html_form() -> None:
    html = to_html(EVERY)
    for part in ("<h2", "<blockquote", "<ul", "<ol", '<th scope="col"', '<th scope="row"'):
        assert part in html
    assert '<html lang="en">' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme:dark" in html
    assert 'role="presentation"' in html
    assert "<title>Subject &amp; &lt;more&gt;</title>" in html


def test_the_preview_line_is_the_first_hidden_line() -> None:
    body = to_html(EVERY).split("<body", 1)[1]
    assert re.search(r"^[^>]*>\s*<div style=\"display:none[^>]*>First act</div>", body)
    blank = Message(subject="s", preheader="", language="en", blocks=())
    assert "display:none" not in to_html(blank)


def test_hostile_text_is_escaped_and_nothing_of_it_is_clickable() -> None:
    html = to_html(hostile())
    assert not re.search(r"<b>|<script|<a |[\u202e\u200b\x00\ud800]", html)
    assert "&lt;script&gt;" in html
    assert html.encode()
    assert not re.search(r"[\u202e\u200b\x00\ud800]", to_text(hostile()))


@pytest.mark.parametrize("case", sorted(GOLDEN))
def test_the_html_is_small_and_asks_for_nothing_remote(case: str) -> None:
    html = to_html(render(GOLDEN[case], load()))
    assert len(html.encode()) < 40_000
    assert not re.search(r"<(?:img|script|link|iframe|form|input|object)\b|url\(|@import", html)


def test_french_marks_have_a_narrow_space_in_html_and_a_plain_one_in_text() -> None:
    message = Message(
        subject="s",
        preheader="",
        language="fr",
        blocks=(
            Paragraph("Quoi ? Ceci : « mot » ; 01 53 73 22 22 ; 1\u202f200\u202f000"),
            Table((("Clé", "valeur"),)),
            Link("Page", "https://alerts.example.org/"),
        ),
    )
    html, text = to_html(message), to_text(message)
    assert "Quoi\u202f? Ceci\u202f: «\u202fmot\u202f»\u202f; 01\u202f53" in html
    assert "Page\u202f:" in html
    assert text == (
        "Quoi ? Ceci : « mot » ; 01 53 73 22 22 ; 1 200 000\n\n- Clé : valeur\n\n"
        "Page :\nhttps://alerts.example.org/\n"
    )


def test_a_line_never_begins_with_a_french_mark_nor_cuts_a_number() -> None:
    for length in range(50, 75):
        blocks = (Paragraph("x" * length + " ? « mot » : 01 53 73 22 22"),)
        text = to_text(Message(subject="s", preheader="", language="fr", blocks=blocks))
        assert not re.search(r"^[:;?!»]", text, flags=re.MULTILINE)
        assert "01 53 73 22 22" in text


def test_an_address_or_a_number_with_a_hyphen_stays_on_one_line() -> None:
    blocks = (Paragraph("See banque-france.fr or 1-800-633-4227."),)
    html = to_html(Message(subject="s", preheader="a-b", language="en", blocks=blocks))
    assert ">banque-france.fr</span>" in html
    assert ">1-800-633-4227.</span>" in html
    assert ">a-b</div>" in html


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "ground"),
    [("#1b1d21", "#ffffff"), ("#4b5058", "#ffffff"), ("#0b4fa3", "#ffffff"),
     ("#e9eaec", "#16181c"), ("#b9bdc4", "#16181c"), ("#8ab8ff", "#16181c")],
)  # fmt: skip
def test_colours_that_are_used_have_contrast_aa(text: str, ground: str) -> None:
    html = to_html(EVERY)
    assert text in html
    assert ground in html
    light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
