"""One frame: everything a cluster lists, asked for as close together as possible.

An endpoint that gives nothing makes a gap or is noted as absent; the rest of the frame goes on. What it gives is as it
came: not yet redacted, never to be stored.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from toolkit.errors import RecordError
from toolkit.model.instants import format_instant
from toolkit.recorder.again import RepeatedReader
from toolkit.recorder.bodies import told_odd
from toolkit.recorder.failing import ErrorReader
from toolkit.recorder.fault import Fault
from toolkit.recorder.memory import Memory
from toolkit.recorder.narrow import ListReader, Whole
from toolkit.recorder.sources import ERRORS, INFO, SOURCES, Source

if TYPE_CHECKING:
    from toolkit.recorder.client import Client
    from toolkit.recorder.pages import Ask, Page
    from toolkit.recorder.recall import Found


class Seen(NamedTuple):
    """What a cluster showed at one tick, not redacted.

    Attributes:
        t: The instant: the tick, or what the cluster itself says in `X-Toolkit-Instant`.
        skew_ms: From the first answer to the last.
        records: By source (those of `SOURCES`, and `errors`) the records in their order: key and JSON text as it came,
            always an object; empty is the text of one that is, to the letter, what it was in the last frame that had
            its source. The key is a node's in `nodes`, the source's name in `info` and `stats`, else the record's
            id, empty if it has none. What is missing here is in `gaps` or `absent`.
        gaps: By source what could not be read this time, in fixed words; some of its records may be there.
        absent: Sources that the cluster says it does not have, and has never had.
        cut: By list what could not be reached, in fixed words.
        same: Sources all of whose records are known and stand where they stood.
    """

    t: int
    skew_ms: int
    records: dict[str, list[tuple[str, bytes]]]
    gaps: dict[str, str]
    absent: frozenset[str]
    cut: dict[str, str]
    same: frozenset[str] = frozenset()


class _Outcome(NamedTuple):
    source: Source
    whole: Whole | None
    fault: Fault | None


@dataclass
class _Taking:
    """What is noted while one frame is read: the header of its requests, the answers' times, and what was left out."""

    headers: dict[str, str] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)
    odd: dict[str, Counter[int]] = field(default_factory=dict)

    def page(self, source: Source, found: Found) -> Page:
        """Take one answer; what two pages share and is no record counts once."""
        if found.odd:
            self.odd[source.name] = self.odd.get(source.name, Counter()) | Counter(map(hash, found.odd))
        return found.page


class FrameReader:
    """Reads the frames of one recording, one after the other."""

    def __init__(self, client: Client, shown: str, errors: bool = False, *, brief: bool = False) -> None:  # noqa: FBT001, FBT002 - a contract
        """Make ready.

        Args:
            client: Asks the cluster.
            shown: How the cluster's address is shown.
            errors: Whether the errors of executions are read.
            brief: Whether records that are what they were may come without their texts.
        """
        self._client = client
        self._shown = shown
        self._paths = {source.name: source.paths for source in SOURCES}
        # The errors of executions are found by the texts of these.
        self._memory = memory = Memory(texts={"executions", "controllers"} if errors else (), brief=brief)
        readers = {
            source.name: ListReader(source.id_field, source.date_field)
            for source in (*SOURCES, ERRORS)
            if source.date_field
        }
        self._repeated = {name: RepeatedReader(readers[name]) for name in readers if memory.remembers(name)}
        self._lists = readers | self._repeated
        self._errors = ErrorReader(self._errors_of) if errors else None
        self._known: set[str] = set()
        self._begun = False
        self._doubtful = False
        self._stamped = False
        self._taking = _Taking()

    async def read(self, tick: int) -> Seen:
        """Read the frame of a tick.

        Raises:
            RecordError: If it is the first one, and there is no cluster to record.
        """
        taking = self._taking = _Taking()
        t = tick
        if self._begun and not self._stamped:
            outcomes = await asyncio.gather(*map(self._outcome, SOURCES))
        else:
            first = await self._outcome(INFO)
            # Where there may be nothing at all, nobody wants to wait for that to be sure of every list.
            self._doubtful = not self._begun and first.fault is not None and first.fault.silent
            if self._stamped and taking.times:
                t = taking.times[0]
                taking.headers = {"X-Toolkit-At": format_instant(t)}
            rest = [source for source in SOURCES if source is not INFO]
            outcomes = [first, *await asyncio.gather(*map(self._outcome, rest))]
        if not self._begun:
            self._refuse_stranger(outcomes)
        self._begun, self._doubtful = True, False
        self._known |= {outcome.source.name for outcome in outcomes if outcome.fault is None}
        seen = self._seen(t, outcomes)
        return await self._with_errors(self._errors, seen) if self._errors else seen

    def _seen(self, t: int, outcomes: list[_Outcome]) -> Seen:
        taking = self._taking
        faults = {outcome.source.name: outcome.fault for outcome in outcomes if outcome.fault is not None}
        missing = {name for name, fault in faults.items() if fault.absent}
        absent = {source.name for source in SOURCES if source.optional} & missing - self._known
        wholes = {outcome.source.name: outcome.whole for outcome in outcomes if outcome.whole is not None}
        gaps = {name: told_odd(odd.total()) for name, odd in taking.odd.items()}
        same = self._memory.same(wholes)
        records = {name: [(entry.key, entry.text) for entry in whole.entries] for name, whole in wholes.items()}
        for name in self._memory.settle(wholes) & self._repeated.keys():
            self._repeated[name].forget()
        return Seen(
            t,
            self._skew(),
            records,
            gaps | {name: fault.reason for name, fault in faults.items() if name not in absent},
            frozenset(absent),
            {name: whole.cut for name, whole in wholes.items() if whole.cut},
            same,
        )

    async def _with_errors(self, reader: ErrorReader, seen: Seen) -> Seen:
        """Add the error records of the executions that fail."""
        name, records = ERRORS.name, seen.records
        executions, controllers = (
            (text for _, text in records[source]) if source in records else None
            for source in ("executions", "controllers")
        )
        errors = await reader.frame(executions, controllers)
        if errors.absent:
            return seen._replace(skew_ms=self._skew(), absent=seen.absent | {name})
        odd = self._taking.odd.get(name)
        gap = ", ".join(part for part in (errors.gap, told_odd(odd.total()) if odd else "") if part)
        listed = {} if errors.entries is None else {name: [(entry.key, entry.text) for entry in errors.entries]}
        return seen._replace(
            skew_ms=self._skew(),
            records=records | listed,
            gaps=seen.gaps | ({name: gap} if gap else {}),
            cut=seen.cut | ({name: errors.cut} if errors.cut else {}),
        )

    def _skew(self) -> int:
        times = self._taking.times
        return max(times) - min(times) if times else 0

    async def _outcome(self, source: Source) -> _Outcome:
        """Read one source; what it lacks is no error here."""
        try:
            if source.date_field:
                return _Outcome(source, await self._list(source), None)
            page = await self._ask(source, "")
            return _Outcome(source, self._memory.whole(source, page), None)
        except Fault as fault:
            return _Outcome(source, None, fault)

    async def _list(self, source: Source) -> Whole:
        async def get(ask: Ask) -> Page:
            return await self._ask(source, _query(ask))

        return await self._lists[source.name].read(get, still=bool(self._taking.headers))

    async def _errors_of(self, ex_id: str, only_try: bool) -> Whole:  # noqa: FBT001 - see `ErrorReader`
        path = f"/v1/ex/{quote(ex_id, safe='')}/errors"

        async def get(ask: Ask) -> Page:
            return await self._fetch(ERRORS, path + _query(ask), 1 if only_try else None)

        return await self._lists[ERRORS.name].read(get, still=bool(self._taking.headers))

    async def _ask(self, source: Source, query: str) -> Page:
        # What a cluster never had is asked for again, but not again and again.
        never = source.optional and self._begun and source.name not in self._known
        attempts = 1 if never or self._doubtful else None
        paths = self._paths[source.name]
        while True:
            try:
                page = await self._fetch(source, paths[0] + query, attempts)
                break
            except Fault as fault:
                if not fault.absent or len(paths) == 1:
                    raise
                paths = paths[1:]
        self._paths[source.name] = paths
        return page

    async def _fetch(self, source: Source, target: str, attempts: int | None) -> Page:
        taking = self._taking
        memory = self._memory
        answer = await self._client.get(
            target,
            memory.reader(source, target),
            attempts=attempts,
            headers=taking.headers,
            before=memory.before(source, target),
        )
        self._stamped = answer.stamped if source is INFO else self._stamped
        taking.times.append(answer.t)
        return taking.page(source, memory.note(source, target, answer))

    def _refuse_stranger(self, outcomes: list[_Outcome]) -> None:
        """Let a cluster pass that shows one of the lists that every Teraslice has; the others may come later."""
        needed = [outcome for outcome in outcomes if outcome.source.needed]
        faults = [(outcome.source, outcome.fault) for outcome in needed if outcome.fault is not None]
        shown = [outcome for outcome in needed if outcome.fault is None]
        # Some page of a web site may be an empty list, or look like one: then there must be a record to tell by.
        strange = any(fault.strange for _, fault in faults)
        if not faults or any(not strange or _is_telling(outcome) for outcome in shown):
            return
        if all(outcome.fault is not None and outcome.fault.silent for outcome in outcomes):
            self._refuse(faults[0][1].reason, "check the address and that the cluster is up")
        source, fault = max(faults, key=lambda pair: (pair[1].strange, not pair[1].silent))
        self._refuse(
            f"{source.paths[0]} gave {fault.reason}",
            "check that this is the address of a Teraslice cluster and that it is healthy",
        )

    def _refuse(self, fact: str, advice: str) -> None:
        msg = f"cannot record {self._shown}: {fact}; {advice}"
        raise RecordError(msg)


def _query(ask: Ask) -> str:
    asked = {"size": ask.size, "from": ask.start, "sort": ask.sort, "filter": ask.filter}
    return "?" + urlencode({name: value for name, value in asked.items() if value != ""})


def _is_telling(outcome: _Outcome) -> bool:
    """Tell whether a list has a record as only Teraslice's has."""
    entries = outcome.whole.entries if outcome.whole else []
    if outcome.source.id_field:
        return any(entry.key for entry in entries)
    return any(b'"node_id"' in entry.text for entry in entries)
