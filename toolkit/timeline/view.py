"""The one read interface: what may be asked of a cluster, at any instant.

Live (`toolkit.world`) and replay (`toolkit.tracks`) are two implementations; nothing above them knows which it has.
Whatever a view gives says until when it stays as it is, so that ready-made bytes can be served exactly that long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from toolkit.model.wire import Document, join_items, pretty, pretty_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.timeline.wanted import Choosing, Fetch, Lead, Wanted

T = TypeVar("T")

NEVER = 2**62
"""An instant after every other: "stays so for ever"."""


class Held(NamedTuple, Generic[T]):
    """A value that is right from the view's instant until `until`, that one excluded."""

    value: T
    until: int


class Record:
    """One document of a view, with its text made once.

    `fields` is shared: never change it.
    """

    __slots__ = ("_item", "fields")

    def __init__(self, fields: Document) -> None:
        """Wrap a document."""
        self.fields = fields
        self._item: bytes | None = None

    @property
    def item(self) -> bytes:
        """The document's text as it stands inside a pretty array."""
        if self._item is None:
            self._item = pretty_item(self.fields)
        return self._item

    @property
    def text(self) -> bytes:
        """The document's text as an answer of its own."""
        return pretty(self.fields)


def joined(held: Held[list[Record]]) -> Held[bytes]:
    """Write records as a pretty array, right as long as they are."""
    return Held(join_items([record.item for record in held.value]), held.until)


class Change(NamedTuple):
    """One status change of one execution: a line of `serve -v`."""

    t: int
    ex_id: str
    name: str
    before: str | None
    after: str


class Event(NamedTuple):
    """Something that became different at an instant, or was not there a moment before.

    Events are in the order of these fields; no two have the same first three.

    Attributes:
        t: The instant.
        kind: What it is (`toolkit.timeline.events.KINDS`).
        id: The execution's or the node's; empty for a refresh.
        job_id: The execution's job's, `None` if it is about none.
        name: The execution's name, `None` if it is about none.
        before: What it was: a status, a node's state, or those numbers of workers that changed; `None` for nothing.
        after: What it is.
    """

    t: int
    kind: str
    id: str
    job_id: str | None
    name: str | None
    before: str | dict[str, int] | None
    after: str | dict[str, int] | None


class View(Protocol):
    """A cluster at one instant. Lists are newest `_updated` first, ties by id, unless said otherwise.

    A job or an execution is in one of two lists: that of the soft-deleted, whose `_deleted` is true, or the usual one.
    One record alone is given either way.
    """

    @property
    def t(self) -> int:
        """The instant."""

    def info(self) -> Held[Record]:
        """What `GET /` answers."""

    def stats(self) -> Held[Record]:
        """What `GET /cluster/stats` answers."""

    def nodes(self) -> Held[list[tuple[str, Record]]]:
        """The nodes of the cluster state by key, in the order of the wire."""

    def controllers(self) -> Held[list[Record]]:
        """The execution controllers, in the order of the wire."""

    def controllers_text(self) -> Held[bytes]:
        """The execution controllers as one pretty array."""

    def controller(self, ex_id: str) -> Held[Record | None]:
        """The controller of one execution, `None` if it has none at this instant."""

    def jobs(self, start: int, size: int) -> Held[list[Record]]:
        """Jobs `start` to `start + size` of the list, without deleted ones."""

    def deleted_jobs(self, start: int, size: int) -> Held[list[Record]]:
        """Jobs `start` to `start + size` of the deleted ones."""

    def jobs_like(self, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        """Leave jobs out that a search cannot find, in steps; `None` where the whole list has to be looked at.

        Args:
            wanted: What the search wants; nothing is left out that matches.
            lead: The first field of its order, if all that it does is sorting: what comes later may be left out.
        """

    def job(self, job_id: str) -> Held[Record | None]:
        """One job, `None` if there is none of that id at this instant."""

    def job_count(self) -> int:
        """How many jobs the list has, without deleted ones."""

    def executions(self, start: int, size: int) -> Held[list[Record]]:
        """Executions `start` to `start + size` of the list, without deleted ones."""

    def deleted_executions(self, start: int, size: int) -> Held[list[Record]]:
        """Executions `start` to `start + size` of the deleted ones."""

    def executions_like(self, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        """Leave executions out that a search cannot find, as `jobs_like` does."""

    def execution(self, ex_id: str) -> Held[Record | None]:
        """One execution, `None` if there is none of that id at this instant."""

    def latest_execution(self, job_id: str) -> Held[Record | None]:
        """The execution of a job with the newest `_created`, `None` if it has none."""

    def living_of(self, job_id: str) -> Held[list[Record]]:
        """The executions of a job that are not terminal, in no order."""

    def execution_count(self) -> int:
        """How many executions the list has, without deleted ones."""

    def errors(self, ex_id: str) -> Held[list[Record]]:
        """The error records of an execution; empty if there is no such execution."""

    def assets(self) -> Held[list[Record]]:
        """The assets, newest `_created` first."""

    def asset_operations(self) -> Held[dict[str, tuple[str, ...]]]:
        """The names of each asset's operations by asset id; empty on replay, where no job is checked."""


class Timeline(Protocol):
    """A cluster's life, from `first` to `last`, both included."""

    @property
    def first(self) -> int:
        """The first instant that can be asked for."""

    @property
    def last(self) -> int:
        """The last one."""

    def at(self, t: int) -> View:
        """Look at the cluster at an instant.

        Raises:
            InstantError: If `t` is before `first` or after `last`.
        """

    def changes(self, after: int, until: int) -> Iterator[Change]:
        """Give the status changes later than `after` and not later than `until`, in their order."""

    def next_change(self, after: int) -> int:
        """Give the instant of the next status change after `after`, `NEVER` if there is none."""

    def events(self, after: int, until: int) -> Iterator[Event]:
        """Give the events later than `after` and not later than `until`, in order, at the cost of those taken.

        Nothing is an event at `first` or before: what a timeline begins with was there. A refresh is one event, and
        the only one of its instant, where any job was there before.
        """

    def happened(self, after: int, until: int) -> Iterable[Event]:
        """Give the same of a short stretch within the timeline, in any order, at the cost of all of it."""
