"""Names as keys: organisations, words and domains, folded so that spellings agree."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final


def listed(words: str) -> frozenset[str]:
    """A set of words from a line of them."""
    return frozenset(words.split())


LEGAL_FORMS: Final = listed(
    "inc incorporated llc llp lp ltd limited plc corp corporation co pllc pc pa lllp pty pvt pte"
    " sa sas sasu sarl eurl snc sci scop scic gie gmbh mbh ag kg kgaa ohg ug ev se"
    " nv bv cv vof spa srl sapa sl slu slp sau sc cia ltda eireli kft zrt oy oyj ab as asa aps"
    " dd doo sro spzoo ooo oao pao zao pjsc jsc bhd sdn kk lda"
)
"""Legal forms, as they read without dots and spaces; dropped from the end of a name."""

_LINKS: Final = listed("and et und")
_SECOND_LEVEL: Final = listed("ac asso co com edu gob gouv gov gv mil ne net nhs or org")
_GENERIC_TLDS: Final = listed(
    "com net org info biz edu gov mil int io app dev ai co me tv cloud online site store shop tech"
    " health bank xyz club pro mobi name eu bzh paris london berlin care media news live"
)
_COUNTRY_TLDS: Final = listed(
    "ad ae al am ar at au az ba bd be bg bh bo br by ca cc ch cl cn cr cy cz de dk do dz ec ee eg"
    " es fi fm fo fr gb ge gg gr gt hk hn hr hu id ie il im in iq ir is it je jo jp ke kr kw kz la"
    " lb li lk lt lu lv ma mc md mk mt mx my na ng ni nl no np nu nz om pa pe ph pk pl pt py qa"
    " re ro rs ru sa se sg si sk sm sn su sv sx th tn to tr tt tw ua ug uk us uy uz ve vn ws"
    " za"
)
_HOST: Final = re.compile(
    r"(?<![\w@.-])(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,5}[a-z]{2,12}(?![\w@-])"
)
_SCHEME: Final = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]{0,9}://)?(?:www\d?\.)?", re.IGNORECASE)
_DOTTED: Final = re.compile(r"\b(?:\w\.){2,8}(?:\w\b)?")
_POSSESSIVE: Final = re.compile(r"['’`´]s\b")
_WORD: Final = re.compile(r"[^\W_]+")
_NAME_LIMIT: Final = 400
_ASCII: Final = 127


class _Plain(dict[int, str]):
    """One folded character for each character, so that positions in a text stay.

    Only canonical forms are taken apart: letters drawn to look like Latin ones stay others.
    """

    def __missing__(self, code: int) -> str:
        char = unicodedata.normalize("NFD", chr(code))[0].casefold()
        self[code] = " " if not char or (code > _ASCII and char.isspace()) else char[0]
        return self[code]


_PLAIN: Final = _Plain()


def plain(text: str) -> str:
    """Text without case and accents, of the same length as the text in composed form."""
    return text.translate(_PLAIN)


def words(text: str) -> tuple[str, ...]:
    """The folded whole words of running text; punctuation separates them."""
    return tuple(_WORD.findall(plain(unicodedata.normalize("NFC", text))))


@lru_cache(maxsize=16_384)
def fold(name: str) -> str:
    """The key of an organisation's name; never empty for a non-empty name.

    Case, accents, punctuation, a leading article, "and" and legal forms at the end go; of a
    name that is a domain, the registrable label stays.  Other scripts keep their letters.
    """
    text = unicodedata.normalize("NFC", name[:_NAME_LIMIT]).strip()
    if not text.isascii():
        text = "".join(char for char in text if not unicodedata.combining(char))
    if "." in text:
        text = _bare_domain(_SCHEME.sub("", text))
    text = plain(text)
    if "." in text:
        text = _DOTTED.sub(lambda found: found[0].replace(".", ""), text)
    text = _POSSESSIVE.sub("s", text).replace("&", " and ")
    found = _WORD.findall(text.replace("'", " ") if "'" in text else text)
    return " ".join(_trimmed(found)) or plain(name.strip()) or name


def _trimmed(found: list[str]) -> list[str]:
    kept = found[1:] if len(found) > 1 and found[0] == "the" else found
    kept = [word for word in kept if word not in _LINKS] or kept
    while len(kept) > 1 and kept[-1] in LEGAL_FORMS:
        kept = kept[:-1]
    return kept


def _bare_domain(text: str) -> str:
    host = text.split("/", 1)[0].lower()
    if " " in host or "." not in host or not _HOST.fullmatch(host):
        return text
    domain = registrable(host)
    return domain.split(".", 1)[0] if domain else text


def registrable(host: str) -> str | None:
    """The part of a host name that one registers (``example.co.uk``); None if it is no host."""
    labels = host.lower().strip(".").split(".")
    if len(labels) < 2 or labels[-1] not in _GENERIC_TLDS | _COUNTRY_TLDS:  # noqa: PLR2004 - a name and a top-level domain
        return None
    long = len(labels) > 2 and labels[-1] in _COUNTRY_TLDS and labels[-2] in _SECOND_LEVEL  # noqa: PLR2004 - the same
    return ".".join(labels[-3 if long else -2 :])


def domains(text: str) -> tuple[str, ...]:
    """The registrable domains named in a text, in order, each once."""
    if "." not in text:
        return ()
    found = (registrable(match[0]) for match in _HOST.finditer(text))
    return tuple(dict.fromkeys(domain for domain in found if domain))


def country_of(domain: str) -> str | None:
    """The country whose top-level domain this is, as an ISO code."""
    last = domain.rsplit(".", 1)[-1].lower()
    used_by_anybody = {"co", "me", "tv", "io", "ai", "cc", "fm", "ws", "to", "la", "su", "nu", "im"}
    if last not in _COUNTRY_TLDS or last in used_by_anybody:
        return None
    return "GB" if last == "uk" else last.upper()
