"""A message as plain text and as HTML: the same words, each escaped for its own format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from html import escape
from textwrap import wrap
from typing import Final

from alertd.core.message import (
    Block,
    Bullets,
    Heading,
    Link,
    Message,
    Paragraph,
    Quote,
    Steps,
    Table,
)

WIDTH: Final = 72

_NARROW: Final = "\u202f"
_FIXED_SPACES: Final = str.maketrans({_NARROW: " ", "\u00a0": " "})
_BEFORE: Final = re.compile(r" (?=[:;?!»](?:\s|$))")
_AFTER: Final = re.compile(r"(?<=«) ")
_DIGITS: Final = re.compile(r"(?<=\d) (?=\d)")
_WEB: Final = re.compile(r"https?://[^\s\"<>]+\Z")
_HYPHENED: Final = re.compile(r"(?<![\w.-])(?=[\w.-]{1,30}(?![\w.-]))[\w.]+(?:-[\w.]+)+")
_UNSAFE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text on one line without controls, bidirectional marks or lone surrogates."""
    if text.isprintable():
        return text
    kept = (" " if char in "\n\r\t\u2028\u2029" else char for char in text)
    return "".join(char for char in kept if unicodedata.category(char) not in _UNSAFE)


def _tied(text: str, language: str) -> str:
    """The text with the spaces that must not break: French marks, and within numbers."""
    line = _DIGITS.sub(_NARROW, printable(text))
    return _AFTER.sub(_NARROW, _BEFORE.sub(_NARROW, line)) if language == "fr" else line


def to_text(message: Message) -> str:
    """The whole body of the plain mail: wrapped at 72, the footer after the signature mark."""
    body = _text_blocks(message.blocks, message.language)
    footer = _text_blocks(message.footer, message.language)
    return f"{body}\n-- \n{footer}" if footer else body


def _text_blocks(blocks: Iterable[Block], language: str) -> str:
    """Blocks apart by an empty line, but a heading stands right above what it heads."""
    parts: list[str] = []
    for block in blocks:
        lines = "\n".join(_TEXT[type(block)](block, language)).translate(_FIXED_SPACES)
        parts.append(f"{lines}\n" if isinstance(block, Heading) else f"{lines}\n\n")
    return "".join(parts).rstrip("\n") + "\n" if parts else ""


def _filled(text: str, language: str, first: str = "", later: str = "") -> list[str]:
    return wrap(
        _tied(text, language),
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _text_heading(block: Heading, language: str) -> list[str]:
    return _filled(block.text, language)


def _text_paragraph(block: Paragraph, language: str) -> list[str]:
    return _filled(block.text, language)


def _text_quote(block: Quote, language: str) -> list[str]:
    by = f" ({block.by})" if block.by else ""
    return _filled(f"{block.text}{by}", language, "> ", "> ")


def _text_bullets(block: Bullets, language: str) -> list[str]:
    return [line for item in block.items for line in _filled(item, language, "- ", "  ")]


def _text_steps(block: Steps, language: str) -> list[str]:
    lines: list[str] = []
    for index, (act, reason) in enumerate(block.items, start=1):
        lines += _filled(act, language, f"{index}. ", "   ")
        lines += _filled(reason, language, "   ", "   ")
    return lines


def _text_table(block: Table, language: str) -> list[str]:
    colon = " : " if language == "fr" else ": "
    if not block.header:
        rows = (colon.join(filter(None, (row[0], ", ".join(row[1:])))) for row in block.rows)
        return [line for row in rows for line in _filled(row, language, "- ", "  ")]
    titles, *body = block.rows
    lines: list[str] = []
    for row in body:
        lines += _filled(row[0], language, "- ", "  ")
        for title, cell in zip(titles[1:], row[1:], strict=False):
            lines += _filled(f"{title}{colon}{cell}", language, "  ", "  ")
    return lines


def _text_link(block: Link, language: str) -> list[str]:
    return [
        *_filled(f"{block.label}{' :' if language == 'fr' else ':'}", language),
        printable(block.url),
    ]


_TEXT: Final[dict[type, Callable[..., list[str]]]] = {
    Heading: _text_heading,
    Paragraph: _text_paragraph,
    Quote: _text_quote,
    Bullets: _text_bullets,
    Steps: _text_steps,
    Table: _text_table,
    Link: _text_link,
}

_STYLE: Final = (
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    "@media (prefers-color-scheme:dark){"
    "body,.page{background:#16181c!important;color:#e9eaec!important}"
    ".soft{color:#b9bdc4!important}a{color:#8ab8ff!important}"
    ".rule,th,td{border-color:#4a4e55!important}}"
)
_PAGE: Final = (
    '<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<meta name="supported-color-schemes" content="light dark">\n'
    "<title>{title}</title>\n<style>{style}</style>\n</head>\n"
    '<body style="margin:0;padding:0;background:#ffffff;color:#1b1d21">\n{preheader}'
    '<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0"'
    ' style="background:#ffffff;color:#1b1d21"><tr><td align="center" style="border:0">'
    '<div style="max-width:600px;padding:16px;text-align:left;'
    'font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Arial,sans-serif">\n'
    "{body}{footer}</div></td></tr></table>\n</body>\n</html>\n"
)
_FOOTER: Final = (
    '<div class="rule soft" style="border-top:1px solid #c3c7cd;margin-top:24px;padding-top:8px;'
    'font-size:14px;color:#4b5058">\n{blocks}</div>\n'
)
_PREHEADER: Final = (
    '<div style="display:none;max-height:0;overflow:hidden;opacity:0">{text}</div>\n'
)
_CELL: Final = (
    "padding:4px 12px 4px 0;border-bottom:1px solid #c3c7cd;text-align:left;vertical-align:top"
)


def to_html(message: Message) -> str:
    """The whole HTML part: one column, nothing remote, only our own links to click."""
    language = message.language
    footer = _html_blocks(message.footer, language)
    return _PAGE.format(
        language=escape(language),
        title=_safe(message.subject, language),
        style=_STYLE,
        preheader=_hidden(message),
        body=_html_blocks(message.blocks, language),
        footer=_FOOTER.format(blocks=footer) if footer else "",
    )


def _hidden(message: Message) -> str:
    text = _safe(message.preheader, message.language)
    return _PREHEADER.format(text=text) if text else ""


def _html_blocks(blocks: Iterable[Block], language: str) -> str:
    return "".join(_HTML[type(block)](block, language) + "\n" for block in blocks)


def _safe(text: str, language: str) -> str:
    return escape(_tied(text, language))


def _spoken(text: str, language: str) -> str:
    """Escaped text whose addresses and phone numbers no line end cuts at a hyphen."""
    return _HYPHENED.sub(r'<span style="white-space:nowrap">\g<0></span>', _safe(text, language))


def _html_heading(block: Heading, language: str) -> str:
    style = "font-size:18px;line-height:1.3;margin:24px 0 8px"
    return f'<h2 style="{style}">{_spoken(block.text, language)}</h2>'


def _html_paragraph(block: Paragraph, language: str) -> str:
    return f'<p style="margin:8px 0">{_spoken(block.text, language)}</p>'


def _html_quote(block: Quote, language: str) -> str:
    by = f" ({_spoken(block.by, language)})" if block.by else ""
    style = "margin:8px 0;padding-left:12px;border-left:3px solid #8a9099"
    return f'<blockquote style="{style}">{_spoken(block.text, language)}{by}</blockquote>'


def _html_bullets(block: Bullets, language: str) -> str:
    items = "".join(
        f'<li style="margin:4px 0">{_spoken(item, language)}</li>' for item in block.items
    )
    return f'<ul style="margin:8px 0;padding-left:24px">{items}</ul>'


def _html_steps(block: Steps, language: str) -> str:
    items = "".join(
        f'<li style="margin:8px 0"><strong>{_spoken(act, language)}</strong>'
        f"<br>{_spoken(reason, language)}</li>"
        for act, reason in block.items
    )
    return f'<ol style="margin:8px 0;padding-left:28px">{items}</ol>'


def _html_table(block: Table, language: str) -> str:
    rows = [
        _html_row(row, language, top=block.header and index == 0)
        for index, row in enumerate(block.rows)
    ]
    style = "border-collapse:collapse;width:100%;margin:8px 0"
    return f'<table style="{style}">{"".join(rows)}</table>'


def _html_row(row: tuple[str, ...], language: str, *, top: bool) -> str:
    first, *rest = (_spoken(cell, language) for cell in row)
    if top:
        cells = "".join(f'<th scope="col" style="{_CELL}">{cell}</th>' for cell in (first, *rest))
        return f"<tr>{cells}</tr>"
    cells = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in rest)
    return f'<tr><th scope="row" style="{_CELL};font-weight:600">{first}</th>{cells}</tr>'


def _html_link(block: Link, language: str) -> str:
    """Label and address both shown: this mail tells people to look where a link goes."""
    url = escape(printable(block.url))
    label = _spoken(block.label, language)
    colon = f"{_NARROW}:" if language == "fr" else ":"
    shown = f'<a href="{url}" style="color:#0b4fa3">{url}</a>' if _WEB.match(block.url) else url
    return f'<p style="margin:8px 0">{label}{colon}<br>{shown}</p>'


_HTML: Final[dict[type, Callable[..., str]]] = {
    Heading: _html_heading,
    Paragraph: _html_paragraph,
    Quote: _html_quote,
    Bullets: _html_bullets,
    Steps: _html_steps,
    Table: _html_table,
    Link: _html_link,
}
