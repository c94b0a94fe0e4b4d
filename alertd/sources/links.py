"""Links from outside: kept only where they could be shown (reliability rule T5)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

_LONGEST: Final = 2_000
_TRACKING: Final = re.compile(
    r"(?:utm|pk|mtm|piwik|mc)_\w+|fbclid|gclid|igshid|_hsenc|_hsmi|xtor", re.IGNORECASE
)
_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_SAFE: Final = "/%:@!$&'()*+,;=~-._?"


def safe_link(link: str, base: str = "") -> str:
    """The link without tracking, its host in punycode; empty when it must not be shown.

    Only http and https, no user information, no bare address, at most 2,000 characters.
    ``base`` is what a relative link is relative to.
    """
    try:
        parts = urlsplit(urljoin(base, link.strip()))
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    shown = urlunsplit(
        (
            parts.scheme,
            f"{host}:{port}" if port else host,
            quote(parts.path, safe=_SAFE),
            _without_tracking(parts.query),
            quote(parts.fragment, safe=_SAFE),
        )
    )
    return shown if len(shown) <= _LONGEST else ""


def _without_tracking(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    kept = [(name, value) for name, value in pairs if not _TRACKING.fullmatch(name)]
    return quote(query, safe=_SAFE) if len(kept) == len(pairs) else urlencode(kept)
