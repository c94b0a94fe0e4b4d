"""The log: one line a record, and nothing in it that must not be read."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from alertd import log

SECRET = "made-up-secret"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, values, pattern = root.level, set(log._secrets.values), log._secrets.pattern
    yield
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    for handler in [item for item in root.handlers if isinstance(item, log._Handler)]:
        root.removeHandler(handler)
    root.setLevel(level)
    log._secrets.values, log._secrets.pattern = values, pattern


def started(*, json: bool = True, journal: bool = False, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    log.configure(stream=stream, level=level, json=json, journal=journal)
    return stream


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def logger() -> Any:  # noqa: ANN401 - structlog's loggers have no one type
    return structlog.get_logger("alertd.test")


def fail(word: str = "no") -> None:
    inside_a_local_variable = f"local-{len('x')}"
    raise ValueError(f"{word} {inside_a_local_variable.upper()}")


def test_an_event_is_one_json_line_with_its_facts() -> None:
    stream = started()
    logger().info("delivery settled", state="sent", attempts=2, due=None, late=False)
    (record,) = records(stream)
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "delivery settled",
        "level": "info",
        "logger": "alertd.test",
        "state": "sent",
        "attempts": 2,
        "due": None,
        "late": False,
    }


def test_records_of_other_libraries_come_out_alike() -> None:
    stream = started()
    logging.getLogger("other").warning("took %d s", 3)
    (record,) = records(stream)
    assert (record["event"], record["level"], record["logger"]) == ("took 3 s", "warning", "other")


def test_what_is_bound_to_the_context_is_in_every_record() -> None:
    stream = started()
    structlog.contextvars.bind_contextvars(source="hibp")
    logger().info("polled")
    logging.getLogger("other").info("polled")
    assert [record["source"] for record in records(stream)] == ["hibp", "hibp"]


def test_a_traceback_is_kept_without_local_variables() -> None:
    stream = started()
    try:
        fail()
    except ValueError:
        logger().exception("delivery crashed")
    (record,) = records(stream)
    assert record["exception"][0]["exc_value"] == "no LOCAL-1"
    assert record["exception"][0]["frames"][-1]["name"] == "fail"
    assert "local-1" not in stream.getvalue()


def test_libraries_that_tell_addresses_are_quiet_below_warning() -> None:
    stream = started(level="debug")
    for name in ("httpx", "httpcore.connection", "apscheduler.executors.default"):
        logging.getLogger(name).info("HTTP Request: GET …")
        logging.getLogger(name).warning("%s", name)
    assert [record["event"] for record in records(stream)] == [
        "httpx",
        "httpcore.connection",
        "apscheduler.executors.default",
    ]


def test_a_quiet_library_is_no_louder_than_the_rest() -> None:
    stream = started(level="error")
    logging.getLogger("httpx").warning("pool is full")
    assert stream.getvalue() == ""


def test_events_below_the_level_are_left_out() -> None:
    stream = started(level="warning")
    logger().info("polled")
    logger().warning("source failed")
    assert [record["event"] for record in records(stream)] == ["source failed"]


def test_configuring_again_moves_the_log_and_doubles_nothing() -> None:
    first, second = started(), started()
    logger().info("polled")
    assert first.getvalue() == ""
    assert len(records(second)) == 1


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("to patient@example.org now", "to [address] now"),
        ("<Jean.D+x@sub.example.co.uk>: unknown", "<[address]>: unknown"),
        ("root@localhost", "[address]"),
        ("élise@exämple.org", "[address]"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: [hidden]"),
        ("{'authorization': 'Basic dXNlcjpwdw=='}", "{'authorization': '[hidden]'}"),
        ("got Bearer abcdefgh12 back", "got Bearer [hidden] back"),
        ("key whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "key whsec_[hidden]"),
        ("https://hooks.slack.com/services/T1/B2/x3?y", "https://hooks.slack.com/[hidden]"),
        ("'https://discord.com/api/webhooks/12/ab-c'", "'https://discord.com/api/[hidden]'"),
        (
            "https://ptb.discordapp.com/api/v10/webhooks/1/a",
            "https://ptb.discordapp.com/api/[hidden]",
        ),
        ("https://x.webhook.office.com/webhookb2/a@b/c", "https://x.webhook.office.com/[hidden]"),
        (
            "https://prod-1.westeurope.logic.azure.com:443/workflows/1?sig=a",
            "https://prod-1.westeurope.logic.azure.com:443/[hidden]",
        ),
        (
            "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t",
            "https://chat.googleapis.com/[hidden]",
        ),
        (
            "https://api.telegram.org/bot12:AA-b_c/send",
            "https://api.telegram.org/bot12:[hidden]/send",
        ),
        ("postgresql://alertd:pw@db/alertd", "postgresql://[hidden]@db/alertd"),
        ("https://isac.example.org/feed.xml", "https://isac.example.org/feed.xml"),
        ("basic facts, and a bearer of news", "basic facts, and a bearer of news"),
    ],
)
def test_what_must_not_be_read_is_taken_out(text: str, redacted: str) -> None:
    assert log.redact(text) == redacted
    stream = started()
    logger().info("answer", text=text, deep={"list": [text]})
    (record,) = records(stream)
    assert record["text"] == redacted
    assert record["deep"] == {"list": [redacted]}


@pytest.mark.parametrize("key", ["password", "smtp_password", "Authorization", "api-key", "token"])
def test_the_value_of_a_key_that_names_a_secret_is_hidden(key: str) -> None:
    stream = started()
    logger().info("started", settings={key: SECRET, "host": "mail"})
    assert records(stream)[0]["settings"] == {key: "[hidden]", "host": "mail"}


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_registered_secret_is_in_no_line_whatever_carries_it(json_lines: bool) -> None:  # noqa: FBT001 - a parameter
    log.hide(SECRET)
    log.hide(f"{SECRET}-and-more")
    stream = started(json=json_lines)
    logger().info(f"event {SECRET}", value=SECRET, other=b"made-up-secret", **{SECRET: 1})
    logging.getLogger("other").error("%s", SECRET)
    try:
        fail(f"refused: {SECRET}-and-more")
    except ValueError:
        logger().exception("crashed")
    assert SECRET not in stream.getvalue()
    assert "refused: [hidden] LOCAL-1" in stream.getvalue()


def test_a_value_too_short_to_be_a_secret_does_not_spoil_words() -> None:
    log.hide("ail")
    assert log.redact("mail failed") == "mail failed"


@pytest.mark.parametrize("json_lines", [True, False])
def test_text_from_outside_cannot_forge_a_line_or_move_the_cursor(json_lines: bool) -> None:  # noqa: FBT001 - a parameter
    stream = started(json=json_lines)
    logger().info("polled", title="a\r\n2026 [error] forged\x1b[2J\x9b\u2028\u202e")
    assert len(stream.getvalue().splitlines()) == 1
    assert stream.getvalue().rstrip("\n").isprintable()


def test_journald_gets_a_priority_before_each_line_and_no_time() -> None:
    stream = started(journal=True, level="debug")
    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(logger(), level)("told")
    lines = stream.getvalue().splitlines()
    assert [line[:3] for line in lines] == ["<7>", "<6>", "<4>", "<3>", "<2>"]
    assert all("timestamp" not in json.loads(line[3:]) for line in lines)


def test_each_line_of_a_console_traceback_has_its_priority() -> None:
    stream = started(json=False, journal=True)
    try:
        fail()
    except ValueError:
        logger().exception("delivery crashed")
    lines = stream.getvalue().splitlines()
    assert len(lines) > 4
    assert {line[:3] for line in lines} == {"<3>"}


def test_importing_the_log_does_not_load_structlog() -> None:
    code = "import sys, alertd.log; sys.exit('structlog' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
