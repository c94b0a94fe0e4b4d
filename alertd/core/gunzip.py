"""Gzip in bounded steps: a few kB on the wire may unpack to hundreds of MB."""

from __future__ import annotations

import zlib
from typing import Final

_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


class Gunzip:
    """Unpacks gzip members one after the other, at most one byte past ``limit`` in all."""

    def __init__(self, limit: int) -> None:
        self._room = limit + 1
        self._member = zlib.decompressobj(_GZIP_WINDOW)

    def feed(self, chunk: bytes) -> bytes:
        """What ``chunk`` unpacks to, as far as the limit lets; ValueError for broken gzip."""
        out = bytearray()
        while chunk and self._room:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP_WINDOW)
            try:
                piece = self._member.decompress(chunk, self._room)
            except zlib.error as error:
                raise ValueError("broken gzip") from error
            self._room -= len(piece)
            out += piece
            chunk = self._member.unconsumed_tail or self._member.unused_data.lstrip(b"\0")
        return bytes(out)

    @property
    def complete(self) -> bool:
        """Whether the last member is whole."""
        return self._member.eof
