"""What SMTP answers mean: the matrix of reliability.md section 3."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from alertd.core.outbox import Accepted, Ambiguous, Outcome, Refusal, Refused
from alertd.core.transport import Answer

_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_POSITIVE: Final = range(200, 300)
_NEGATIVE: Final = range(400, 600)
_TEMPORARY: Final = 4
_CLOSING: Final = 421
_NO_ROOM: Final = 552
_BAD_LOGIN: Final = frozenset({530, 534, 535, 538})
_BAD_SEQUENCE: Final = frozenset({500, 502, 503, 504})
_NO_SUCH_RECIPIENT: Final = frozenset({501, 521, 550, 551, 553, 555, 556})
_TOO_LARGE: Final = (3, 4)
_MAILBOX_FULL: Final = (2, 2)
_DETAILS: Final = MappingProxyType(
    {
        (1, 7): Refusal.SENDER_POLICY,  # our own address, judged only at RCPT by many servers
        (1, 8): Refusal.SENDER_POLICY,
        _MAILBOX_FULL: Refusal.RECIPIENT_TEMPORARY,
        (2, 3): Refusal.MESSAGE_PERMANENT,
        _TOO_LARGE: Refusal.MESSAGE_PERMANENT,
        (6, 7): Refusal.RECIPIENT_PERMANENT,
    }
)
_SUBJECTS: Final = MappingProxyType(
    {
        1: Refusal.RECIPIENT_PERMANENT,
        2: Refusal.RECIPIENT_PERMANENT,
        4: Refusal.RECIPIENT_PERMANENT,
        6: Refusal.MESSAGE_PERMANENT,
        7: Refusal.SENDER_POLICY,
    }
)


def judge(answer: Answer) -> Outcome:
    """What an SMTP answer came to; total over every stage, code and text."""
    after_the_dot = answer.stage == "final"
    if after_the_dot and answer.code in _POSITIVE:
        return Accepted(answer.text)
    if answer.code in _NEGATIVE and answer.code != _CLOSING:
        return Refused(_refusal(answer), answer.text)
    if after_the_dot:
        return Ambiguous(answer.text)
    return Refused(Refusal.SERVER_TEMPORARY, answer.text)


def _refusal(answer: Answer) -> Refusal:
    """The class of an answer 4xx or 5xx; enhanced codes (RFC 3463) win over the basic code."""
    found = _ENHANCED.match(answer.text)
    severity = int(found[1]) if found else answer.code // 100
    detail = (int(found[2]), int(found[3])) if found else (0, 0)
    if answer.stage in {"rcpt", "data", "final"} and answer.code not in _BAD_LOGIN:
        if severity == _TEMPORARY:
            full = detail == _MAILBOX_FULL
            return Refusal.RECIPIENT_TEMPORARY if full else Refusal.ROW_TEMPORARY
        return _DETAILS.get(detail) or _SUBJECTS.get(detail[0]) or _by_code(answer)
    if answer.stage == "mail" and (detail == _TOO_LARGE or answer.code == _NO_ROOM):
        return Refusal.MESSAGE_PERMANENT  # told early, by the SIZE we announced
    return Refusal.SERVER_TEMPORARY if severity == _TEMPORARY else Refusal.SERVER_PERMANENT


def _by_code(answer: Answer) -> Refusal:
    """A permanent refusal whose enhanced code, if any, does not say whose fault it is."""
    if answer.code == _NO_ROOM:  # the mailbox, then: a mail of ours is never too large
        return Refusal.RECIPIENT_TEMPORARY
    if answer.stage != "final" and answer.code in _BAD_SEQUENCE:
        return Refusal.SERVER_PERMANENT
    if answer.stage != "rcpt":
        return Refusal.MESSAGE_PERMANENT
    known = answer.code in _NO_SUCH_RECIPIENT
    return Refusal.RECIPIENT_PERMANENT if known else Refusal.SENDER_POLICY
