"""The supplier in a notice under US health law, where it is called "business associate (BA)".

The notices of HHS OCR follow a few forms: "its business associate (BA), Acme Mailing, Inc., sent",
"Acme Mailing, a business associate (BA) of the covered entity", "it learned from Acme, its BA".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from alertd.core.names import listed

_FORM: Final = r"(?:Inc|LLC|L\.L\.C|LLP|Ltd|Corp|Co|P\.?C|P\.?A|PLLC|LP|L\.P|Incorporated)\b\.?"
_CAP: Final = (
    rf"(?!{_FORM})(?:(?:[A-Z]\.){{1,5}}(?!\w)|(?:St|Dr)\."
    r"|[A-Z0-9](?:[\w&'’/-]|\.(?=\w)){0,40}(?!\w))"
)
_LINK: Final = r"(?:(?:of|and|the|for|in|de|&|-|–)[ ]){0,2}"
_NAME: Final = rf"{_CAP}(?:[ ]{_LINK}{_CAP}){{0,9}}(?:,?[ ]{_FORM})?"
_FIRM: Final = rf"{_CAP}(?:,[ ]{_CAP}){{2,6}},?[ ](?:&|and)[ ]{_CAP}"
_NOUN: Final = r"[Bb]usiness [Aa]ssociates?(?:\s?[(]BAs?[)])?"
_AFTER: Final = re.compile(
    rf"(?:{_NOUN},?|\bBA,)[ ](?:(?:known as|named|called|and vendor),?\s)?({_FIRM}|{_NAME})"
)
_BEFORE: Final = re.compile(
    rf"(?<![\w.])({_NAME})(?:[ ][(][^()]{{2,60}}[)])?,\s"
    rf"(?:an?|its|the|their|the CE['’]s|one of [^,.;]{{3,40}})\s"
    rf"(?:\w{{1,30}}\s){{0,2}}(?:{_NOUN}|BA\b)"
)
_SIGNS: Final = ("usiness associate", "usiness Associate", "(BA)", " BA")
_LEADS: Final = re.compile(
    r"^(?:(?:The|On|In|When|After|Upon|Following|While|Due|Between|BA|CE|PHI|ePHI|HHS|OCR)\s)+"
)
_NOBODY: Final = listed(
    "BA BAs CE PHI ePHI HHS OCR Agreement HIPAA The This However Upon Following In"
)


def is_health_notice(raw: str) -> bool:
    """Whether a text speaks the language of these notices."""
    return "overed entity" in raw or "overed Entity" in raw


def associates(raw: str) -> list[str]:
    """The names that a text gives as a business associate, in its order, each once."""
    if not any(sign in raw for sign in _SIGNS):
        return []
    return list(dict.fromkeys(name for _, name in sorted(_found(raw)) if name))


def _found(raw: str) -> Iterator[tuple[int, str]]:
    for pattern in (_AFTER, _BEFORE):
        for found in pattern.finditer(raw):
            yield found.start(1), _clean(found[1])


def _clean(name: str) -> str:
    """The name without the words that open its sentence."""
    whole = _LEADS.sub("", name.strip(" ,"))
    words = whole.split()
    if not words or words[0].rstrip(",") in _NOBODY or words[0].isdigit():
        return ""
    return whole
