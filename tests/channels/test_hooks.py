"""Pasted addresses: each is told from those of other services before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertd import channels, config
from alertd.core.transport import ChannelKind, Hook

CHATS = [kind for kind in channels.kinds().values() if kind.hook]
TAKING = [*CHATS, channels.kinds()["webhook"]]


def hook_of(kind: ChannelKind) -> Hook:
    assert kind.hook is not None
    return kind.hook


def problems(folder: Path, kind: str, url: str, top: str = "") -> tuple[str, ...]:
    file = folder / "alertd.toml"
    file.write_text(f'{top}\n[channel.x]\nkind = "{kind}"\nurl = "{url}"\n', encoding="utf-8")
    return config.problems(file, {}, folder)


def each(kinds: list[ChannelKind]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds, ids=[kind.kind for kind in kinds])


@each(CHATS)
def test_its_own_address_is_taken(kind: ChannelKind, tmp_path: Path) -> None:
    assert problems(tmp_path, kind.kind, hook_of(kind).example) == ()


@each(CHATS)
def test_an_address_of_another_service_names_the_right_kind(
    kind: ChannelKind, tmp_path: Path
) -> None:
    for other in TAKING:
        if other is kind:
            continue
        [line] = problems(tmp_path, other.kind, hook_of(kind).example)
        assert line.endswith(f'is an address of {kind.kind}: write kind = "{kind.kind}"')
        assert hook_of(kind).example not in line
        assert hook_of(kind).example[-5:] not in line, "four characters at most"


@each(CHATS)
def test_an_address_of_no_service_shows_what_one_looks_like(
    kind: ChannelKind, tmp_path: Path
) -> None:
    [line] = problems(tmp_path, kind.kind, "https://chat.example.org/hooks/" + "s" * 26)
    assert hook_of(kind).example in line
    assert 'add "chat.example.org:443" to network.allow' in line
    assert "sssss" not in line


@each(TAKING)
@pytest.mark.parametrize("host", ["127.0.0.1:8065", "chat.example.org:443", "[::1]:80"])
def test_any_address_on_an_allowed_host_is_taken(
    kind: ChannelKind, host: str, tmp_path: Path
) -> None:
    scheme = "https" if host.endswith(":443") else "http"
    written = f"{scheme}://{host.removesuffix(':443').removesuffix(':80')}/hooks/anything"
    allow = f'[network]\nallow = ["{host}"]'
    assert problems(tmp_path, kind.kind, written, allow) == ()


def test_any_https_address_may_be_a_webhook(tmp_path: Path) -> None:
    assert problems(tmp_path, "webhook", "https://siem.example.org:443/in?x=y") == ()


def loaded(folder: Path, lines: str, *, secrets: bool = True) -> config.Config:
    file = folder / "alertd.toml"
    file.write_text(lines, encoding="utf-8")
    return config.load(file, {"CREDENTIALS_DIRECTORY": str(folder)}, folder, secrets=secrets)


def test_an_address_may_stand_in_a_file_or_a_credential(tmp_path: Path) -> None:
    url = "https://hooks.slack.com/services/T024F4EL1/B0H9S0Y05/madeUpToken4711"
    (tmp_path / "hook").write_text(f"{url}\n")
    (tmp_path / "hook").chmod(0o600)
    for way in ('url_file = "hook"', 'url_credential = "hook"'):
        read = loaded(tmp_path, f'[channel.team]\nkind = "slack"\n{way}\n')
        assert config.secrets_of(read) == {url}
        assert url not in repr(read)
        assert read.channels["team"].shared
        closed = loaded(tmp_path, f'[channel.team]\nkind = "slack"\n{way}\n', secrets=False)
        assert closed.channels["team"].unread == ("url",)


def test_an_address_of_the_wrong_kind_in_a_file_is_not_shown(tmp_path: Path) -> None:
    url = "https://hooks.slack.com/services/T024F4EL1/B0H9S0Y05/madeUpToken4711"
    (tmp_path / "hook").write_text(url)
    (tmp_path / "hook").chmod(0o600)
    file = tmp_path / "alertd.toml"
    file.write_text('[channel.team]\nkind = "teams"\nurl_file = "hook"\n')
    [line] = config.problems(file, {}, tmp_path)
    assert line.startswith(f"{file}:1: channel.team.url: ")
    assert 'write kind = "slack"' in line
    assert url not in line


def test_a_webhook_without_a_secret_is_warned_of(tmp_path: Path) -> None:
    table = '[channel.siem]\nkind = "webhook"\nurl = "https://siem.example.org/in"\n'
    [warning] = loaded(tmp_path, table).warnings
    assert "channel.siem: is not signed" in warning
    assert "openssl rand" in warning
    signed = table + 'secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"\n'
    assert loaded(tmp_path, signed).warnings == ()
    sealed = table + 'secret_credential = "siem"\n'
    assert loaded(tmp_path, sealed, secrets=False).warnings == ()
