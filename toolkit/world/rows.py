"""Executions of a large world in columns, and what a search can tell of them before any document is made.

Three kinds of rows make the list: those that live or ended by themselves, few of them; those that an event stopped;
and history, which never changes.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.model.status import STATUSES
from toolkit.timeline.wanted import Between, Exact, Leaf, Like
from toolkit.world.catalogue import EX_TERASLICE_VERSION, SUBJECTS, TEMPLATES
from toolkit.world.documents import FAILURES, PORTS
from toolkit.world.lives import ENDINGS
from toolkit.world.population import LANE, PER_JOB, STARTED, permille
from toolkit.world.traits import column, may_pass, passing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from toolkit.timeline.order import Entry
    from toolkit.timeline.wanted import Choosing
    from toolkit.world.world import World

OF_JOBS: Final = frozenset({"job_id", "name", "lifecycle", "workers", "assets"})
"""Fields that an execution has from its job."""
ALIKE: Final = {
    "analytics": True,
    "slicers": 1,
    "active": True,
    "autorecover": False,
    "max_retries": 3,
    "probation_window": 300_000,
    "stateful": False,
    "relocatable": False,
    "_context": "ex",
    "teraslice_version": EX_TERASLICE_VERSION,
}
"""Fields that can be searched and are the same in every execution; any other one that is not told of is in none."""
_DIED: Final = len(STATUSES)
"""What stands for "failed or terminated", where only that is known without looking closer."""
_POSSIBLE: Final = (*((status,) for status in STATUSES), ("failed", "terminated"))
"""The statuses by their place in a column."""
_PERSISTENT: Final = [template.lifecycle == "persistent" for template in TEMPLATES for _ in SUBJECTS]
_HEX: Final = frozenset("0123456789abcdef")
_ID_LENGTH: Final = 18
"""Characters of an id that say its rank, dashes and the version's digit aside, begin with so many."""


class Rows(NamedTuple):
    """Executions in columns of one length; dates in milliseconds.

    Attributes:
        numbers: Their numbers.
        jobs: Their jobs' numbers.
        updated: Their `_updated`.
        created: Makes their `_created`, in steps.
        statuses: Makes the places of their statuses in `_POSSIBLE`, in steps.
        recovers: Whether any of them may recover another one.
    """

    numbers: Any
    jobs: Any
    updated: Any
    created: Callable[[], Generator[None, None, Any]]
    statuses: Callable[[], Generator[None, None, Any]]
    recovers: bool


def _ready(value: Any) -> Callable[[], Generator[None, None, Any]]:  # noqa: ANN401 - an array
    def give() -> Generator[None, None, Any]:
        yield
        return value

    return give


class Stock:
    """The executions of one world in columns, made when they are first asked for."""

    def __init__(self, world: World) -> None:
        """Make nothing yet."""
        self._world = world
        self._created: Any = None
        self._statuses: Any = None
        self._stopped = array("q"), array("q")

    def moving(self, rows: list[tuple[Entry, int]], t: int) -> Rows:
        """Give what lives or ended by itself at an instant.

        Args:
            rows: Their sort keys and numbers.
            t: The instant.
        """
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        lives = [self._world.lives.life(number) for _, number in rows]
        statuses = [STATUSES.index(life.move_at(t)[1]) for life in lives]
        return Rows(
            np.array([number for _, number in rows], dtype=np.int64),
            np.array([life.job for life in lives], dtype=np.int64),
            np.array([-key[0] for key, _ in rows], dtype=np.int64),
            _ready(np.array([life.created for life in lives], dtype=np.int64)),
            _ready(np.array(statuses, dtype=np.uint8)),
            recovers=True,
        )

    def stopped(self, gone: int) -> Generator[None, None, Rows]:
        """Give what events have stopped, the first so many places of the cycle, newest first, in steps."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        lives, (updated, created) = self._world.lives, self._stopped
        while len(updated) < gone:
            for place in range(len(updated), min(gone, len(updated) + 1_000)):
                number = lives.at_place(place)
                index, kind = divmod(number, PER_JOB)
                created.append(lives.calendar.start_time(index) if kind == STARTED else lives.life(number).created)
                updated.append(lives.calendar.stop_time(place) + self._world.scenario.stopping_for)
            yield
        places = np.arange(gone - 1, -1, -1, dtype=np.int64)
        first = len(lives.stoppable)
        stoppable = np.array([*lives.stoppable, 0], dtype=np.int64)
        lanes = stoppable[np.minimum(places, first)]
        numbers = PER_JOB * np.where(places < first, lanes, places - first) + np.where(places < first, LANE, STARTED)
        turns = places % max(1, lives.cycle)
        living = self._world.population.living
        jobs = np.where(turns < first, stoppable[np.minimum(turns, first)], living + turns - first)
        times, births = (np.array(row[:gone], dtype=np.int64)[::-1] for row in (updated, created))
        statuses = np.full(gone, STATUSES.index("stopped"), dtype=np.uint8)
        return Rows(numbers, jobs, times, _ready(births), _ready(statuses), recovers=True)

    def past(self) -> Rows:
        """Give history, newest first."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        history = self._world.history
        numbers = np.asarray(history.numbers, dtype=np.int64)
        jobs = numbers // (PER_JOB * PER_JOB)
        updated = np.asarray(history.updated, dtype=np.int64)
        return Rows(numbers, jobs, updated, self._births, self._endings, recovers=False)

    def _births(self) -> Generator[None, None, Any]:
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        if self._created is None:
            world, population = self._world, self._world.population
            numbers = world.history.numbers
            lanes = range(population.living)
            counts = np.array([*map(population.count_of, lanes), 0], dtype=np.uint64)
            youngest = np.array([*map(population.youngest, lanes), 0], dtype=np.uint64)
            last = np.uint64(population.living)

            def make(start: int, end: int) -> Any:  # noqa: ANN401 - an array
                some = np.asarray(numbers[start:end]).astype(np.uint64)
                index = some // np.uint64(PER_JOB)
                jobs, nth = index // np.uint64(PER_JOB), index % np.uint64(PER_JOB)
                lane = np.minimum(jobs, last)
                count = np.where(jobs < last, counts[lane], population.history_count(jobs))
                least = np.uint64(population.scenario.history_from)
                ages, _ = population.history_ages(some, nth, count, np.where(jobs < last, youngest[lane], least))
                return population.epoch - ages.astype(np.int64)

            self._created = yield from column(len(numbers), "int64", make)
        return self._created

    def _endings(self) -> Generator[None, None, Any]:
        """Give how what ended before the epoch ended; what failed may have been terminated instead."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        if self._statuses is None:
            world, draws = self._world, self._world.lives.draws
            kinds = yield from world.traits.kinds()
            endings = np.array([STATUSES.index(ending) for ending in ENDINGS], dtype=np.uint8)
            persistent = np.array(_PERSISTENT)
            completed, stopped = STATUSES.index("completed"), STATUSES.index("stopped")
            share = permille(world.scenario.failures_share)

            def make(start: int, end: int) -> Any:  # noqa: ANN401 - an array
                some = np.asarray(world.history.numbers[start:end]).astype(np.uint64)
                drawn = endings[draws["ending"].at(some) % len(ENDINGS)]
                fails = draws["fails"].at(some) % 1000 < share
                never = persistent[kinds[some // np.uint64(PER_JOB * PER_JOB)]]
                lasting = np.where((drawn == completed) & never, stopped, drawn)
                return np.where(fails & (drawn != stopped), _DIED, lasting)

            self._statuses = yield from column(len(world.history), "uint8", make)
        return self._statuses


def choose(world: World, rows: Rows, leaf: Leaf, known: dict[int, Any]) -> Choosing[Any]:
    """Choose executions by a clause, as an array of truths; `None` if that can tell nothing.

    Args:
        world: The world.
        rows: The executions.
        leaf: The clause.
        known: What this search has found out about jobs, by the clause's identity.
    """
    field = leaf.field
    if field in OF_JOBS:
        if id(leaf) not in known:
            known[id(leaf)] = yield from world.traits.choose(leaf, by_id=True)
        jobs = known[id(leaf)]
        return None if jobs is None else jobs[rows.jobs]
    if field == "ex_id":
        return (yield from _by_id(world, rows, leaf))
    if field in {"_created", "_updated"}:
        return (yield from _by_date(rows, leaf))
    if field in {"_status", "_has_errors", "_failureReason"}:
        return (yield from _by_status(rows, leaf))
    return _whole(rows, _may_be(world, rows, leaf))


def _may_be(world: World, rows: Rows, leaf: Leaf) -> bool:
    """Tell whether a clause may pass in any execution, by a field of which no column is kept."""
    if leaf.field == "recovered_execution":
        return rows.recovers
    if leaf.field == "slicer_hostname":
        return passing(leaf, map(world.placement.hostname, range(world.placement.nodes)))
    if leaf.field == "slicer_port":
        return passing(leaf, range(PORTS[0], PORTS[1] + 1))
    return leaf.field in ALIKE and leaf.test(ALIKE[leaf.field])


def _whole(rows: Rows, holds: bool) -> Any:  # noqa: ANN401, FBT001 - an array of this truth
    import numpy as np  # noqa: PLC0415 - a small world is served without numpy

    return np.full(len(rows.numbers), holds)


def _by_id(world: World, rows: Rows, leaf: Leaf) -> Choosing[Any]:
    import numpy as np  # noqa: PLC0415 - a small world is served without numpy

    if isinstance(leaf.hint, Exact):
        found = [number for text in leaf.hint.texts if (number := world.ex_ids.number_of(text)) is not None]
        return np.isin(rows.numbers, np.array(found, dtype=np.int64))
    if not isinstance(leaf.hint, Like) or not leaf.hint.start:
        return None
    bounds = _ranks(leaf.hint.start)
    if bounds is None:
        return _whole(rows, holds=False)

    least, most = map(np.uint64, bounds)

    def make(start: int, end: int) -> Any:  # noqa: ANN401 - an array
        ranks = world.ex_ids.rank(rows.numbers[start:end].astype(np.uint64))
        return (ranks >= least) & (ranks <= most)

    return (yield from column(len(rows.numbers), "bool", make))


def _ranks(start: str) -> tuple[int, int] | None:
    """Give the lowest and the highest rank of ids that begin with some letters, `None` if no id does."""
    lowest, highest = "00000000-0000-4000-", "ffffffff-ffff-4fff-"
    short = start[:_ID_LENGTH]
    bounds = []
    for filler in (lowest, highest):
        text = short + filler[len(short) :]
        digits = text.replace("-", "")
        if [place for place, one in enumerate(text) if one == "-"] != [8, 13, 18] or not _HEX.issuperset(digits):
            return None
        bounds.append(int(digits[:12] + digits[13:16], 16))
    return bounds[0], bounds[1]


def _by_date(rows: Rows, leaf: Leaf) -> Choosing[Any]:
    if not isinstance(leaf.hint, Between):
        return None
    dates = rows.updated if leaf.field == "_updated" else (yield from rows.created())
    yield
    return (dates >= leaf.hint.first) & (dates <= leaf.hint.last)


def _by_status(rows: Rows, leaf: Leaf) -> Choosing[Any]:
    import numpy as np  # noqa: PLC0415 - a small world is served without numpy

    passes = {status: _status_passes(leaf, status) for status in STATUSES}
    statuses = yield from rows.statuses()
    return np.array([any(passes[status] for status in possible) for possible in _POSSIBLE])[statuses]


def _status_passes(leaf: Leaf, status: str) -> bool:
    if leaf.field == "_status":
        return leaf.test(status)
    if leaf.field == "_has_errors":
        return leaf.test(status in FAILURES)
    if status not in FAILURES:
        return leaf.test("")
    words = FAILURES[status].format(ex_id="", failed="", s="") + " failures"
    return may_pass(leaf, words.lower(), _HEX)
