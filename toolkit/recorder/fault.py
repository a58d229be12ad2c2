"""What one request of a recording may fail with, in words that hold nothing of the answer."""

from __future__ import annotations


class Fault(Exception):
    """One request that gave nothing to record.

    Attributes:
        reason: In a few words, without anything the answer said.
        again: Whether another attempt may help.
        absent: Whether the cluster does not have this endpoint.
        silent: Whether there was no HTTP answer at all.
        wait_s: How long the cluster asked to wait.
    """

    def __init__(
        self, reason: str, *, again: bool = False, absent: bool = False, silent: bool = False, wait_s: float = 0.0
    ) -> None:
        """Keep what went wrong."""
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.absent = absent
        self.silent = silent
        self.wait_s = wait_s

    @property
    def strange(self) -> bool:
        """Whether there was an answer that should have been right, and was not what was asked for."""
        return not self.silent and not self.reason.startswith("status ")
