"""A list as a cluster's search gives it: pages, orders, filters and the window, of today or of an older cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.recorder.fake_cluster import Reply
from toolkit.query.lucene import compile_query
from toolkit.query.mapping import EXECUTIONS, Kind
from toolkit.query.sort import NEWEST, Best, read_sort
from toolkit.query.wording import QueryRefused
from toolkit.recorder.pages import WINDOW
from toolkit.timeline.view import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.model.wire import Document


class Listing:
    """Answers the queries of one list endpoint, by the toolkit's own reading of Lucene.

    Attributes:
        records: What it holds, in any order; a test may change them.
        asked: Every query.
    """

    def __init__(  # noqa: PLR0913 - a cluster has many sides
        self,
        records: list[Document],
        *,
        id_field: str = "ex_id",
        mapping: Mapping[str, Kind] = EXECUTIONS,
        newest: str = NEWEST,
        window: int = WINDOW,
        ignores: tuple[str, ...] = (),
        refuses: tuple[str, ...] = (),
    ) -> None:
        """Hold records; `ignores` and `refuses` name the parameters that an older cluster ignores or answers 400 to."""
        self.records = records
        self.asked: list[dict[str, str]] = []
        self._id = id_field
        self._mapping = mapping
        self._newest = newest
        self._window = window
        self._ignores = ignores
        self._refuses = refuses

    def find(self, query: dict[str, str]) -> list[Document] | None:
        """Give a page; `None` for what the search refuses."""
        self.asked.append(query)
        given = {name: value for name, value in query.items() if name not in self._ignores}
        start, size = int(given.get("from", "0")), int(given.get("size", "100"))
        if start + size > self._window or any(name in given for name in self._refuses):
            return None
        try:
            keys = read_sort(given.get("sort", self._newest), self._mapping)
            wanted = compile_query(given["filter"], self._mapping, 0) if "filter" in given else None
        except QueryRefused:
            return None
        best = Best(keys, self._id, start + size)
        for record in self.records:
            if wanted is None or wanted.matches(record):
                best.add(Record(record))
        return [record.fields for record in best.records()[start:]]

    def __call__(self, query: dict[str, str]) -> Any:
        """Answer a request."""
        found = self.find(query)
        return Reply(400, b'{"error": 400, "message": "Result Window Is Too Large"}') if found is None else found
