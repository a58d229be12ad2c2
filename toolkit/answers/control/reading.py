"""A request of the journal, read: nothing of it is before somebody wants to see it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from toolkit.answers.control.desk import MOST_BODY, MOST_HEAD
from toolkit.answers.control.masking import masked_body, masked_headers, masked_query, masked_text
from toolkit.answers.parameters import parse_query
from toolkit.model.instants import format_instant

if TYPE_CHECKING:
    from toolkit.answers.control.desk import Asked, Desk
    from toolkit.answers.parameters import Query
    from toolkit.model.wire import Document

UNKNOWN_ROUTE: Final = 405
"""What Teraslice answers where there is no route."""


class Noted:
    """A request as it was sent, and as it may be shown.

    Attributes:
        asked: What was kept of it.
    """

    def __init__(self, asked: Asked, desk: Desk) -> None:
        """Read nothing yet; the desk knows the routes."""
        self.asked = asked
        self._desk = desk
        self._path, _, self._query = asked.target.partition("?")

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers by name in lower case, several of one name joined as HTTP joins them."""
        headers: dict[str, str] = {}
        lines = self.asked.head.decode("utf-8", "replace").split("\r\n")[1:]
        # The last line of a head that was cut may be half a line.
        for line in lines[:-1] if self.asked.cut and len(self.asked.head) >= MOST_HEAD else lines:
            name, _, value = line.partition(":")
            key, text = name.strip().lower(), value.strip()
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        return headers

    @cached_property
    def query(self) -> Query:
        """The query as Teraslice reads it."""
        return parse_query(self._query)

    @cached_property
    def route(self) -> str | None:
        """The operation's name, `None` for an unknown route."""
        return self._desk.route_name(self.asked.method, self._path)

    @cached_property
    def shown_path(self) -> str:
        """The path as it may be shown."""
        return masked_text(self._path, cut=self.asked.cut)

    @cached_property
    def shown_body(self) -> str:
        """The body as it may be shown."""
        cut = self.asked.cut and len(self.asked.body) >= MOST_BODY
        return masked_body(self.asked.body.decode("utf-8", "replace"), cut=cut)

    def shown(self) -> Document:
        """Show it."""
        asked = self.asked
        unknown = asked.status == UNKNOWN_ROUTE and self.route is None
        return {
            "number": asked.number,
            "t": format_instant(asked.t),
            "method": asked.method,
            "path": self.shown_path,
            "query": masked_query(self.query, cut=asked.cut),
            "route": self.route,
            "status": asked.status,
            "headers": masked_headers(self.headers),
            "body": self.shown_body,
            "truncated": asked.cut,
            "fault": asked.fault,
            "nearest": self._desk.nearest_route(asked.method, self._path) if unknown else None,
        }
