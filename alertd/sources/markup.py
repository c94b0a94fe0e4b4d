"""Markup to text: what a reader would see, and nothing that a browser would run."""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = ["script", "style", "template", "noscript", "iframe", "object", "svg", "math"]
_BLOCK: Final = re.compile(
    r"</?(?:p|div|br|hr|li|ul|ol|dl|dt|dd|h[1-6]|tr|table|section|article|blockquote|pre)\b",
    re.IGNORECASE,
)
_LONGEST: Final = 200_000
"""Characters of markup that are looked at for one field."""

_MARKS: Final = (
    (re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)"), ""),  # images
    (re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)"), r"\1"),  # links keep their words
    (re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*[-*+][ \t]+", re.MULTILINE), ""),
    (re.compile(r"\*\*|__|`|~~"), ""),
    (re.compile(r"(?<!\w)[*_](\S(?:[^*_\n]*\S)?)[*_](?!\w)"), r"\1"),
)


def strip_html(html: str) -> str:
    """The text of HTML, its entities decoded once; block elements end lines."""
    html = html[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
    if "<" not in html and "&" not in html:
        return html
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - only the child may grow by it

    tree = LexborHTMLParser(_BLOCK.sub(r"\n\g<0>", html))
    tree.strip_tags(_UNSEEN)
    return tree.root.text(deep=True) if tree.root else ""


def strip_markdown(text: str) -> str:
    """The words of Markdown without its marks; lines stay lines."""
    for mark, words in _MARKS:
        text = mark.sub(words, text)
    return text
