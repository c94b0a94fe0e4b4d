"""Alerts, notices and digests into messages: blocks of our own words, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from alertd.core.advise import personal
from alertd.core.message import Block, Message, Paragraph
from alertd.core.people import Alert, Kind
from alertd.core.render import changes, chat, duty, parts, room, short, words
from alertd.core.render.digests import digest
from alertd.core.render.letter import Letter
from alertd.core.texts import Texts

__all__ = ["digest", "notice", "render"]


def render(alert: Alert, texts: Texts) -> Message:
    """The message of one alert; an update without what was told before reads as new."""
    letter, blocks = _fitted(alert, texts)
    return Message(
        subject=short.subject(letter),
        preheader=short.preheader(letter),
        language=letter.language.code,
        blocks=tuple(blocks),
        footer=parts.footer(letter),
        shared=chat.shared(letter),
        personal=chat.personal(letter),
        severity=alert.incident.severity,
        data=short.data(letter),
    )


def _fitted(alert: Alert, texts: Texts) -> tuple[Letter, list[Block]]:
    """The letter in the roomiest form that is short enough, else in the tightest."""
    for form in room.ROOMS:
        letter = Letter(alert=alert, texts=texts, room=form)
        blocks = _blocks(letter)
        if _short_enough(letter, blocks):
            break
    return letter, blocks


def _short_enough(letter: Letter, blocks: list[Block]) -> bool:
    if not personal(letter.alert.reader.role):
        return True
    bodies = (body.name for pack in letter.texts.packs.values() for body in pack.bodies)
    end = letter.say("section", "source")
    limit = int(letter.language.say("format", "words"))
    return room.count(blocks, end, {letter.organisation, *bodies}) <= limit


def _blocks(letter: Letter) -> list[Block]:
    alert = letter.alert
    if alert.kind is Kind.WITHDRAWN:
        return changes.withdrawn(letter)
    if alert.kind is Kind.UPDATE and alert.before is not None:
        return [
            *changes.changed(letter, alert.before),
            *parts.what_happened(letter),
            *parts.why(letter),
            *changes.new_acts(letter, alert.before),
            *changes.new_scams(letter, alert.before),
            *parts.source(letter),
        ]
    return _person(letter) if personal(alert.reader.role) else _duty(letter)


def _person(letter: Letter) -> list[Block]:
    return [
        *parts.what_happened(letter),
        *parts.why(letter),
        *parts.leaked(letter),
        *parts.acts(letter),
        *parts.scams(letter),
        *parts.do_not(letter),
        *parts.help_(letter),
        *parts.rights(letter),
        *parts.source(letter),
    ]


def _duty(letter: Letter) -> list[Block]:
    return [
        *parts.what_happened(letter),
        *parts.why(letter),
        *parts.acts(letter),
        *duty.facts(letter),
        *duty.deadlines(letter),
        *duty.questions(letter),
        *parts.scams(letter, "role-scams"),
        *parts.do_not(letter),
        *parts.help_(letter),
        *parts.source(letter),
    ]


def notice(subject: str, lines: Sequence[str], texts: Texts, language: str) -> Message:
    """A notice to the operator: its lines as they are, one paragraph each."""
    words_of = texts.language(language)
    title = words.clean(subject, words.SUBJECT_LENGTH)
    body = tuple(Paragraph(words.clean(line, words.LINE_LENGTH)) for line in lines)
    return Message(
        subject=title,
        preheader="",
        language=words_of.code,
        blocks=body,
        footer=(Paragraph(words_of.say("footer", "notice")),),
        shared=(said := chat.plain(title, [paragraph.text for paragraph in body])),
        personal=said,
        data={"type": "org.alertd.notice", "subject": title, "lines": list(lines)},
    )
