"""Who is there: jobs, the executions living at the epoch, and every job's history.

Jobs are numbered; the first `living` of them live at the epoch ("lanes"). What a client sees is an id made from the
number, so the numbering shows nowhere. An execution's number says what it is: `4 * index + kind`.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from math import gcd
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.model.instants import DAY, HOUR, MINUTE
from toolkit.world.catalogue import SUBJECTS, TEMPLATES, Template
from toolkit.world.draws import Draws

if TYPE_CHECKING:
    from toolkit.world.scenario import Scenario

LANE: Final = 0
HISTORY: Final = 1
STARTED: Final = 2
PER_JOB: Final = 4
"""Places for history numbers per job; at most three are used."""
WORKERS: Final = (1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 5, 6, 7, 8)
"""Quantiles of the workers a job asks for; scaled up to a larger `workers_most`, cut at a smaller one."""
_ONCE: Final = tuple(template for template in TEMPLATES if template.lifecycle == "once")
DAYS: Final = (3, 7, 14, 30, 60, 120)
"""Bounds in days of the age of an execution that lives for days to months."""


def number_of(kind: int, index: int) -> int:
    """Give an execution's number."""
    return PER_JOB * index + kind


class Lane(NamedTuple):
    """One execution living at the epoch.

    Attributes:
        fate: What it is at the epoch or will be: starting, running, recovering, failing, paused or completing.
        age: Milliseconds since it was created.
        since: Milliseconds for which it has been failing or paused; until completion for `completing`.
        fails: Whether it has failed slices.
    """

    fate: str
    age: int
    since: int
    fails: bool


class JobPlan(NamedTuple):
    """One job, without its dates."""

    name: str
    template: Template
    subject: str
    lifecycle: str
    workers: int


@lru_cache(maxsize=64)
def permille(share: float) -> int:
    """Turn a share into a whole number per mille."""
    return round(share * 1000)


class Population:
    """The jobs and executions of one world at its epoch."""

    def __init__(self, scenario: Scenario, seed: int | str, epoch: int) -> None:
        """Plan the population of a world that starts at `epoch`; `seed` also tells worlds of one scenario apart."""
        self.scenario = scenario
        self.epoch = epoch
        self._shortest = max(5 * MINUTE, scenario.startup_most + MINUTE)
        self._draw = {
            name: Draws(seed, name)
            for name in (
                "steps", "age", "since", "lane order", "count", "length", "place", "made", "edited", "gap",
            )
        }  # fmt: skip
        self._job = Draws(seed, "job")
        self._shift = int(self._job.at(2**40))
        self._step_span = scenario.step_most - scenario.step_least + 1
        most = scenario.workers_most
        self._workers = [min(drawn * max(most, WORKERS[-1]) // WORKERS[-1], most) for drawn in WORKERS]
        share = permille(scenario.living_share)
        near = scenario.jobs * 618 // 1000
        # Numbers in job names are spread over the jobs, so that who lives, and who starts next, cannot be read off.
        self._stride = next((n for n in range(near, 2, -1) if gcd(n, scenario.jobs) == 1), 1)
        self.living = min((scenario.jobs * share + 500) // 1000, scenario.max_living)

    def startup(self, number: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401 - an integer or an array of them
        """Give how long an execution is pending, scheduling and initializing."""
        at, least, span = self._draw["steps"].at, self.scenario.step_least, self._step_span
        return least + at(3 * number) % span, least + at(3 * number + 1) % span, least + at(3 * number + 2) % span

    @cached_property
    def lanes(self) -> list[Lane]:
        """The executions living at the epoch, by job number."""
        s, living = self.scenario, self.living
        order = sorted(range(living), key=lambda i: (self._draw["lane order"].at(i), i))
        young = round(s.young_share * living)
        recent = round(s.recent_share * living)
        hours = round(s.hours_share * living)
        days = living - young - recent - hours
        fates = ["starting"] * young
        recovering = min(recent, round(s.recovering_share * living))
        fates += ["recovering"] * recovering + ["running"] * (recent - recovering)
        rest = hours + max(0, days)
        failing = min(max(0, days), round(s.failing_share * living))
        paused = min(rest - failing, round(s.paused_share * living))
        completing = min(rest - failing - paused, round(s.completing_share * living))
        fates += ["running"] * (rest - failing - paused - completing)
        fates += ["completing"] * completing + ["paused"] * paused + ["failing"] * failing
        fails = round(s.failures_share * living)
        # The failing ones come last, so that they are the first to be among those with failed slices.
        can_fail = [place for place in reversed(range(young + recovering, living)) if fates[place] != "completing"]
        failed = set(can_fail[: max(fails, failing)])
        lanes: list[Lane | None] = [None] * living
        groups = ["young"] * young + ["recent"] * recent + ["hours"] * hours + ["days"] * days
        for place, lane in enumerate(order):
            fate = fates[place]
            age = self._age(lane, groups[place], fate)
            lanes[lane] = Lane(
                fate,
                age,
                self._since(lane, fate, age, place - (living - failing - paused - completing)),
                place in failed,
            )
        return [lane for lane in lanes if lane is not None]

    def _age(self, lane: int, group: str, fate: str) -> int:
        s, ages = self.scenario, self._draw["age"]
        startup = sum(self.startup(number_of(LANE, lane)))
        if group == "young":
            return ages.between(lane, 0, min(s.young_under, startup) - 1)
        if group == "recent":
            least = max(s.young_under, startup)
            if fate == "recovering":
                # Began before the epoch, so that it runs before the first event may stop it.
                least = max(s.young_under, startup + 1)
                return ages.between(lane, least, max(least, min(s.recent_under, startup + s.recovering_for) - 1))
            return ages.between(lane, least, s.recent_under - 1)
        if group == "hours":
            return ages.between(lane, s.hours_from, s.days_from - 1)
        bound = min(max(DAYS[ages.at(lane) % len(DAYS)] * DAY, s.days_from), s.days_to)
        return s.days_from + (int(ages.at(lane)) >> 8) % (bound - s.days_from + 1)

    def _since(self, lane: int, fate: str, age: int, place: int) -> int:
        since, s = self._draw["since"], self.scenario
        if fate == "failing":
            return since.between(lane, 0, s.failing_for - 1)
        if fate == "paused":
            return since.between(lane, 1, min((age - s.startup_most) // 2, 12 * HOUR))
        if fate == "completing":
            least = min(5 * MINUTE * 4 ** min(place, 6), 10 * DAY)
            return since.between(lane, least, 4 * least)
        return 0

    def job(self, index: int) -> JobPlan:
        """Give the plan of a job, from its number."""
        draw = self._job.at(index)
        template = self._template(index, draw)
        subject = SUBJECTS[(draw >> 16) % len(SUBJECTS)]
        shown = (index * self._stride + self._shift) % self.scenario.jobs + 1
        workers = self._workers[(draw >> 32) % len(WORKERS)]
        return JobPlan(f"{template.prefix}-{subject}-{shown}", template, subject, template.lifecycle, workers)

    def job_shown_as(self, shown: Any) -> Any:  # noqa: ANN401 - an integer or an array of them
        """Give the job with a number, from 1 to that of the jobs, in its name."""
        jobs = self.scenario.jobs
        return (shown - 1 - self._shift % jobs) * pow(self._stride, -1, jobs) % jobs

    def kinds_of(self, jobs: Any) -> Any:  # noqa: ANN401 - arrays
        """Give what each of an array of jobs is: its template's place times the number of subjects, plus its subject's.

        Whoever completes soon may have another template: those are among the jobs that live at the epoch.
        """
        draw = self._job.at(jobs)
        return draw % len(TEMPLATES) * len(SUBJECTS) + (draw >> 16) % len(SUBJECTS)

    def kind_of(self, index: int) -> int:
        """Give the same of one job, whichever it is."""
        plan = self.job(index)
        return TEMPLATES.index(plan.template) * len(SUBJECTS) + SUBJECTS.index(plan.subject)

    def lifecycle_of(self, index: int) -> str:
        """Give a job's lifecycle, from its number."""
        return self._template(index, self._job.at(index)).lifecycle

    def workers_of(self, index: int) -> int:
        """Give how many workers a job asks for, from its number."""
        return self._workers[int(self._job.at(index) >> 32) % len(WORKERS)]

    @property
    def most_workers(self) -> int:
        """The most workers that a job asks for."""
        return max(self._workers)

    def workers_of_all(self, jobs: Any) -> Any:  # noqa: ANN401 - arrays
        """Give how many workers each of an array of jobs asks for."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        return np.array(self._workers, dtype=np.int64)[(self._job.at(jobs) >> 32) % len(WORKERS)]

    def _template(self, index: int, draw: int) -> Template:
        once = index < self.living and self.lanes[index].fate == "completing"
        choices = _ONCE if once else TEMPLATES
        return choices[draw % len(choices)]

    def history_count(self, job: Any) -> Any:  # noqa: ANN401 - an integer or an array of them
        """Give how many historical executions jobs have, before `recovered` lanes are seen to have one."""
        return self._draw["count"].at(job) % (self.scenario.history_most + 1)

    def count_of(self, job: int) -> int:
        """Give how many historical executions a job has."""
        count = int(self.history_count(job))
        recovered = job < self.living and self.lanes[job].fate == "recovering"
        return max(count, min(1, self.scenario.history_most)) if recovered else count

    def youngest(self, job: int) -> int:
        """Give the age below which a job's history has no place: that of its living execution, if any."""
        if job < self.living:
            return max(self.scenario.history_from, self.lanes[job].age + MINUTE)
        return self.scenario.history_from

    def history_ages(self, number: Any, nth: Any, count: Any, youngest: Any) -> tuple[Any, Any]:  # noqa: ANN401
        """Give the ages at the epoch of a historical execution's creation and end; all arguments may be arrays.

        The time from `youngest` to `history_to` is cut into `count` pieces, and the `nth` execution lies in the `nth`.
        """
        piece = (self.scenario.history_to - youngest) // count
        drawn = self._draw["length"].at(number)
        length = self._shortest + ((drawn >> 8) % (HOUR << (drawn & 7))) % (piece // 2 - self._shortest)
        ended = youngest + nth * piece + self._draw["place"].at(number) % (piece - length)
        return ended + length, ended

    def job_ages(self, job: Any) -> tuple[Any, Any]:  # noqa: ANN401 - integers or arrays
        """Give the ages at the epoch of a job's creation and last change; all of history is younger than both."""
        oldest = self.scenario.history_to
        made = oldest + DAY + self._draw["made"].at(job) % (365 * DAY)
        edited = self._draw["edited"].at(job) % 10 < 3  # noqa: PLR2004 - three jobs in ten were edited once
        return made, made - edited * (self._draw["gap"].at(job) % (made - oldest))
