"""The small languages inside values: times, places, addresses, hosts.

Each function takes what the file holds and returns the value in its one normal form;
ValueError says how to write it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from ipaddress import ip_address, ip_network
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

from alertd.channels import email
from alertd.config.faults import quoted, suggestion

COUNTRIES: Final = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC
    EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK
    HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB
    LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
    NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU
    RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN
    TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW""".split()  # noqa: SIM905 - 249 quoted codes would be harder to read
)
"""The 249 assigned codes of ISO 3166-1 alpha-2."""

_OTHER_CODES: Final = {"UK": "GB", "EL": "GR"}
_CLOCK: Final = r"([01]?\d|2[0-3]):([0-5]\d)"
_DAYS: Final = "mon|tue|wed|thu|fri|sat|sun"
_WHEN: Final = re.compile(rf"(now|hourly)|(?:(daily)|(weekly) ({_DAYS})) {_CLOCK}")
_QUIET: Final = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}")
_HOST: Final = re.compile(r"[\w.-]{1,253}")
_DOMAIN: Final = re.compile(r"(?:[\w-]{1,63}\.)+[\w-]{2,63}")
_HANDLE: Final = re.compile(r"[\w.-]{1,64}")
_LAST_PORT: Final = 65_535
LONGEST_NAME: Final = 200


def text(value: str) -> str:
    """One line of text, trimmed, neither empty nor long."""
    trimmed = value.strip()
    if not trimmed or len(trimmed) > LONGEST_NAME or not trimmed.isprintable():
        raise ValueError(f"write one line of 1 to {LONGEST_NAME} characters")
    return trimmed


def handle(value: str) -> str:
    """A name that commands, files and logs can hold without quotes."""
    if not _HANDLE.fullmatch(value):
        raise ValueError("write a name of letters, digits, dots, - and _, 64 at most")
    return value


def country(value: str) -> str:
    """A two-letter country code in capitals."""
    code = value.strip().upper()
    if code in COUNTRIES:
        return code
    meant = f'; did you mean "{_OTHER_CODES[code]}"?' if code in _OTHER_CODES else ""
    hint = meant or "; write the two letters of ISO 3166, such as FR or US"
    raise ValueError(f"{quoted(value)} is no country{hint}")


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages that texts are shipped in, by the names of their folders."""
    folders = resources.files("alertd.texts").iterdir()
    return tuple(sorted(item.name for item in folders if (item / "messages.toml").is_file()))


def language(value: str) -> str:
    """The code of a language that texts are shipped in."""
    code = value.strip().lower()
    if code not in languages():
        raise ValueError(f"no texts in {quoted(value)}; write one of: {', '.join(languages())}")
    return code


def tongue(value: str) -> str:
    """The code of any language."""
    if not re.fullmatch("[a-z]{2,3}", value):
        raise ValueError("write the two letters of a language, such as en or fr")
    return value


@lru_cache(maxsize=1_000)
def timezone(value: str) -> str:
    """The name of a time zone that this machine knows."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        near = suggestion(value, _timezones())
        hint = near or '; write a name such as "Europe/Paris" or "UTC"'
        raise ValueError(f"{quoted(value)} is no time zone{hint}") from error
    return value


@lru_cache(maxsize=1)
def _timezones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def address(value: str) -> str:
    """One e-mail address that mail can be sent to; the error does not repeat it."""
    try:
        return email.address(value)
    except ValueError:
        raise ValueError("write one e-mail address, such as name@example.org") from None


def domain(value: str) -> str:
    """A domain name in lower case, without scheme, path or a leading www."""
    name = value.strip().lower().removeprefix("www.").removesuffix(".")
    if not _DOMAIN.fullmatch(name):
        raise ValueError(f"{quoted(value)} is no domain; write it like example.org, without https")
    return name


def host_port(value: str) -> str:
    """``host:port`` in lower case; an IPv6 address stands in brackets."""
    host, _, port = value.strip().lower().rpartition(":")
    number = int(port) if port.isascii() and port.isdecimal() else -1
    if not _host(host) or not 0 <= number <= _LAST_PORT:
        raise ValueError("write host:port, such as 127.0.0.1:8080 or [::1]:8080")
    return f"{host}:{number}"


def _host(host: str) -> bool:
    if host.startswith("[") and host.endswith("]"):
        return _is_address(host[1:-1])
    return _HOST.fullmatch(host) is not None


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def network(value: str) -> str:
    """An IP address, or a network in CIDR form."""
    try:
        ip_network(value.strip(), strict=False)
    except ValueError as error:
        raise ValueError("write an IP address or a network, such as 10.0.0.0/8") from error
    return value.strip()


def when(value: str) -> str:
    """``now``, ``hourly``, ``daily HH:MM`` or ``weekly mon HH:MM``."""
    found = _WHEN.fullmatch(" ".join(value.lower().split()))
    if found is None:
        raise ValueError('write "now", "hourly", "daily 08:30" or "weekly mon 08:30"')
    if found[1]:
        return found[1]
    day = f"weekly {found[4]}" if found[3] else "daily"
    return f"{day} {int(found[5]):02}:{found[6]}"


def quiet(value: str) -> str:
    """``HH:MM-HH:MM``, in the reader's time zone; it may pass midnight."""
    found = _QUIET.fullmatch(value.strip())
    start, end = (f"{int(found[n]):02}:{found[n + 1]}" for n in (1, 3)) if found else ("", "")
    if start == end:
        raise ValueError('write two different times, such as "22:00-07:00"')
    return f"{start}-{end}"


def web_url(value: str) -> str:
    """An http or https address without user, query or fragment, and no slash at its end."""
    parts = split(value)
    if parts is None or parts.query or parts.fragment:
        raise ValueError("write a plain web address, such as https://alerts.example.org")
    return value.strip().rstrip("/")


def source_url(value: str) -> str:
    """An http or https address, as it is."""
    if value and split(value) is None:
        raise ValueError("write a web address without user, such as https://example.org/feed.xml")
    return value


def split(url: str) -> SplitResult | None:
    """The parts of an http or https address with a host and without a user, else None."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and parts.username is None and url.strip().isprintable() else None


def plain_http(url: str) -> str | None:
    """``host:port`` of an address that is not encrypted, None for any other."""
    parts = split(url)
    if parts is None or parts.scheme != "http":
        return None
    return peer_of(parts.hostname or "", parts.port or 80)


def peer_of(host: str, port: int) -> str:
    """``host:port`` as ``network.allow`` holds it."""
    return f"[{host}]:{port}" if ":" in host else f"{host.lower()}:{port}"


Text = Annotated[str, AfterValidator(text)]
Country = Annotated[str, AfterValidator(country)]
Language = Annotated[str, AfterValidator(language)]
Timezone = Annotated[str, AfterValidator(timezone)]
Address = Annotated[str, AfterValidator(address)]
Domain = Annotated[str, AfterValidator(domain)]
HostPort = Annotated[str, AfterValidator(host_port)]
Network = Annotated[str, AfterValidator(network)]
When = Annotated[str, AfterValidator(when)]
Quiet = Annotated[str, AfterValidator(quiet)]
WebUrl = Annotated[str, AfterValidator(web_url)]
