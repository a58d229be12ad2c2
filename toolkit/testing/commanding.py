"""What a test commands: jobs and executions, and a clock that goes to where they have come about."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from toolkit.errors import CommandRefused, NeverReached, UsageError
from toolkit.model.instants import format_instant, parse_duration
from toolkit.testing.arguments import refuse_unfit, shown
from toolkit.testing.asking import Asking
from toolkit.testing.reaching import reached_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.testing.clock import HandClock

Record = str | Mapping[str, Any]
"""A record as Teraslice answers it, or its id."""


class Commanding(Asking):
    """A world whose jobs and executions can be commanded.

    Attributes:
        clock: Its clock.
    """

    clock: HandClock

    def post_job(self, job: Mapping[str, Any], *, start: bool = True) -> dict[str, str]:
        """Store a job and start it; gives its `job_id`, and the `ex_id` if it is started.

        Raises:
            CommandRefused: If Teraslice would not take it.
            UsageError: If it is no dict that JSON can hold.
        """
        problem = "cannot post the job"
        refuse_unfit(problem, "job", job)
        posted: dict[str, str] = self._ask(problem, "POST", f"/v1/jobs?start={'true' if start else 'false'}", dict(job))
        return posted

    def start(self, job: Record) -> str:
        """Start a job; gives the id of its new execution.

        Raises:
            CommandRefused: If it cannot be started, as when it runs, or the id is not one of a job.
            UsageError: If it is neither a job nor an id.
        """
        job_id = _id_of(job, "job_id", "cannot start the job")
        problem = f"cannot start the job {job_id}"
        with self._told_apart(problem, job_id, "job_id"):
            ex_id: str = self._ask(problem, "POST", f"/v1/jobs/{quote(job_id, safe='')}/_start")["ex_id"]
        return ex_id

    def stop(self, ex: Record) -> str:
        """Stop an execution, without waiting until it has stopped; gives the status that it has now.

        Raises:
            CommandRefused: If it cannot be stopped.
        """
        return self._move(ex, "stop", "_stop?blocking=false")

    def pause(self, ex: Record) -> str:
        """Pause an execution; gives the status that it has now.

        Raises:
            CommandRefused: If it cannot be paused.
        """
        return self._move(ex, "pause", "_pause")

    def resume(self, ex: Record) -> str:
        """Let a paused execution go on; gives the status that it has now.

        Raises:
            CommandRefused: If it cannot be resumed.
        """
        return self._move(ex, "resume", "_resume")

    def wait_for(self, ex: Record, *statuses: str, within: str = "1d") -> str:
        """Move the clock to where an execution has one of some statuses, which may be now; gives which.

        Args:
            ex: The execution.
            statuses: Teraslice's words, such as `running`.
            within: How far the clock may be moved at most.

        Raises:
            NeverReached: If it does not come to one of them by then; the text names the statuses that it passed.
            UsageError: If there is no such status, `within` is no duration, or it is neither an execution nor an id.
        """
        self._latch.check()
        ex_id = _id_of(ex, "ex_id", "cannot wait for it")
        refuse_unfit(f"cannot wait for {ex_id}", "within", within)
        with self._front.worlds.lock, self._told_apart(f"cannot wait for {ex_id}", ex_id, "ex_id"):
            reading = self._world.reading()
            last = min(reading.t + parse_duration(within), reading.last)
            t = reached_at(self._world.cluster.timeline, ex_id, statuses, reading.t, last)
            if t > reading.t:
                self.clock.set(format_instant(t))
            execution = self._world.cluster.timeline.at(t).execution(ex_id).value
        assert execution is not None, "it was just seen"
        status: str = execution.fields["_status"]
        return status

    def _move(self, ex: Record, what: str, how: str) -> str:
        ex_id = _id_of(ex, "ex_id", f"cannot {what} the execution")
        problem = f"cannot {what} the execution {ex_id}"
        with self._told_apart(problem, ex_id, "ex_id"):
            status: str = self._ask(problem, "POST", f"/v1/ex/{quote(ex_id, safe='')}/{how}")["status"]
        return status

    @contextmanager
    def _told_apart(self, problem: str, named: str, field: str) -> Iterator[None]:
        """Say so where an id is one of something else, or of nothing: Teraslice's words for that are its database's."""
        try:
            yield
        except (CommandRefused, NeverReached) as refused:
            view = self._world.cluster.timeline.at(self.clock.t)
            job, execution = view.job(named).value, view.execution(named).value
            if (job if field == "ex_id" else execution) is not None:
                other = "a job's id" if field == "ex_id" else "an execution's id"
                refused.args = (f"{problem}: that is {other}; take its {field}",)
            elif job is None and execution is None and isinstance(refused, CommandRefused):
                when = format_instant(self.clock.t)
                refused.args = (
                    f"{problem}: there is none of that id at {when}; take the {field} of one that is there",
                )
            raise


def _id_of(record: object, field: str, problem: str) -> str:
    """Give an id, which may be given itself.

    Raises:
        UsageError: If it is not, and not in the record either.
    """
    found = record.get(field) if isinstance(record, Mapping) else record
    if isinstance(found, str) and found:
        return found
    msg = f"{problem}: {shown(record)} is no {field} and no record that has one; give what names it"
    raise UsageError(msg)
