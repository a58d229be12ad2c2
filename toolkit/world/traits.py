"""What a search can tell of a large world's jobs before any document is made: what varies among them, in columns.

An execution takes its name, lifecycle, workers and assets from its job, so that these columns are for both lists.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from toolkit.timeline.wanted import Exact, Leaf, Like, Words
from toolkit.world.catalogue import ASSETS, SUBJECTS, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from toolkit.timeline.wanted import Choosing
    from toolkit.world.population import Population
    from toolkit.world.world import World

CHUNK: Final = 65_536
"""How many rows of a column are made between two steps: some milliseconds."""
_TRIED: Final = 1_000
"""How many numbers are tried between two steps: some milliseconds."""
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
DIGITS: Final = frozenset("0123456789")
_WORD: Final = re.compile(r"\w+")
_NAMES: Final = [(*template.prefix.split("-"), *subject.split("-")) for template in TEMPLATES for subject in SUBJECTS]
"""The words of a job's name before its number, by kind (`Population.kinds_of`)."""
_TEMPLATES: Final = [template for template in TEMPLATES for _ in SUBJECTS]


def column(size: int, dtype: str, make: Callable[[int, int], Any]) -> Generator[None, None, Any]:
    """Make a column in steps.

    Args:
        size: How long it is.
        dtype: What it holds, in numpy's words.
        make: Makes the piece from one place to another.
    """
    import numpy as np  # noqa: PLC0415 - a small world is served without numpy

    whole = np.empty(size, dtype=dtype)
    for start in range(0, size, CHUNK):
        end = min(size, start + CHUNK)
        whole[start:end] = make(start, end)
        yield
    return whole


def passing(leaf: Leaf, values: Iterable[Any]) -> bool:
    """Tell whether any of some values passes a clause."""
    return any(leaf.test(value) for value in values)


def may_pass(leaf: Leaf, known: str, more: frozenset[str]) -> bool:
    """Tell whether a text may pass a clause: one of known words and of others, of which only the letters are known.

    Args:
        leaf: The clause.
        known: The known words, lower case, with blanks.
        more: The letters that the other words are made of.
    """
    hint = leaf.hint
    if isinstance(hint, Words):
        words = _WORD.findall(known)
        return (all if hint.every else any)(word in words or more.issuperset(word) for word in hint.words)
    return not isinstance(hint, Like) or more.issuperset(hint.letters) or leaf.test(known)


class Traits:
    """The jobs of a world in columns, by their numbers; made when they are first asked for."""

    def __init__(self, world: World) -> None:
        """Make nothing yet."""
        self._world = world
        self._kinds: Any = None
        self._workers: Any = None

    @property
    def _population(self) -> Population:
        return self._world.population

    def kinds(self) -> Generator[None, None, Any]:
        """Give what each job is (`Population.kinds_of`), in steps."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        if self._kinds is None:
            population = self._population

            def make(start: int, end: int) -> Any:  # noqa: ANN401 - an array
                return population.kinds_of(np.arange(start, end, dtype=np.uint64))

            kinds = yield from column(population.scenario.jobs, "uint8", make)
            for lane, plan in enumerate(population.lanes):
                if plan.fate == "completing":
                    kinds[lane] = population.kind_of(lane)
            self._kinds = kinds
        return self._kinds

    def _asked(self) -> Generator[None, None, Any]:
        """Give how many workers each job asks for, in steps."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        if self._workers is None:
            population = self._population

            def make(start: int, end: int) -> Any:  # noqa: ANN401 - an array
                return population.workers_of_all(np.arange(start, end, dtype=np.uint64))

            self._workers = yield from column(population.scenario.jobs, "uint16", make)
        return self._workers

    def choose(self, leaf: Leaf, *, by_id: bool) -> Choosing[Any]:
        """Choose jobs, as an array of truths by their numbers, by a field in which they vary.

        Args:
            leaf: What is wanted; of another field nothing can be told.
            by_id: Whether assets stand as ids, as on an execution, not as names.
        """
        if leaf.field == "job_id":
            return self._by_id(leaf)
        if leaf.field == "name":
            return (yield from self._by_name(leaf))
        if leaf.field == "workers":
            return (yield from self._by_workers(leaf))
        if leaf.field == "lifecycle":
            return (yield from self._by_kind([leaf.test(template.lifecycle) for template in _TEMPLATES]))
        if leaf.field == "assets":
            named = [[ASSETS[name].id if by_id else name for name in template.assets] for template in _TEMPLATES]
            return (yield from self._by_kind([passing(leaf, names) for names in named]))
        return None

    def none(self) -> Any:  # noqa: ANN401 - an array
        """Choose no job."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        return np.zeros(self._population.scenario.jobs, dtype=bool)

    def _by_id(self, leaf: Leaf) -> Any:  # noqa: ANN401 - an array
        if not isinstance(leaf.hint, Exact):
            return None
        found = self.none()
        for text in leaf.hint.texts:
            number = self._world.job_ids.number_of(text)
            if number is not None and number < len(found):
                found[number] = True
        return found

    def _by_kind(self, passes: list[bool]) -> Generator[None, None, Any]:
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        kinds = yield from self.kinds()
        return np.array(passes)[kinds]

    def _by_workers(self, leaf: Leaf) -> Choosing[Any]:
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        workers = yield from self._asked()
        return np.array([leaf.test(number) for number in range(self._population.most_workers + 1)])[workers]

    def _by_name(self, leaf: Leaf) -> Choosing[Any]:
        hint = leaf.hint
        if isinstance(hint, Like):
            found = yield from self._by_kind([leaf.test(" ".join(words)) for words in _NAMES])
            if DIGITS.issuperset(hint.letters):
                found[(yield from self._numbered_like(hint))] = True
            return found
        if not isinstance(hint, Words):
            return None
        choice = self.none()
        for place, word in enumerate(sorted(hint.words)):
            found = yield from self._by_kind([word in words for words in _NAMES])
            number = self._numbered(word)
            if number is not None:
                found[number] = True
            choice = choice & found if hint.every and place else choice | found
        return choice

    def _numbered(self, word: str) -> int | None:
        """Give the job whose name has a word as its number."""
        population = self._population
        known = _NUMBER.fullmatch(word) is not None and int(word) <= population.scenario.jobs
        return int(population.job_shown_as(int(word))) if known else None

    def _numbered_like(self, hint: Like) -> Generator[None, None, Any]:
        """Give the jobs whose numbers in their names pass, in steps: those are tried that begin with some digits."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        jobs, start = self._population.scenario.jobs, hint.start
        spans = [(1, jobs)]
        if start:
            known = _NUMBER.fullmatch(start) is not None
            lengths = range(len(str(jobs)) - len(start) + 1) if known else ()
            spans = [(int(start) * 10**more, (int(start) + 1) * 10**more - 1) for more in lengths]
        passing: list[int] = []
        for first, last in spans:
            for place in range(first, min(last, jobs) + 1, _TRIED):
                passing += [n for n in range(place, min(last, jobs, place + _TRIED - 1) + 1) if hint.fits(str(n))]
                yield
        return self._population.job_shown_as(np.array(passing, dtype=np.int64))
