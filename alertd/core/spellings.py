"""The forms in which one organisation's name is written, and how near two names are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from alertd.core.model import Organisation
from alertd.core.names import fold, listed

SOFT: Final = listed(
    "the of and for de du des la le les et inc group groupe holding holdings company corp "
    "services service international global cabinet societe entreprise mairie commune "
    "ville city county new national american federation francaise francais ministry "
    "ministere department university universite hospital health medical center centre "
    "united first community association mutuelle bank banque banco banca blue cross school "
    "system systems regional plan state alabama alaska arizona arkansas california colorado "
    "connecticut delaware florida georgia hawaii idaho illinois indiana iowa kansas kentucky "
    "louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana "
    "nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia "
    "washington wisconsin wyoming"
)
"""Words that many names share: alone they tell nobody."""

_PADDING: Final = listed(
    "group groupe grupo gruppo gruppe holding holdings company corp services service international"
    " global cabinet societe entreprise the of de du des la le les el l d france banco banca bank"
    " banque ministere ministerio ministero ministry ministerium mairie ville"
)
_LINKS: Final = listed("of the and for de du des la le les et l d y del der die das und di e van")
_HUMP: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")
_HEAD_LETTERS: Final = 4
_ACRONYM: Final = range(3, 9)
_ALIKE: Final = 0.5
_START: Final = 5
_OTHER_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class Spellings:
    """The forms of the names of one account.

    ``words`` are the names as sets of words without plurals, ``squashed`` the names without
    spaces, ``other`` the same of the further names that the text gives them, ``initials``
    those of names of three words and more; ``named`` are the names themselves, folded.
    """

    words: tuple[frozenset[str], ...]
    squashed: frozenset[str]
    other: frozenset[str]
    initials: frozenset[str]
    named: tuple[str, ...]


def spellings(parties: Iterable[Organisation], mentioned: Collection[str]) -> Spellings:
    """The forms of some organisations' names, with those that ``mentioned`` words give them."""
    named = sorted({form for item in parties for form in forms(item)})
    squashed = frozenset(map(squash, named))
    return Spellings(
        words=tuple(dict.fromkeys(frozenset(map(_single, form.split())) for form in named)),
        squashed=squashed,
        other=other_names(named, squashed, mentioned),
        initials=frozenset(filter(None, map(initials, named))),
        named=tuple(named),
    )


def forms(item: Organisation) -> tuple[str, ...]:
    """The folded names of an organisation; a joined name such as RedShop also in two words."""
    return _forms(item.name, item.key, item.aliases, item.domains)


@lru_cache(maxsize=4096)
def _forms(
    name: str, key: str, aliases: tuple[str, ...], domains: tuple[str, ...]
) -> tuple[str, ...]:
    found = [key, *aliases]
    if " " not in name and not name.isupper():
        found.append(fold(_HUMP.sub(" ", name)))
    found += [host.replace(".", "") for host in domains if squash(fold(host)) == squash(key)]
    return tuple(dict.fromkeys(found))


def squash(key: str) -> str:
    """A folded name without its spaces."""
    return key.replace(" ", "")


@lru_cache(maxsize=8192)
def initials(key: str) -> str:
    """The acronym of a name of three telling words and more, else nothing."""
    letters = "".join(word[0] for word in key.split() if word not in _LINKS)
    return letters if len(letters) in _ACRONYM else ""


@lru_cache(maxsize=8192)
def heads(key: str) -> tuple[str, ...]:
    """The telling first words of a name, by which its variants meet; of two words both."""
    words = key.split()
    telling = [_single(word) for word in words if word not in SOFT and len(word) >= _HEAD_LETTERS]
    if not telling:
        return ()
    last = telling[-1:] if len(words) == 2 else []  # noqa: PLR2004 - "Team X"
    return tuple(dict.fromkeys((telling[0], " ".join(telling[:2]), *last)))


def other_names(
    named: Iterable[str], squashed: frozenset[str], mentioned: Collection[str]
) -> frozenset[str]:
    """Further names, squashed, that a text gives to the organisations that it tells of."""
    short = {initials(form) for form in named} | squashed
    names = [word for word in mentioned if word[0] not in "!#" and not word.isdigit()]
    alone = frozenset(map(squash, names))
    found = set()
    for word in names:
        joined = squash(word.lstrip("="))
        if joined in squashed or len(joined) > _OTHER_NAME:
            continue
        is_short = initials(word) in squashed or joined in short
        if word[0] == "=" or is_short or any(_extends(joined, form, alone) for form in squashed):
            found.add(joined)
    return frozenset(found)


def _extends(longer: str, form: str, alone: frozenset[str]) -> bool:
    """Whether a longer name holds a name, and not beside another one: "Viamedis and Almerys"."""
    if len(form) < _HEAD_LETTERS or len(longer) <= len(form):
        return False
    if longer.startswith(form):
        return longer[len(form) :] not in alone
    return longer.endswith(form) and longer[: -len(form)] not in alone


def nearness(one: Spellings, two: Spellings) -> str:
    """How near the names of two accounts are, in a word; equal in both directions."""
    if one.squashed & two.squashed:
        return "same" if set(one.words) & set(two.words) else "joined"
    if one.squashed & two.other or two.squashed & one.other:
        return "other"
    if one.initials & two.squashed or two.initials & one.squashed:
        return "initials"
    pairs = [(left, right) for left in one.words for right in two.words]
    best = max((_likeness(left, right) for left, right in pairs), default=0.0)
    if best >= 1:
        return _within(pairs)
    if best >= _ALIKE:
        return "like"
    return "start" if _same_start(one, two) else "far"


def _within(pairs: list[tuple[frozenset[str], frozenset[str]]]) -> str:
    inside = [(left, right) for left, right in pairs if _likeness(left, right) >= 1]
    if any(left - _PADDING == right - _PADDING for left, right in inside):
        return "padded"
    return "within" if any(len(left & right) > 1 for left, right in inside) else "one_word"


def _same_start(one: Spellings, two: Spellings) -> bool:
    return any(
        min(len(left), len(right)) >= _START and (left.startswith(right) or right.startswith(left))
        for left in one.squashed
        for right in two.squashed
    )


def _likeness(left: frozenset[str], right: frozenset[str]) -> float:
    if left <= right or right <= left:
        telling = (left & right) - SOFT
        return 1.0 if telling else 0.0
    return len(left & right) / len(left | right)


def same_name(one: Organisation, two: Organisation) -> bool:
    """Whether two names are spellings of one: equal without spaces, or one within the other."""
    left, right = (one.key, *one.aliases), (two.key, *two.aliases)
    return bool(set(map(squash, left)) & set(map(squash, right))) or any(
        _likeness(frozenset(a.split()), frozenset(b.split())) >= 1 for a in left for b in right
    )


def _single(word: str) -> str:
    """A word without its plural's ending."""
    plural = len(word) > _HEAD_LETTERS and word[-1] == "s" and word[-2] != "s"
    return word[:-1] if plural else word
