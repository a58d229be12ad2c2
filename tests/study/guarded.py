"""A cluster that lets in only who sends one header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.recorder.fake_cluster import FakeCluster, plain

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler


class GuardedCluster(FakeCluster):
    """Answers as a small cluster does to requests with a header, and 401 to all others."""

    def __init__(self, name: str, value: str) -> None:
        """Want a header of this name and value."""
        self._wanted = name, value
        super().__init__(plain())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        name, value = self._wanted

        class Guarded(super()._handler()):  # type: ignore[misc] # a class made in a function
            def do_GET(self) -> None:  # noqa: N802 - the base class names it
                if self.headers.get(name) == value:
                    super().do_GET()
                else:
                    self.send_error(401)

        return Guarded
