"""One frame: everything a cluster lists, asked for as close together as possible.

Knows Teraslice's endpoints and what their answers must look like. An endpoint that gives nothing makes a gap or is
noted as absent; the rest of the frame goes on. What it gives is as it came: not yet redacted, never to be stored.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.errors import RecordError
from toolkit.model.instants import format_instant
from toolkit.model.wire import dumps
from toolkit.recorder.bodies import read_json
from toolkit.recorder.fault import Fault
from toolkit.recorder.pages import read_pages

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.recorder.client import Client


class Source(NamedTuple):
    """One kind of thing a cluster lists.

    Attributes:
        name: What gaps and reports call it; a collection's name, or an id in the collection `cluster`.
        paths: Where it is, the first that exists counts.
        shape: `list`, `map` (an object of objects) or `object`.
        id_field: For a list that comes in pages, the field that tells its records apart; empty if it does not.
        needed: Whether a cluster without it is no cluster.
        optional: Whether a cluster may lack it.
    """

    name: str
    paths: tuple[str, ...]
    shape: str
    id_field: str = ""
    needed: bool = False
    optional: bool = False


INFO: Final = Source("info", ("/",), "object", optional=True)
SOURCES: Final = (
    INFO,
    Source("nodes", ("/v1/cluster/state",), "map", needed=True),
    Source("controllers", ("/v1/cluster/controllers", "/v1/cluster/slicers"), "list"),
    Source("jobs", ("/v1/jobs",), "list", id_field="job_id", needed=True),
    Source("executions", ("/v1/ex",), "list", id_field="ex_id", needed=True),
    Source("stats", ("/v1/cluster/stats",), "object", optional=True),
    Source("assets", ("/v1/assets",), "list", id_field="id", optional=True),
)

Keyed = list[tuple[str, "Document"]]
"""Records in their order; the key is a node's key, or a name in the collection `cluster`; empty elsewhere."""


class Seen(NamedTuple):
    """What a cluster showed at one tick, not redacted.

    Attributes:
        t: The instant: the tick, or what the cluster itself says in `X-Toolkit-Instant`.
        skew_ms: From the first answer to the last.
        records: By source; what is missing here is in `gaps` or `absent`.
        gaps: Sources that gave nothing this time, with the reason.
        absent: Sources that the cluster has never had.
        cut: Lists that reach further than the cluster lets anyone read.
    """

    t: int
    skew_ms: int
    records: dict[str, list[tuple[str, bytes]]]
    gaps: dict[str, str]
    absent: frozenset[str]
    cut: dict[str, str]


class _Outcome(NamedTuple):
    source: Source
    records: Keyed | None
    fault: Fault | None
    cut: bool = False


class FrameReader:
    """Reads the frames of one recording, one after the other."""

    def __init__(self, client: Client, shown: str, *, errors: bool = False) -> None:
        """Read with a client from a cluster whose address is shown as given."""
        self._client = client
        self._shown = shown
        self._paths = {source.name: source.paths for source in SOURCES}
        self._known: set[str] = set()
        self._begun = False
        self._stamped = False
        self._times: list[int] = []
        self._headers: dict[str, str] = {}

    async def read(self, tick: int) -> Seen:
        """Read the frame of a tick.

        Raises:
            RecordError: If it is the first one, and there is no cluster to record.
        """
        self._times, self._headers = [], {}
        t = tick
        if self._begun and not self._stamped:
            outcomes = await asyncio.gather(*map(self._outcome, SOURCES))
        else:
            first = await self._outcome(INFO)
            if not self._begun and first.fault is not None and first.fault.silent:
                self._refuse(first.fault.reason, "check the address and that the cluster is up")
            if self._stamped and self._times:
                t = self._times[0]
                self._headers = {"X-Toolkit-At": format_instant(t)}
            rest = [source for source in SOURCES if source is not INFO]
            outcomes = [first, *await asyncio.gather(*map(self._outcome, rest))]
        if not self._begun:
            self._refuse_stranger(outcomes)
        self._begun = True
        self._known |= {outcome.source.name for outcome in outcomes if outcome.fault is None}
        return self._seen(t, outcomes)

    def _seen(self, t: int, outcomes: list[_Outcome]) -> Seen:
        faults = {outcome.source.name: outcome.fault for outcome in outcomes if outcome.fault is not None}
        absent = {source.name for source in SOURCES if source.optional} & faults.keys() - self._known
        return Seen(
            t,
            max(self._times) - min(self._times) if self._times else 0,
            {
                outcome.source.name: [(key, dumps(record)) for key, record in outcome.records]
                for outcome in outcomes
                if outcome.records is not None
            },
            {name: fault.reason for name, fault in faults.items() if name not in absent},
            frozenset(absent),
            {outcome.source.name: "more than 10,000" for outcome in outcomes if outcome.cut},
        )

    async def _outcome(self, source: Source) -> _Outcome:
        """Read one source; what it lacks is no error here."""
        try:
            return await self._read(source)
        except Fault as fault:
            return _Outcome(source, None, fault)

    async def _read(self, source: Source) -> _Outcome:
        if source.id_field:
            pages = await read_pages(partial(self._page, source), source.id_field)
            return _Outcome(
                source, [(str(record.get(source.id_field) or ""), record) for record in pages.records], None, pages.cut
            )
        value = await self._ask(source, "")
        if source.shape == "object":
            return _Outcome(source, [(source.name, _checked(value, dict))], None)
        if source.shape == "map":
            return _Outcome(source, list(_checked_map(value).items()), None)
        return _Outcome(source, [("", record) for record in _checked_list(value)], None)

    async def _page(self, source: Source, start: int, size: int) -> list[Document]:
        return _checked_list(await self._ask(source, f"?size={size}&from={start}"))

    async def _ask(self, source: Source, query: str) -> Any:  # noqa: ANN401 - JSON is what it is
        # What a cluster never had is asked for again, but not again and again.
        patience = 1 if source.optional and self._begun and source.name not in self._known else None
        paths = self._paths[source.name]
        while True:
            try:
                answer = await self._client.get(paths[0] + query, read_json, attempts=patience, headers=self._headers)
                break
            except Fault as fault:
                if not fault.absent or len(paths) == 1:
                    raise
                paths = paths[1:]
        self._paths[source.name] = paths
        self._stamped = answer.stamped if source is INFO else self._stamped
        self._times.append(answer.t)
        return answer.value

    def _refuse_stranger(self, outcomes: list[_Outcome]) -> None:
        for outcome in outcomes:
            if outcome.fault is not None and outcome.source.needed:
                self._refuse(
                    f"{outcome.source.paths[0]} gave {outcome.fault.reason}",
                    "check that this is the address of a Teraslice cluster and that it is healthy",
                )

    def _refuse(self, fact: str, advice: str) -> None:
        msg = f"cannot record {self._shown}: {fact}; {advice}"
        raise RecordError(msg)


def _checked(value: object, kind: type) -> Any:  # noqa: ANN401 - JSON is what it is
    if not isinstance(value, kind):
        reason = f"{_NAMES.get(type(value), 'a number or a text')} instead of {_NAMES[kind]}"
        raise Fault(reason)
    return value


def _checked_list(value: object) -> list[Document]:
    return [_checked(record, dict) for record in _checked(value, list)]


def _checked_map(value: object) -> dict[str, Document]:
    return {key: _checked(record, dict) for key, record in _checked(value, dict).items()}


_NAMES: Final[dict[type, str]] = {dict: "an object", list: "an array", type(None): "null", bool: "true or false"}
