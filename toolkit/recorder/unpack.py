"""An answer's body as it came, unpacked within a bound: a small body that unpacks into a huge one is given up early."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Final

from toolkit.recorder.fault import Fault

ACCEPTED: Final = "gzip"
"""The encodings to ask for."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_CUT: Final = "the connection broke before the answer was complete"


class Body:
    """Gathers one answer's body.

    Attributes:
        size: The bytes there are, unpacked.
    """

    def __init__(self, encoding: str, most: int) -> None:
        """Take a body with the `Content-Encoding` of the answer, and at most so many bytes of it, unpacked.

        Raises:
            Fault: If it is packed in a way that was not asked for.
        """
        self.size = 0
        self._most = most
        # What it holds can be taken out of it without being copied.
        self._held = BytesIO()
        named = [name.strip().lower() for name in encoding.split(",")]
        packed = [name for name in named if name not in {"", "identity"}]
        if len(packed) > 1 or not {"gzip", "x-gzip"}.issuperset(packed):
            reason = "an answer that is packed in a way that was not asked for"
            raise Fault(reason)
        self._gzip = zlib.decompressobj(_GZIP) if packed else None

    def add(self, part: bytes) -> None:
        """Take a part as it came.

        Raises:
            Fault: If the whole grows too large, or cannot be unpacked.
        """
        if self._gzip is None:
            self._keep(part)
            return
        while part:
            try:
                self._keep(self._gzip.decompress(part, self._most - self.size + 1))
            except zlib.error:
                reason = "an answer that cannot be unpacked"
                raise Fault(reason, again=True) from None
            part = self._gzip.unconsumed_tail

    def whole(self) -> bytes:
        """Give the body.

        Raises:
            Fault: If what is packed ended too early.
        """
        if self._gzip is not None and self.size and not self._gzip.eof:
            raise Fault(_CUT, again=True)
        return self._held.getvalue()

    def _keep(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > self._most:
            reason = f"the answer is larger than {self._most:,} bytes"
            raise Fault(reason)
        self._held.write(part)
