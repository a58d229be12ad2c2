"""The faults of one world of a server: those it begins with, those its log adds, and what its requests got."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.answers.spoilable import refuse_unknown, route_of
from toolkit.errors import FaultError
from toolkit.faults.faults import decide, faults_of
from toolkit.faults.rule import Facing, document_of, rule_of
from toolkit.faults.tally import Tally
from toolkit.model.faults import FaultList, ListedFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.faults.faults import Faults
    from toolkit.faults.spoiling import Spoiling
    from toolkit.model.faults import Fault
    from toolkit.world.commands import Command, CommandLog


class WorldFaults:
    """The faults of one world.

    Attributes:
        active: Whether there are any: where there are none, nobody counts.
        changed: Whether they are others than at the start.
    """

    def __init__(self, log: CommandLog, initial: Sequence[Fault], seed: int, first: int) -> None:
        """Take up those in force.

        Args:
            log: Where faults are added and dropped.
            initial: Those that the world begins with.
            seed: What keys the draws.
            first: The world's first instant, from which offsets count.

        Raises:
            FaultError: If one cannot be.
        """
        self._log = log
        self._initial = tuple(initial)
        self._seed = seed
        self._first = first
        self._tally = Tally()
        self._marked: dict[str, tuple[int, Tally]] = {}
        self._take_up()

    def listed(self) -> FaultList:
        """List those in force, in the order in which they are tried."""
        rules = self._faults.rules.items()
        return FaultList(
            self._seed, [ListedFault(number, self._tally.hits(number), rule.fault) for number, rule in rules]
        )

    def add(self, t: int, faults: Sequence[Fault]) -> list[int]:
        """Add some, and give their ids.

        Raises:
            FaultError: If one cannot be; then none is added.
            CommandNotKept: If it cannot be kept.
        """
        for place, fault in enumerate(faults):
            try:
                refuse_unknown(fault)
                rule_of(fault, self._first)
            except FaultError as error:
                msg = str(error) if len(faults) == 1 else f"[{place}].{error}"
                raise FaultError(msg) from None
        before = self._faults.given
        try:
            for number, fault in enumerate(faults, before + 1):
                self._log.append(t, {"do": "add_fault", "fault": document_of(fault), "id": number})
        finally:
            self._take_up()
        return list(range(before + 1, before + 1 + len(faults)))

    def drop(self, t: int, number: int | None) -> bool:
        """Drop one, or all if `None`; gives whether there was one."""
        if number is not None and number not in self._faults.rules:
            return False
        self._log.append(t, {"do": "drop_faults"} if number is None else {"do": "drop_faults", "id": number})
        self._tally.forget(number)
        self._take_up()
        if not self.active:
            # Nobody counts from here on: what comes under the next fault is the first.
            self._tally = Tally()
        return True

    def begin_again(self) -> None:
        """Count from the start again, under the faults that are in force now."""
        self._tally = Tally()
        self._take_up()

    def mark(self, mark: Command) -> None:
        """Remember the counts at a checkpoint."""
        self._marked[mark.entry["name"]] = mark.sequence, self._tally.copy()

    def restore(self, mark: Command) -> None:
        """Go back to the counts at a checkpoint; to none if another process made it."""
        sequence, tally = self._marked.get(mark.entry["name"], (0, Tally()))
        self._tally = tally.copy() if sequence == mark.sequence else Tally()
        self._take_up()

    def decide(self, method: str, target: str, t: int) -> Spoiling | None:
        """Count a request, and give what it gets."""
        path = target.partition("?")[0]
        route = route_of(method, path)
        facing = Facing(route, method, path, self._tally.next(route), t)
        spoiling = decide(self._faults, self._tally, facing)
        if spoiling is not None:
            self._tally.count(spoiling, route)
        return spoiling

    def _take_up(self) -> None:
        self._faults: Faults = faults_of(self._seed, self._first, self._initial, self._log.in_force())
        self.active = bool(self._faults.rules)
        self.changed = [rule.fault for rule in self._faults.rules.values()] != list(self._initial)
