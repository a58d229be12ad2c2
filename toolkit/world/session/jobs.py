"""Jobs in clients' hands: their documents by instant. What Teraslice makes of a body; source: observed."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from toolkit.model.instants import format_instant
from toolkit.model.status import is_deleted
from toolkit.timeline.view import Record

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.timeline.order import Entry


class Dossier:
    """One job's documents, each from its instant on."""

    __slots__ = ("_records", "_times", "job_id", "number")

    def __init__(self, job_id: str, created: int, updated: int, document: Document, number: int | None) -> None:
        """Begin with a document.

        Args:
            job_id: The job's id.
            created: From when on there is such a job.
            updated: When the document was written; before `created` for a job of the generated world's past.
            document: The document.
            number: Its number in the generated world, `None` for one that a client posted.
        """
        self.job_id = job_id
        self.number = number
        self._times = [created]
        self._records = [(updated, Record(document))]

    @property
    def times(self) -> list[int]:
        """The instants at which there is another document."""
        return self._times

    def at(self, t: int) -> Record | None:
        """Give the job at an instant, `None` if there is none yet."""
        place = bisect_right(self._times, t)
        return self._records[place - 1][1] if place else None

    def entry(self, t: int) -> Entry:
        """Give what it is sorted by at an instant at which there is such a job."""
        return -self._records[bisect_right(self._times, t) - 1][0], self.job_id

    def deleted(self, t: int) -> bool:
        """Tell whether it is deleted at an instant at which there is such a job."""
        record = self.at(t)
        return record is not None and is_deleted(record.fields.get("_deleted"))

    def write(self, t: int, document: Document) -> None:
        """Let it be another document from `t` on."""
        if self._times[-1] == t:
            self._records[-1] = (t, Record(document))
        else:
            self._times.append(t)
            self._records.append((t, Record(document)))


def posted(body: Document, job_id: str, t: int) -> Document:
    """Make a job of what was posted: as it is, and what the server adds."""
    now = format_instant(t)
    return body | {"job_id": job_id, "_context": "job", "_created": now, "_updated": now}


def replaced(body: Document, before: Document, t: int) -> Document:
    """Make a job of what was put in place of it; its creation is kept."""
    kept = {"_created": before.get("_created"), "job_id": before["job_id"]}
    return body | kept | {"_context": "job", "_updated": format_instant(t)}


def activated(before: Document, t: int, *, active: bool) -> Document:
    """Switch a job on or off."""
    return before | {"active": active, "_updated": format_instant(t)}


def deleted(before: Document, t: int) -> Document:
    """Mark a job as deleted."""
    now = format_instant(t)
    return before | {"_updated": now, "_deleted": True, "_deleted_on": now, "active": False}
