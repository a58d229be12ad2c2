"""What of a cluster is there at the moment, as far as later judgements depend on it.

Of a record that stands still only what others refer to is held, unless it is a controller or a node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.examine.rule import Facts, Picture
from toolkit.examine.steps import COUNTERS
from toolkit.examine.values import inside, number, processes, quantity, text
from toolkit.model.instants import SECOND
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.model.wire import Document

_STALE_MS: Final = 5 * SECOND
"""For how long a search may answer with what a record was before, as from a copy of the index that lags."""
_SEARCHED: Final = frozenset({"jobs", "executions"})
_WHOLE: Final = ("controllers", "nodes")


class Holding:
    """The records of a cluster; of those that change, the last two versions."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._documents: dict[str, dict[str, Document]] = {name: {} for name in KINDS}
        self._older: dict[tuple[str, str], tuple[int, Document]] = {}
        self._present: dict[str, set[str]] = {name: set() for name in KINDS}
        self._still: dict[str, set[str]] = {name: set() for name in KINDS}
        self._jobs: set[str] = set()
        self._executions: dict[str, Facts] = {}
        self._errors: dict[str, str | None] = {}
        self._master: frozenset[tuple[str, str, str]] = frozenset()
        self._highest: Document = {}

    def document(self, kind: str, key: str) -> Document | None:
        """Give what a record was last, also if it is gone; `None` if it never was there."""
        return self._documents[kind].get(key)

    def is_there(self, kind: str, key: str) -> bool:
        """Tell whether a record is there."""
        return key in self._present[kind] or key in self._still[kind]

    def is_stale(self, kind: str, key: str, doc: Document, t: int) -> bool:
        """Tell whether a search gave once more what a record was before its last change."""
        if kind not in _SEARCHED or (kind, key) not in self._older:
            return False
        since, older = self._older[kind, key]
        newer = self._documents[kind][key]
        return t - since <= _STALE_MS and doc == older and text(doc, "_updated") < text(newer, "_updated")

    def keep(self, kind: str, key: str, doc: Document, *, still: bool = False) -> None:
        """Hold what a record is; one that is `still` is there for good and never another one."""
        if still:
            self._still[kind].add(key)
        if not still or kind in _WHOLE:
            self._documents[kind][key] = doc
        self._know(kind, key, doc)

    def change(self, kind: str, key: str, doc: Document, t: int) -> None:
        """Hold what a record became."""
        self._older[kind, key] = t, self._documents[kind][key]
        self.keep(kind, key, doc)

    def show(self, kind: str, present: set[str]) -> None:
        """Say which records of a kind are there, besides those that are still; all of them are held."""
        for key in present - self._present[kind]:
            self._know(kind, key, self._documents[kind][key])
        for key in self._present[kind] - present:
            self._forget(kind, key)
        self._present[kind] = present

    def picture(self) -> Picture:
        """Give what is there."""
        controllers, nodes = (
            {key: doc for key, doc in self._documents[kind].items() if self.is_there(kind, key)} for kind in _WHOLE
        )
        totals = inside(self._documents["cluster"].get("stats", {}), "controllers")
        self._raise(totals, _masters(nodes))
        return Picture(self._jobs, self._executions, controllers, nodes, self._errors, totals, self._highest)

    def _raise(self, totals: Document, master: frozenset[tuple[str, str, str]]) -> None:
        """Hold the most that totals were under one master; they are in its memory, and begin anew with another."""
        if master != self._master or not master:
            self._master, self._highest = master, {}
            if not master:
                return
        for field in COUNTERS:
            was, is_now = quantity(self._highest, field), quantity(totals, field)
            if is_now is not None and (was is None or is_now > was):
                self._highest[field] = totals[field]

    def _know(self, kind: str, key: str, doc: Document) -> None:
        own = text(doc, KINDS[kind].id_field) or key
        if kind == "executions":
            self._executions[own] = Facts(text(doc, "job_id") or None, text(doc, "_status"), number(doc, "workers"))
        elif kind == "jobs":
            self._jobs.add(own)
        elif kind == "errors":
            self._errors[key] = text(doc, "ex_id") or None

    def _forget(self, kind: str, key: str) -> None:
        own = text(self._documents[kind][key], KINDS[kind].id_field) or key
        if kind == "executions":
            self._executions.pop(own, None)
        elif kind == "jobs":
            self._jobs.discard(own)
        elif kind == "errors":
            self._errors.pop(key, None)


def _masters(nodes: Mapping[str, Document]) -> frozenset[tuple[str, str, str]]:
    """Tell masters apart by node, worker id and process id, which come back together never."""
    return frozenset(
        (key, str(process.get("worker_id")), str(process.get("pid")))
        for key, node in nodes.items()
        for process in processes(node)
        if process.get("assignment") == "cluster_master" and process.get("pid") is not None
    )
