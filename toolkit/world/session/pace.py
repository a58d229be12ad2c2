"""How an execution that a client starts works: how fast, how much there is to do, what goes wrong.

Source: observed runs of `test-reader` and `data_generator` (slices a second by `delay`, ten slices of a once job, a
queue that grows by 260 slices a second up to 10,000, failures by paths that do not exist); the rule of one slice in ten
seconds and worker for other readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.model.instants import MINUTE, SECOND
from toolkit.tracks.track import HOUR_MS

if TYPE_CHECKING:
    from toolkit.model.wire import Document

OVERHEAD: Final = 60
"""Milliseconds of a slice besides its operations. Source: observed, delays of 250 to 500 ms."""
ONCE_SLICES: Final = 10
"""Slices of a once job of the readers that make their own data. Source: Teraslice's `test-reader`."""
READ_SLICES: Final = 120
"""Slices of a once job of the other readers."""
MOST_QUEUED: Final = 10_000
QUEUED_PER_HOUR: Final = 260 * HOUR_MS // SECOND
FAILS: Final = 120
"""Milliseconds that a failing slice takes without retries, roughly. Source: observed."""
RETRY: Final = 150
"""Milliseconds that one retry of it takes. Source: observed, a quarter of a second for a slice with one retry."""
_OWN_DATA: Final = frozenset({"test-reader", "data_generator"})
_LONGEST: Final = 30 * MINUTE


class Pace(NamedTuple):
    """How an execution works.

    Attributes:
        slice_ms: What a worker takes for a slice.
        total: How many slices there are; `None` for endless ones.
        floods: Whether its slicer fills the queue.
        missing: The file that no slice can be read without, so that every slice fails.
        broken: The file that the slicer cannot be started without.
        recoverable: Whether its slicer can take up where another execution ended.
    """

    slice_ms: int
    total: int | None
    floods: bool
    missing: str | None
    broken: str | None
    recoverable: bool

    def per_hour(self, workers: int) -> int:
        """Give the slices an hour of so many workers."""
        return workers * HOUR_MS // self.slice_ms


def pace_of(config: Document, slice_every: int) -> Pace:
    """Read an execution's configuration.

    Args:
        config: A validated configuration; what is not as expected in it is taken for not there.
        slice_every: Milliseconds of a slice for readers that fetch from elsewhere.
    """
    given = config.get("operations")
    operations = [op for op in given if isinstance(op, dict)] if isinstance(given, list) else []
    reader = operations[0] if operations else {}
    name = str(reader.get("_op", "")).partition("@")[0]
    once = config.get("lifecycle") != "persistent"
    own = name in _OWN_DATA
    slice_ms = OVERHEAD if own else slice_every
    slice_ms += sum(_milliseconds(op.get("ms")) for op in operations if op.get("_op") == "delay")
    missing = _path(reader, "fetcher_data_file_path")
    if missing is not None:
        slice_ms = FAILS + RETRY * min(_milliseconds(config.get("max_retries")), 100)
    return Pace(
        slice_ms=min(slice_ms, _LONGEST),
        total=(ONCE_SLICES if own else READ_SLICES) if once else None,
        floods=own,
        missing=missing,
        broken=_path(reader, "slicer_data_file_path"),
        recoverable=name != "test-reader",
    )


def _milliseconds(value: Any) -> int:  # noqa: ANN401 - JSON is what it is
    return min(int(value), _LONGEST) if isinstance(value, (int, float)) and 0 <= value < _LONGEST else 0


def _path(reader: Document, key: str) -> str | None:
    value = reader.get(key)
    return value if isinstance(value, str) and value else None
