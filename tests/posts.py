"""What a receiver of posts does: check the signature, and read a chat message as it is shown."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from tests.httpserver import Asked, HttpServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""The key of the published test vector of Standard Webhooks."""
ID = "webhook-id"


def slack(server: HttpServer, name: str, path: str, *, shared: bool) -> str:
    """A table of the configuration: a Slack channel."""
    return (
        f'[channel.{name}]\nkind = "slack"\nurl = "{server.url(path)}"\n'
        f"shared = {json.dumps(shared)}\n"
    )


def signed(server: HttpServer, name: str, path: str) -> str:
    """A table of the configuration: a signed webhook."""
    return f'[channel.{name}]\nkind = "webhook"\nurl = "{server.url(path)}"\nsecret = "{SECRET}"\n'


def routed(person: str, *channels: str) -> str:
    """The table of a subscriber, with the channels by which to be told."""
    named = ", ".join(f'{{channel = "{name}"}}' for name in channels)
    return person.replace("watch = ", f"routes = [{named}]\nwatch = ", 1)


def posts(server: HttpServer, path: str) -> list[Asked]:
    """What was posted to a path, in its order."""
    return [asked for asked in server.asked if (asked.method, asked.target) == ("POST", path)]


def is_signed(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the signature is that of the id, the time and these very bytes."""
    content = f"{headers[ID]}.{headers['webhook-timestamp']}.".encode() + body
    key = b64decode(SECRET.removeprefix("whsec_"))
    expected = f"v1,{b64encode(hmac.new(key, content, 'sha256').digest()).decode()}"
    return any(
        hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split()
    )


def event(asked: Asked) -> dict[str, Any]:
    """The signed CloudEvents object of a post.

    Raises:
        AssertionError: the signature is another's, or the body is no such event.
    """
    assert is_signed(asked.headers, asked.body)
    assert asked.headers["content-type"].startswith("application/cloudevents+json")
    found = json.loads(asked.body)
    assert found["specversion"] == "1.0"
    assert found["id"] == asked.headers[ID]
    assert all(found[key] for key in ("source", "type", "time"))
    assert isinstance(found, dict)
    return found


def as_read(asked: Asked) -> str:
    """A Slack message as its reader sees it, top to bottom."""
    body = json.loads(asked.body)
    [attachment] = body["attachments"]
    return "\n".join([body["text"], "", *_blocks(attachment["blocks"]), ""])


def _blocks(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        kind = block["type"]
        if kind == "header":
            yield f"**{block['text']['text']}**"
        elif kind == "context":
            yield from (f"({item['text']})" for item in block["elements"])
        else:
            assert kind == "rich_text", f"Slack shows no {kind} here"
            for element in block["elements"]:
                yield from _rich(element)


def _rich(element: dict[str, Any]) -> Iterator[str]:
    if element["type"] == "rich_text_section":
        yield _text(element)
        return
    assert (element["type"], element["style"]) == ("rich_text_list", "ordered")
    for number, item in enumerate(element["elements"], 1):
        yield f"{number}. {_text(item)}"


def _text(section: dict[str, Any]) -> str:
    return "".join(item.get("text") or item["url"] for item in section["elements"])
