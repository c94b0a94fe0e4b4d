"""A text read as the judgement reads it, for tests of one part alone."""

from __future__ import annotations

from alertd.core.understand import text
from alertd.core.understand.text import Doc
from alertd.lexicon import load


def doc(language: str, body: str, title: str = "") -> Doc:
    """The words of a text in one language."""
    return text.read(*text.cut(title, body), load().language(language))
