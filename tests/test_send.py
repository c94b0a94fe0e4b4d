"""Mail through real sockets: every answer of the matrix, and what happens to sessions."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import aiosmtpd.smtp
import pytest

from alertd.channels.email import KIND, EmailSettings
from alertd.channels.file import FileSettings
from alertd.core.outbox import Accepted, Ambiguous, Outcome, Refused
from alertd.core.transport import Answer, Files, Mail, Post
from alertd.errors import AlertdError
from alertd.send import ConfiguredChannel, Senders, send
from alertd.send.session import LIMITS, Limits
from tests.smtpserver import DROP, HANG, SMTPServer, certificate

PATIENT = Limits(connect=9, command=9, data=9, final=9, total=60, goodbye=0.4, idle=60)
HASTY = replace(PATIENT, connect=0.4, command=0.4, data=0.4, final=0.4)
"""For servers that hang: nothing else may depend on how fast this machine is."""


def waiting(reply: str) -> Limits:
    return HASTY if reply == HANG else PATIENT


CASES = tomllib.loads((Path(__file__).parent / "channels/smtp_matrix.toml").read_text())["case"]
PASSWORD = "correct horse"


def mail(to: str = "reader@example.org", body: str = "Hello.\r\n") -> Mail:
    data = f"Subject: test\r\nTo: {to}\r\n\r\n{body}".encode()
    return Mail("alerts@example.org", to, data)


def settings(port: int, **given: object) -> EmailSettings:
    table = {"host": "localhost", "security": "none", "from": "alerts@example.org", **given}
    return EmailSettings.model_validate({**table, "port": port})


def short(outcome: Outcome) -> str:
    match outcome:
        case Refused(refusal):
            return refusal.value
        case Accepted() | Ambiguous():
            return type(outcome).__name__.lower()
    return "neither"


@pytest.fixture
async def server() -> AsyncIterator[SMTPServer]:
    async with SMTPServer() as running:
        yield running


@pytest.fixture
async def senders() -> AsyncIterator[Senders]:
    async with Senders(limits=PATIENT) as running:
        yield running
    gc.collect()  # a socket left open warns here, where a warning is an error


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for localhost, and a client's that trusts it."""
    context, cert = certificate(tmp_path_factory.mktemp("tls"))
    return context, ssl.create_default_context(cafile=str(cert))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
async def test_every_row_of_the_smtp_matrix_ends_in_its_outcome(
    case: dict[str, str], server: SMTPServer
) -> None:
    server.on(case["stage"], case["say"])
    async with Senders(limits=waiting(case["say"])) as senders:
        answer = await senders.send("mail", settings(server.port), mail())
    assert short(KIND.judge(answer)) == case["outcome"], answer


async def test_what_arrives_is_what_was_sent(server: SMTPServer, senders: Senders) -> None:
    body = ".starts with a dot\r\n..and two\r\nFrom here\r\n.\r\n"
    answer = await senders.send("mail", settings(server.port), mail(body=body))
    assert answer == Answer("final", 250, "2.0.0 taken")
    [message] = server.messages
    assert message.data == mail(body=body).data
    assert (message.sender, message.recipient) == ("alerts@example.org", "reader@example.org")


@pytest.mark.parametrize(
    ("sender", "name"), [("a@example.org", "example.org"), ("a@localhost", "[127.0.0.1]")]
)
async def test_it_greets_with_a_name_that_relays_take(
    server: SMTPServer, senders: Senders, sender: str, name: str
) -> None:
    given = settings(server.port, host="127.0.0.1", **{"from": sender})
    await senders.send("mail", given, mail())
    assert server.commands[0] == f"EHLO {name}"


async def test_an_independent_server_takes_the_mail(senders: Senders) -> None:
    class Handler:
        content = b""

        async def handle_DATA(
            self, _server: object, _session: object, envelope: aiosmtpd.smtp.Envelope
        ) -> str:
            self.content = envelope.original_content or b""
            return "250 OK"

    handler = Handler()
    loop = asyncio.get_running_loop()
    running = await loop.create_server(lambda: aiosmtpd.smtp.SMTP(handler), "127.0.0.1", 0)
    async with running:
        port = running.sockets[0].getsockname()[1]
        answer = await senders.send("mail", settings(port), mail(body=".dot\r\n"))
        await senders.aclose()
    assert (answer.stage, answer.code) == ("final", 250)
    assert handler.content == mail(body=".dot\r\n").data


async def test_bare_line_ends_go_out_as_crlf(server: SMTPServer, senders: Senders) -> None:
    plain = replace(mail(), data=b"Subject: x\n\nno end")
    await senders.send("mail", settings(server.port), plain)
    assert server.messages[0].data == b"Subject: x\r\n\r\nno end\r\n"


# Where nobody answers


async def test_a_port_that_nobody_listens_on_is_a_server_fault(senders: Senders) -> None:
    async with SMTPServer() as gone:
        port = gone.port
    answer = await senders.send("mail", settings(port), mail())
    assert (answer.stage, answer.code) == ("connect", 0)
    assert short(KIND.judge(answer)) == "server-temporary"


@pytest.mark.parametrize("host", ["fe80::1%nowhere", "a..b", "x" * 70 + ".invalid"])
async def test_a_host_without_an_address_is_a_server_fault(senders: Senders, host: str) -> None:
    answer = await senders.send("mail", settings(25, host=host), mail())
    assert (answer.stage, answer.code) == ("connect", 0)
    assert short(KIND.judge(answer)) == "server-temporary"


async def test_a_send_that_takes_too_long_in_all_is_ended(server: SMTPServer) -> None:
    server.on("rcpt", HANG)
    async with Senders(limits=replace(LIMITS, total=0.2, goodbye=0.1)) as senders:
        answer = await senders.send("mail", settings(server.port), mail())
    assert (answer.stage, answer.code, answer.text) == ("rcpt", 0, "no answer in time")


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port whose queue is full, so that nobody gets through to it."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - the library's signature
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_a_server_that_never_takes_the_connection_is_a_server_fault(deaf: int) -> None:
    async with Senders(limits=HASTY) as senders:
        answer = await senders.send("mail", settings(deaf, host="127.0.0.1"), mail())
    assert answer == Answer("connect", 0, "no answer in time")


async def test_a_send_cut_while_it_connects_leaves_no_socket_open(deaf: int) -> None:
    async with Senders() as senders:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await senders.send("mail", settings(deaf, host="127.0.0.1"), mail())
    gc.collect()


# R2: only what was handed over without an answer may have arrived


async def test_R2_before_the_dot_a_lost_connection_means_not_sent(
    server: SMTPServer, senders: Senders
) -> None:
    server.on("data", DROP)
    answer = await senders.send("mail", settings(server.port), mail())
    assert (answer.stage, answer.code) == ("data", 0)
    assert not server.messages


async def test_R2_after_the_dot_a_lost_connection_means_maybe_sent(
    server: SMTPServer, senders: Senders
) -> None:
    server.on("final", DROP)
    answer = await senders.send("mail", settings(server.port), mail())
    assert (answer.stage, answer.code) == ("final", 0)
    assert isinstance(KIND.judge(answer), Ambiguous)
    assert len(server.messages) == 1, "the server had it"


async def test_R2_a_connection_lost_within_the_body_means_maybe_sent(
    server: SMTPServer, senders: Senders
) -> None:
    server.on("body", DROP)
    answer = await senders.send("mail", settings(server.port), mail())
    assert isinstance(KIND.judge(answer), Ambiguous)


async def test_R2_a_send_cut_while_it_waits_for_the_final_reply_closes_its_session(
    server: SMTPServer,
) -> None:
    server.on("final", HANG)
    async with Senders() as senders:
        sending = asyncio.create_task(senders.send("mail", settings(server.port), mail()))
        await server.reached("final")
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        answer = await senders.send("mail", settings(server.port), mail("next@example.org"))
    assert answer.code == 250
    assert server.sessions == 2
    assert [item.recipient for item in server.messages] == [
        "reader@example.org",
        "next@example.org",
    ]


# Sessions


async def test_one_session_carries_many_messages_and_says_goodbye(server: SMTPServer) -> None:
    async with Senders(limits=PATIENT) as senders:
        for number in range(5):
            await senders.send("mail", settings(server.port), mail(f"r{number}@example.org"))
    assert (server.sessions, len(server.messages)) == (1, 5)
    assert server.commands.count("QUIT") == 1


async def test_a_session_ends_after_its_share_of_messages(server: SMTPServer) -> None:
    async with Senders(limits=replace(PATIENT, messages=2)) as senders:
        for _ in range(5):
            await senders.send("mail", settings(server.port), mail())
    assert [item.session for item in server.messages] == [1, 1, 2, 2, 3]
    assert server.commands.count("QUIT") == 3


async def test_a_session_ends_at_its_age(server: SMTPServer) -> None:
    async with Senders(limits=replace(PATIENT, age=0)) as senders:
        for _ in range(2):
            await senders.send("mail", settings(server.port), mail())
    assert [item.session for item in server.messages] == [1, 2]


async def test_a_session_that_nobody_uses_says_goodbye_by_itself(server: SMTPServer) -> None:
    async with Senders(limits=replace(PATIENT, idle=0.01)) as senders:
        await senders.send("mail", settings(server.port), mail())
        await server.reached("quit")
        await senders.send("mail", settings(server.port), mail())
    assert [item.session for item in server.messages] == [1, 2]


async def test_no_more_sessions_than_senders(server: SMTPServer) -> None:
    server.always("final", HANG)
    async with Senders() as senders:
        tasks = [
            asyncio.create_task(senders.send("mail", settings(server.port), mail()))
            for _ in range(6)
        ]
        await server.reached("final", 4)
        assert server.sessions == 4
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_refused_message_leaves_the_session_in_use(
    server: SMTPServer, senders: Senders
) -> None:
    server.on("rcpt", "550 5.1.1 no such user")
    refused = await senders.send("mail", settings(server.port), mail("gone@example.org"))
    taken = await senders.send("mail", settings(server.port), mail("here@example.org"))
    assert (refused.stage, refused.code, taken.code) == ("rcpt", 550, 250)
    assert server.sessions == 1
    assert "RSET" in server.commands
    assert [item.recipient for item in server.messages] == ["here@example.org"]


@pytest.mark.parametrize("reply", [DROP, "421 4.4.2 enough", "451 4.7.0 too many here", HANG])
async def test_a_kept_session_that_the_server_ended_is_replaced_unseen(
    server: SMTPServer, reply: str
) -> None:
    async with Senders(limits=waiting(reply)) as senders:
        await senders.send("mail", settings(server.port), mail())
        server.on("mail", reply)
        answer = await senders.send("mail", settings(server.port), mail())
    assert (answer.stage, answer.code) == ("final", 250)
    assert [item.session for item in server.messages] == [1, 2]


async def test_a_kept_session_that_is_seen_to_be_closed_is_not_tried(
    server: SMTPServer, senders: Senders
) -> None:
    await senders.send("mail", settings(server.port), mail())
    server.end_sessions()
    async with SMTPServer() as other:  # meanwhile the end is noticed
        await senders.send("other", settings(other.port), mail())
    answer = await senders.send("mail", settings(server.port), mail())
    assert (answer.code, server.sessions) == (250, 2)


async def test_a_session_that_cannot_be_cleared_is_replaced(
    server: SMTPServer, senders: Senders
) -> None:
    server.on("rcpt", "450 4.7.1 later")
    server.on("rset", "500 no")
    await senders.send("mail", settings(server.port), mail())
    answer = await senders.send("mail", settings(server.port), mail())
    assert (answer.code, server.sessions) == (250, 2)


@pytest.mark.parametrize("reply", ["nonsense", DROP, HANG, "421 closing", "250 too early"])
async def test_after_anything_unclear_a_session_is_never_used_again(
    server: SMTPServer, reply: str
) -> None:
    server.on("data", reply)
    async with Senders(limits=waiting(reply)) as senders:
        first = await senders.send("mail", settings(server.port), mail())
        second = await senders.send("mail", settings(server.port), mail())
    assert short(KIND.judge(first)) == "server-temporary"
    assert (second.code, server.sessions, len(server.messages)) == (250, 2, 1)


async def test_changed_settings_end_the_old_sessions(server: SMTPServer, senders: Senders) -> None:
    await senders.send("mail", settings(server.port), mail())
    await senders.send("mail", settings(server.port, unsubscribe="stop@example.org"), mail())
    assert [item.session for item in server.messages] == [1, 2]
    assert server.commands.count("QUIT") == 1


async def test_a_send_that_ends_after_closing_keeps_no_session(server: SMTPServer) -> None:
    senders = Senders(limits=HASTY)
    server.on("final", HANG)
    sending = asyncio.create_task(senders.send("mail", settings(server.port), mail()))
    await server.reached("final")
    await senders.aclose()
    assert (await sending).stage == "final"
    assert server.sessions == 1


# TLS and login


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_over_tls_that_is_trusted(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext], security: str
) -> None:
    ours, theirs = trusted
    async with (
        SMTPServer(tls=ours, implicit=security == "tls", login=("alertd", PASSWORD)) as server,
        Senders(limits=PATIENT, context=theirs) as senders,
    ):
        given = settings(server.port, security=security, username="alertd", password=PASSWORD)
        answer = await senders.send("mail", given, mail())
    assert (answer.stage, answer.code) == ("final", 250)
    assert (server.messages[0].tls, server.messages[0].user) == (True, "alertd")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_suspends_the_channel(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext], security: str
) -> None:
    async with (
        SMTPServer(tls=trusted[0], implicit=security == "tls") as server,
        Senders(limits=PATIENT) as senders,
    ):
        answer = await senders.send("mail", settings(server.port, security=security), mail())
    assert answer.stage == "tls"
    assert "certificate" in answer.text
    assert short(KIND.judge(answer)) == "server-permanent"
    assert not any(command.startswith("MAIL") for command in server.commands)


async def test_a_certificate_for_another_host_suspends_the_channel(tmp_path: Path) -> None:
    ours, cert = certificate(tmp_path, "other.example")
    theirs = ssl.create_default_context(cafile=str(cert))
    async with (
        SMTPServer(tls=ours) as server,
        Senders(limits=PATIENT, context=theirs) as senders,
    ):
        answer = await senders.send("mail", settings(server.port, security="starttls"), mail())
    assert short(KIND.judge(answer)) == "server-permanent"
    assert not server.messages


@pytest.mark.parametrize(
    ("say", "outcome"),
    [
        ("454 4.7.0 TLS not available", "server-temporary"),
        ("502 not implemented", "server-permanent"),
        (DROP, "server-temporary"),
        (HANG, "server-temporary"),
    ],
)
async def test_a_refused_starttls_never_goes_on_in_clear(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext], say: str, outcome: str
) -> None:
    async with SMTPServer(tls=trusted[0]) as server, Senders(limits=waiting(say)) as senders:
        server.on("tls", say)
        answer = await senders.send("mail", settings(server.port, security="starttls"), mail())
    assert (answer.stage, short(KIND.judge(answer))) == ("tls", outcome)
    assert not any(command.startswith("MAIL") for command in server.commands)


async def test_starttls_required_and_not_offered_suspends_the_channel(
    server: SMTPServer, senders: Senders
) -> None:
    given = settings(server.port, security="starttls", username="alertd", password=PASSWORD)
    answer = await senders.send("mail", given, mail())
    assert short(KIND.judge(answer)) == "server-permanent"
    assert [command.partition(" ")[0] for command in server.commands] == ["EHLO"]


async def test_tls_to_a_server_that_speaks_plain_is_a_server_fault(
    server: SMTPServer, senders: Senders
) -> None:
    answer = await senders.send("mail", settings(server.port, security="tls"), mail())
    assert answer.code == 0
    assert short(KIND.judge(answer)) == "server-temporary"


@pytest.mark.parametrize("methods", ["LOGIN", "PLAIN", "XOAUTH2 LOGIN PLAIN", "CRAM-MD5"])
async def test_login_uses_a_method_that_is_offered(senders: Senders, methods: str) -> None:
    async with SMTPServer(login=("alertd", PASSWORD), methods=methods) as server:
        given = settings(server.port, username="alertd", password=PASSWORD)
        answer = await senders.send("mail", given, mail())
        assert (answer.code, server.messages[0].user) == (250, "alertd")


async def test_a_method_that_is_offered_but_unknown_gives_way_to_the_next(
    senders: Senders,
) -> None:
    async with SMTPServer(login=("alertd", PASSWORD)) as server:
        server.on("auth", "504 5.5.4 unknown method")
        given = settings(server.port, username="alertd", password=PASSWORD)
        assert (await senders.send("mail", given, mail())).code == 250
        assert [item for item in server.commands if item.startswith("AUTH LOGIN")]


async def test_a_wrong_password_is_tried_once_and_suspends_the_channel(senders: Senders) -> None:
    async with SMTPServer(login=("alertd", PASSWORD)) as server:
        given = settings(server.port, username="alertd", password="wrong")
        answer = await senders.send("mail", given, mail())
        assert (answer.stage, answer.code) == ("auth", 535)
        assert short(KIND.judge(answer)) == "server-permanent"
        assert len([item for item in server.commands if item.startswith("AUTH")]) == 1


async def test_a_login_that_is_not_possible_now_is_tried_later(senders: Senders) -> None:
    async with SMTPServer(login=("alertd", PASSWORD)) as server:
        server.on("auth", "454 4.7.0 directory is down")
        given = settings(server.port, username="alertd", password=PASSWORD)
        assert short(KIND.judge(await senders.send("mail", given, mail()))) == "server-temporary"


async def test_a_challenge_that_is_none_is_a_server_fault(senders: Senders) -> None:
    async with SMTPServer(login=("alertd", PASSWORD), methods="CRAM-MD5") as server:
        server.on("challenge", "334 %%%é")
        given = settings(server.port, username="alertd", password=PASSWORD)
        answer = await senders.send("mail", given, mail())
    assert (answer.stage, short(KIND.judge(answer))) == ("auth", "server-temporary")


async def test_a_server_without_login_suspends_a_channel_that_needs_one(
    server: SMTPServer, senders: Senders
) -> None:
    given = settings(server.port, username="alertd", password=PASSWORD)
    answer = await senders.send("mail", given, mail())
    assert (answer.stage, short(KIND.judge(answer))) == ("auth", "server-permanent")


# What is told


async def test_a_secret_never_appears_in_an_answer_or_in_print(senders: Senders) -> None:
    async with SMTPServer(login=("alertd", PASSWORD)) as server:
        given = settings(server.port, username="alertd", password=PASSWORD)
        plain = "AGFsZXJ0ZABjb3JyZWN0IGhvcnNl"
        server.on("auth", f"535 5.7.8 AUTH PLAIN {plain} or {PASSWORD} or Y29ycmVjdCBob3JzZQ==")
        answer = await senders.send("mail", given, mail())
    assert answer.text == "5.7.8 AUTH PLAIN [secret] or [secret] or [secret]"
    shown = repr(given) + str(given) + repr(answer) + given.model_dump_json()
    assert PASSWORD not in shown


async def test_an_answer_is_one_clean_line_of_500_characters(
    server: SMTPServer, senders: Senders
) -> None:
    server.on("rcpt", "550-5.1.1 no\x1b[31m such\r\n550 5.1.1 \u202euser\x00" + "x" * 900)
    answer = await senders.send("mail", settings(server.port), mail())
    assert answer.text.startswith("5.1.1 no")
    assert len(answer.text) == 500
    assert answer.text.isprintable()


async def test_an_endless_answer_is_cut_off(server: SMTPServer, senders: Senders) -> None:
    server.on("rcpt", "250-" + "x" * 100_000)
    answer = await senders.send("mail", settings(server.port), mail())
    assert short(KIND.judge(answer)) == "server-temporary"


# Files and the rest


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_files_are_written_whole_with_closed_modes(tmp_path: Path, senders: Senders) -> None:
    folder = tmp_path / "new" / "messages"
    payload = Files(str(folder), (("a.eml", b"mail"), ("a.json", b"{}")))
    answer = await senders.send("file", FileSettings(folder=str(folder)), payload)
    assert (answer.stage, answer.code) == ("write", 250)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "a.eml": b"mail",
        "a.json": b"{}",
    }
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_folder_that_is_a_file_is_told_as_an_answer(
    tmp_path: Path, senders: Senders
) -> None:
    place = tmp_path / "taken"
    place.write_text("here first")
    answer = await senders.send(
        "file", FileSettings(folder=str(place)), Files(str(place), (("a", b""),))
    )
    assert (answer.stage, answer.code) == ("write", 0)
    assert str(place) in answer.text


async def test_a_file_that_cannot_be_named_leaves_nothing_behind(
    tmp_path: Path, senders: Senders
) -> None:
    (tmp_path / "a.eml").mkdir()
    payload = Files(str(tmp_path), (("a.eml", b"mail"),))
    answer = await senders.send("file", FileSettings(folder=str(tmp_path)), payload)
    assert answer.code == 0
    assert names_in(tmp_path) == ["a.eml"]


@pytest.mark.parametrize("name", ["../escape", "sub/file", "", ".."])
async def test_a_file_name_cannot_leave_the_folder(
    tmp_path: Path, senders: Senders, name: str
) -> None:
    payload = Files(str(tmp_path / "in"), ((name, b"data"),))
    with pytest.raises(ValueError, match="not a file name"):
        await senders.send("file", FileSettings(folder=str(tmp_path)), payload)


async def test_a_payload_without_a_sender_is_an_error(senders: Senders) -> None:
    with pytest.raises(AlertdError, match="channel x"):
        await senders.send("x", FileSettings(folder="y"), Post("https://example.org", (), b""))


async def test_one_message_can_be_sent_on_a_connection_of_its_own(server: SMTPServer) -> None:
    class Configured:
        name = "mail"
        settings = settings(server.port)

    channel: ConfiguredChannel = Configured()
    assert (await send(channel, mail(), limits=PATIENT)).code == 250
    assert server.commands[-1] == "QUIT"


def test_the_lease_of_a_mail_outlives_its_longest_send() -> None:
    assert KIND.lease.total_seconds() >= LIMITS.total + 60
    assert LIMITS.total >= LIMITS.final + 60
    assert LIMITS.final >= 600, "a shorter limit makes duplicates"


async def test_a_probe_connects_logs_in_and_sends_nothing(server: SMTPServer) -> None:
    async with Senders() as senders:
        answer = await senders.probe("mail", settings(server.port))
    assert answer is not None
    assert answer.code == 250
    assert "ready to send" in answer.text
    assert server.messages == []
    assert "QUIT" in server.commands


async def test_a_probe_says_what_the_server_refused(server: SMTPServer) -> None:
    server.always("ehlo", "554 5.7.1 go away")
    async with Senders() as senders:
        answer = await senders.probe("mail", settings(server.port))
    assert answer is not None
    assert (answer.stage, answer.code) == ("ehlo", 554)
