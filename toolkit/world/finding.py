"""Lists of a large world without what a search cannot find: the order stays, and the cost is that of what is left.

A few columns decide, none of which needs a document. What the columns cannot tell of is left in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.timeline.wanted import Between, Lead, Leaf, Wanted, chosen
from toolkit.world import order
from toolkit.world.rows import OF_JOBS, Rows, choose
from toolkit.world.traits import column

if TYPE_CHECKING:
    from collections.abc import Generator

    from toolkit.timeline.order import Entry
    from toolkit.timeline.wanted import Choosing
    from toolkit.world.world import World

_DATED: Final = frozenset({"_created", "_updated"})
_VARYING: Final = OF_JOBS | _DATED
"""Fields in which jobs differ."""
_ALIKE: Final = {"analytics": True, "slicers": 1, "active": True, "_context": "job"}
"""Fields of jobs that can be searched and are the same in every job; any other one that is not told of is in none."""


class Left(NamedTuple):
    """What is left of the executions.

    Attributes:
        moving: Those that live or ended by themselves, sorted: keys and numbers.
        places: The places of others among those that ended (`World.ended_number`), an ascending array.
    """

    moving: list[tuple[Entry, int]]
    places: Any


def is_large(world: World) -> bool:
    """Tell whether columns are worth it."""
    return world.scenario.jobs >= max(1, order.COLUMNS_FROM)


def executions_left(
    world: World, moving: list[tuple[Entry, int]], t: int, wanted: Wanted, lead: Lead | None
) -> Choosing[Left]:
    """Leave executions out that a search cannot find, in steps; `None` if it may find any.

    Args:
        world: The world.
        moving: Those that live or ended by themselves, sorted.
        t: The instant.
        wanted: What the search wants.
        lead: The first field of its order, if all that it does is sorting.
    """
    import numpy as np  # noqa: PLC0415 - a small world is served without numpy

    known: dict[int, Any] = {}
    few = yield from _choice(world, world.stock.moving(moving, t), wanted, lead, known)
    if few is None:
        # The columns are the same for all rows: what they cannot tell of some they cannot tell of any.
        return None
    stopped = yield from world.stock.stopped(world.gone(t))
    ended: list[Any] = []
    for rows in (stopped, world.stock.past()):
        ended.append((yield from _choice(world, rows, wanted, lead, known)))
        yield
    return Left([row for row, stays in zip(moving, few, strict=True) if stays], np.flatnonzero(np.concatenate(ended)))


def _choice(world: World, rows: Rows, wanted: Wanted, lead: Lead | None, known: dict[int, Any]) -> Choosing[Any]:
    import numpy as np  # noqa: PLC0415 - a small world is served without numpy

    if lead is not None:
        if lead.field not in _DATED:
            return None
        return lead.among_first(rows.updated if lead.field == "_updated" else (yield from rows.created()))

    def ask(leaf: Leaf) -> Choosing[Any]:
        return choose(world, rows, leaf, known)

    return (yield from chosen(wanted, ask, np.zeros(len(rows.numbers), dtype=bool)))


def jobs_left(world: World, wanted: Wanted, lead: Lead | None) -> Choosing[Any]:
    """Leave jobs out that a search cannot find: the places of the others in the list, an ascending array."""
    import numpy as np  # noqa: PLC0415 - a small world is served without numpy

    numbers = np.asarray(world.jobs.numbers, dtype=np.int64)

    def dates(field: str) -> Generator[None, None, Any]:
        if field == "_updated":
            return np.asarray(world.jobs.updated, dtype=np.int64)

        def make(start: int, end: int) -> Any:  # noqa: ANN401 - an array
            ages, _ = world.population.job_ages(numbers[start:end].astype(np.uint64))
            return world.epoch - ages.astype(np.int64)

        return (yield from column(len(numbers), "int64", make))

    def ask(leaf: Leaf) -> Choosing[Any]:
        found = yield from world.traits.choose(leaf, by_id=False)
        if found is not None:
            return found[numbers]
        if isinstance(leaf.hint, Between):
            when = yield from dates(leaf.field)
            return (when >= leaf.hint.first) & (when <= leaf.hint.last)
        if leaf.field in _VARYING:
            return None
        return np.full(len(numbers), leaf.field in _ALIKE and leaf.test(_ALIKE[leaf.field]))

    if lead is not None:
        if lead.field not in _DATED:
            return None
        return np.flatnonzero(lead.among_first((yield from dates(lead.field))))
    choice = yield from chosen(wanted, ask, np.zeros(len(numbers), dtype=bool))
    return None if choice is None else np.flatnonzero(choice)
