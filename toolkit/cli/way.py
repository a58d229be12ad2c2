"""The way to a cluster: the flags for it, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toolkit.recorder.access import Access
    from toolkit.recorder.address import Address
    from toolkit.recorder.client import Limits


class Way(NamedTuple):
    """What was asked for: how to get in, and how patient to be. Every field is a flag's value, unset by default."""

    header_file: Path | None = None
    basic_auth_file: Path | None = None
    ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    insecure: bool = False
    concurrency: int | None = None
    timeout: str | None = None

    @property
    def given(self) -> str:
        """Name the first flag that was given; an empty text if none was."""
        names = (name for name, value in self._asdict().items() if value not in {None, False})
        return next((f"--{name.replace('_', '-')}" for name in names), "")

    def access(self, say: Callable[[str], None]) -> Callable[[Address], Access]:
        """Give what opens the access to an address: files, else netrc, and the proxy variables.

        Args:
            say: Takes warnings, each of them once, however many addresses there are.
        """
        import os  # noqa: PLC0415 - with what follows; httpx is slow to import

        from toolkit.recorder.credentials import Named, open_access  # noqa: PLC0415

        named = Named(self.header_file, self.basic_auth_file, self.ca, self.client_cert, self.client_key, self.insecure)
        said: set[str] = set()

        def once(text: str) -> None:
            if text not in said:
                said.add(text)
                say(text)

        return lambda address: open_access(address, named, os.environ, once)

    def limits(self, what: str) -> Limits:
        """Give how patient to be.

        Args:
            what: What is to be done, for the error.

        Raises:
            UsageError: If the time for a request is none, or 0.
        """
        from toolkit.model.instants import parse_duration  # noqa: PLC0415 - `toolkit --help` does without
        from toolkit.recorder.client import Limits  # noqa: PLC0415 - httpx is slow to import

        usual = Limits()
        timeout_s = usual.timeout_s if self.timeout is None else parse_duration(self.timeout) / 1000
        if timeout_s == 0:
            msg = f"cannot {what} with --timeout 0: it must be at least 1ms; leave it out for {usual.timeout_s:g}s"
            raise UsageError(msg)
        return Limits(timeout_s=timeout_s, together=self.concurrency or usual.together)
