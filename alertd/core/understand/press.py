"""Who is quoted: publishers that a report names or links, and the phrases that feeds add.

A publisher that is quoted, its writers and a feed's own labels are never the organisation
that was breached; whoever cites a publisher does not corroborate it.
"""

from __future__ import annotations

import re
from typing import Final

from alertd.core.names import fold, registrable

_NAME: Final = (
    r"(?<!\w)[A-ZÀ-Þ0-9](?:[\w&'’-]|\.(?=\w)){0,40}"
    r"(?:[ ](?:(?:of|on|the|de|du|des|la|le|et|and)[ ])?[A-ZÀ-Þ](?:[\w&'’-]|\.(?=\w)){0,40}){0,4}"
)
_ARTICLE: Final = r"(?:(?:the|le|la|les|el|il|het|de|der|die|das|der Zeitung|newspaper)[ ]|l['’])?"
_FIRST_ON: Final = re.compile(
    r"(?:The post [^\n]{1,300}? )?(?:first appeared|appeared first) on (?:The )?([^.|\n]{2,60})\.?",
    re.IGNORECASE,
)
_LABELS: Final = re.compile(
    r"(?:[^\w\s.,;:!?()'\"]{1,3}\s)?\bSource: ([^|\n]{2,60}?)\s*\|[^\n]{0,120}$"
)
_BYLINE: Final = re.compile(
    r"(?:^|(?<=[.!?…]\s)|(?<=\n))(?=[A-ZÀ-Þ])((?:[^.:\n]|(?<=\s[A-Z])\.){2,90}?)\s"
    r"(?:reports?|writes?|rapporte(?:nt)?|berichtet|berichten|schreibt|informa|scrive|meldt):[ ]"
)
_QUOTED: Final = re.compile(
    r"\b(?:[Aa]ccording to|(?:first |previously )?reported by|as told to|in a statement to|"
    r"[Ss]elon|[Dd]['’]après|rapporté par|révélé par|[Ll]aut|[Ss]egún|[Ss]econdo|[Vv]olgens)\s+"
    rf"{_ARTICLE}({_NAME})"
)
_TOLD: Final = re.compile(
    r"\b(?:told|said to|confirmed to|spoke to|speaking to|déclaré à|confirmé à|indiqué à|"
    rf"sagte|dijo a|ha detto a|zei tegen)\s+{_ARTICLE}({_NAME})"
)
_REPORTING: Final = re.compile(rf"({_NAME})\s+(?:reports|rapporte|berichtet|informa|bericht)\b")
_LINK: Final = re.compile(r"https?://([\w.-]{4,120})")
_MOST: Final = 24


_SIGNS: Final = {
    _FIRST_ON: ("ppeared",),
    _LABELS: ("Source: ",),
    _BYLINE: (
        "eport: ",
        "eports: ",
        "write: ",
        "writes: ",
        "apporte: ",
        "apportent: ",
        "berichtet: ",
        "berichten: ",
        "schreibt: ",
        "informa: ",
        "scrive: ",
        "meldt: ",
    ),
    _QUOTED: (
        "ccording to",
        "reported by",
        "as told to",
        "in a statement to",
        "elon ",
        "près ",
        "porté par",
        "révélé par",
        "aut ",
        "egún ",
        "econdo ",
        "olgens ",
    ),
    _TOLD: (
        "told ",
        "said to ",
        "confirmed to ",
        "spoke to ",
        "speaking to ",
        "aré à ",
        "irmé à ",
        "iqué à ",
        "sagte ",
        "dijo a ",
        "ha detto a ",
        "zei tegen ",
    ),
    _REPORTING: (" reports", " rapporte", " bericht", " informa"),
}
"""Bits of text without which a pattern cannot match; looking for them is far cheaper."""


def stripped(text: str) -> str:
    """The text without bylines and "first appeared on", a line break in their place."""
    for pattern in (_FIRST_ON, _BYLINE):
        if _may_match(pattern, text):
            text = pattern.sub("\n", text)
    return text


def quoted(text: str) -> frozenset[str]:
    """Folded names of those whom the text names or links as its source."""
    found = [name for pattern in _SIGNS for name in _names(pattern, text)]
    hosts = (registrable(link[1]) for link in _LINK.finditer(text)) if "://" in text else ()
    named = (*found, *(host for host in hosts if host))
    return frozenset(key for key in map(_key, named[:_MOST]) if key)


def told(text: str) -> frozenset[str]:
    """Folded names of those to whom something was said or who wrote it: never victims."""
    names = (name for pattern in (_TOLD, _BYLINE, _LABELS) for name in _names(pattern, text))
    return frozenset(key for key in map(_key, names) if key)


def _names(pattern: re.Pattern[str], text: str) -> list[str]:
    return [found[1] for found in pattern.finditer(text)] if _may_match(pattern, text) else []


def _may_match(pattern: re.Pattern[str], text: str) -> bool:
    for sign in _SIGNS[pattern]:  # noqa: SIM110 - a generator would take twice as long
        if sign in text:
            return True
    return False


def _key(name: str) -> str:
    return fold(name.strip(" .,'’-")) if name.strip(" .,'’-") else ""
