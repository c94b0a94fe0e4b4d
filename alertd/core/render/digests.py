"""Several alerts of one person in one message: a short section each, and what holds for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alertd.core.message import Block, Bullets, Chat, Heading, Message, Paragraph, Steps
from alertd.core.model import Severity
from alertd.core.people import Alert, Kind
from alertd.core.release import Bundle
from alertd.core.render import changes, chat, parts, short, words
from alertd.core.render.letter import Letter
from alertd.core.texts import Act, Texts

MOST_WHOLE: Final = 30
"""Alerts told with a section of their own; what is beyond gets one line each."""
_TOLD_WHY: Final = frozenset({Bundle.FIRST, Bundle.CAP, Bundle.OLD})
_BULKY: Final = frozenset({"citations", "acts", "language"})


def digest(alerts: Sequence[Alert], texts: Texts, bundle: Bundle, days: int = 7) -> Message:
    """Several alerts of one person in one message, newest first; needs at least one.

    ``bundle`` is why they come together, ``days`` how far back a first contact looks.  The
    subject names no incident, since any of them may be one that must not show.
    """
    newest = sorted(alerts, key=lambda alert: alert.incident.published, reverse=True)
    letters = [Letter(alert=alert, texts=texts) for alert in newest]
    language = letters[0].language
    title = _title(letters, bundle, days)
    whole, rest = letters[:MOST_WHOLE], letters[MOST_WHOLE:]
    return Message(
        subject=title,
        preheader=_preheader(letters),
        language=language.code,
        blocks=(*_intro(letters, bundle), *_sections(whole), *_others(rest), *_for_all(letters)),
        footer=parts.footer(letters[0]),
        shared=_chat(title, [short.subject(item) for item in letters], letters[0]),
        personal=_chat(title, [_in_short(item) for item in letters], letters[0], whole=True),
        severity=max((alert.incident.severity for alert in alerts), key=_rank),
        data=_data(title, whole, rest),
    )


def _rank(severity: Severity) -> int:
    return severity.rank


def _title(letters: Sequence[Letter], bundle: Bundle, days: int) -> str:
    key = f"digest-{bundle.value}"
    if bundle is Bundle.FIRST:
        key = "digest" if days > 1 else "digest-day"
    return letters[0].language.say("subject", key, count=len(letters), days=days)


def _preheader(letters: Sequence[Letter]) -> str:
    """Who was breached, without those that must not show; nothing for a discreet reader."""
    names = dict.fromkeys(item.organisation for item in letters if not item.hidden)
    return words.listed(letters[0].language, list(names))


def _intro(letters: Sequence[Letter], bundle: Bundle) -> list[Block]:
    language = letters[0].language
    intro = language.say("digest", "intro", count=len(letters))
    why = [language.say("digest", bundle.value)] if bundle in _TOLD_WHY else []
    return [Paragraph(" ".join((intro, *why)))]


def _sections(letters: Sequence[Letter]) -> list[Block]:
    common = {act.text for act in _common(letters)}
    return [block for letter in letters for block in _section(letter, common)]


def _section(letter: Letter, common: set[str]) -> list[Block]:
    kind = letter.alert.kind
    if kind is Kind.WITHDRAWN:
        lines = _withdrawn(letter)
    elif kind is Kind.UPDATE and letter.alert.before is not None:
        lines = _changed(letter, common)
    else:
        lines = [*_facts(letter), *_first_act(letter, letter.advice.acts, common)]
    return [Heading(short.telling(letter)), Bullets((*lines, *_why(letter)))]


def _withdrawn(letter: Letter) -> list[str]:
    said = f"{letter.say('what', 'withdrawn')} {changes.taken_back(letter)}"
    return [said, *changes.undone(letter)]


def _changed(letter: Letter, common: set[str]) -> list[str]:
    before = letter.alert.before or letter.incident
    lines = [
        letter.say("chat", "change", what=what, was=was, now=now)
        for _, what, was, now in changes.rows(letter, before)
    ]
    told = {act.text for act in letter.advice_on(before).acts}
    fresh = [act for act in letter.advice.acts if act.text not in told]
    acts = _first_act(letter, fresh, common) if fresh else [letter.say("note", "same-acts")]
    return [*(lines or [letter.say("changes", "news")]), *acts]


def _facts(letter: Letter) -> list[str]:
    """How sure, what leaked and what did not, when, and whose numbers these are."""
    incident = letter.incident
    sure = letter.say(
        "source", "confirmed", status=words.status(letter.alert, letter.language, incident)
    )
    lines = [sure, _leaked(letter)]
    if kept := ", ".join(letter.data_types(incident.not_exposed)):
        lines.append(letter.say("digest", "not-exposed", data_types=kept))
    lines.append(letter.say("digest", "when", date=letter.published))
    return [*lines, letter.advice.note] if letter.advice.note else lines


def _leaked(letter: Letter) -> str:
    names = ", ".join(letter.data_types(letter.incident.data_types))
    if not names:
        return letter.say("short", "unknown")
    return letter.say("digest", "data", data_types=names)


def _first_act(letter: Letter, acts: Sequence[Act], common: set[str]) -> list[str]:
    own = [act.text for act in acts if act.text not in common]
    return [letter.say("digest", "act", act=own[0])] if own else []


def _why(letter: Letter) -> list[str]:
    told = parts.why(letter, proof=False)
    return [block.text for block in told if isinstance(block, Paragraph)]


def _common(letters: Sequence[Letter]) -> list[Act]:
    """The acts that hold for every alert that asks for any; what always holds, where none does."""
    asking = [item.advice.acts for item in letters if item.alert.kind is not Kind.WITHDRAWN]
    if not asking:
        return []
    held = set.intersection(*({act.text for act in acts} for acts in asking))
    always = letters[0].language.sheets["generic", ""].acts
    return [act for act in asking[0] if act.text in held] or [act for act in always if act.keep]


def _others(letters: Sequence[Letter]) -> list[Block]:
    if not letters:
        return []
    say = letters[0].language.say
    entries = (
        say("digest", "entry", title=short.telling(item), date=item.published) for item in letters
    )
    return [Heading(say("digest", "rest", count=len(letters))), Bullets(tuple(entries))]


def _for_all(letters: Sequence[Letter]) -> list[Block]:
    """What holds for all of them, and whom to turn to about the gravest."""
    gravest = max(letters, key=lambda item: item.incident.severity.rank)
    steps = tuple((act.text, act.reason) for act in _common(letters[:MOST_WHOLE]))
    title = gravest.language.say("digest", "all")
    told: list[Block] = [Heading(title), Steps(steps)] if steps else []
    return [*told, *parts.help_(gravest)]


def _in_short(letter: Letter) -> str:
    if letter.alert.kind is Kind.WITHDRAWN:
        return short.telling(letter)
    return f"{short.telling(letter)}. {_leaked(letter)}"


def _chat(title: str, lines: Sequence[str], letter: Letter, *, whole: bool = False) -> Chat:
    """As many lines as there is room for, and how many more there are."""
    limit = chat.PERSONAL_LENGTH if whole else chat.SHARED_LENGTH
    shown = list(dict.fromkeys(f"- {line}" for line in lines))
    for count in range(len(shown), -1, -1):
        left = len(shown) - count
        more = [letter.language.say("digest", "more", count=left)] if left else []
        said = (*shown[:count], *more)
        if len("\n".join((title, *said))) <= limit:
            break
    return chat.plain(title, said, limit)


def _data(title: str, whole: Sequence[Letter], rest: Sequence[Letter]) -> dict[str, object]:
    """The events as JSON values, without what makes a payload heavy."""
    events = [
        {key: value for key, value in short.data(item).items() if key not in _BULKY}
        for item in whole
    ]
    more = [{"incident": item.incident.ref, "revision": item.incident.revision} for item in rest]
    found: dict[str, object] = {
        "type": "org.alertd.digest",
        "kind": Kind.DIGEST.value,
        "subject": title,
        "events": events,
    }
    return {**found, "more": more} if more else found
