"""Measures of a rendered text: words, sentences, syllables and the Flesch-Kincaid grade."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from alertd.core.message import Block, Bullets, Heading, Message, Paragraph, Steps

BODIES: Final = (
    "Almerys", "Data Watch", "Leak Tracker", "Assurance Maladie", "Banque de France", "ameli",
    "carte Vitale", "CNIL", "FranceConnect", "17Cyber", "Lakeside Clinic", "Records Host",
    "IdentityTheft.gov", "AnnualCreditReport.com", "Equifax", "Experian", "TransUnion",
    "Medicare", "IRS", "FTC", "gendarmerie",
)  # fmt: skip
_ADDRESS: Final = re.compile(r"\S+\.(?:gov|com|fr|org|gouv\.fr)\b")
_NUMBER: Final = re.compile(r"\d[\d ()-]{3,}\d")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_VOWELS: Final = re.compile(r"[aeiouy]+")


def paragraphs(blocks: Iterable[Block]) -> list[str]:
    """The running text, list items and acts apart; headings, tables and links left out."""
    found: list[str] = []
    for block in blocks:
        match block:
            case Paragraph(text):
                found.append(text)
            case Bullets(items):
                found.extend(items)
            case Steps(items):
                found.extend(part for item in items for part in item)
            case _:
                pass
    return found


def before_source(message: Message, title: str) -> tuple[Block, ...]:
    """The blocks above the source part."""
    blocks = message.blocks
    return blocks[: blocks.index(Heading(title))]


def plain(text: str) -> str:
    """The text with names of bodies, addresses and phone numbers taken out."""
    bare = _NUMBER.sub("", _ADDRESS.sub("", text))
    for body in BODIES:
        bare = bare.replace(body, "it")
    return bare


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    parts = re.split(r"[.?!:;]+(?:\s|$)", text)
    return [part for part in parts if words(part)]


def syllables(word: str) -> int:
    """Groups of vowels, less a silent final e."""
    folded = word.lower()
    count = len(_VOWELS.findall(folded))
    silent = folded.endswith("e") and not folded.endswith("le") and count > 1
    return max(1, count - silent)


def grade(texts: Iterable[str]) -> float:
    """The Flesch-Kincaid grade of the texts together."""
    said = [sentence for text in texts for sentence in sentences(plain(text))]
    spoken = [word for sentence in said for word in words(sentence)]
    per_sentence = len(spoken) / len(said)
    per_word = sum(map(syllables, spoken)) / len(spoken)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59
