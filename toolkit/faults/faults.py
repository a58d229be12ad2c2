"""The faults of a world, and what a request gets from them: a function of seed, fault, route and number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.errors import FaultError
from toolkit.faults.rule import Rule, fault_from, rule_of
from toolkit.faults.spoiling import Spoiling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.faults.rule import Facing
    from toolkit.faults.spoiling import Harm
    from toolkit.faults.tally import Tally
    from toolkit.model.faults import Fault
    from toolkit.world.commands import Command

MOST_FAULTS: Final = 100
"""In force at once, in one world."""


class Faults(NamedTuple):
    """The faults in force, by id, in the order in which they are tried.

    Attributes:
        seed: What keys their draws.
        rules: The faults, checked.
        given: The last id that was given; the next fault has the next one.
    """

    seed: int
    rules: dict[int, Rule]
    given: int


def faults_of(seed: int, first: int, initial: Sequence[Fault], commands: Iterable[Command]) -> Faults:
    """Give the faults that are in force in a world.

    Args:
        seed: What keys their draws.
        first: The first instant of the world.
        initial: Those that it begins with: 1 and so on.
        commands: The entries of its log that are in force.

    Raises:
        FaultError: If one cannot be.
    """
    rules = {number: rule_of(fault, first) for number, fault in enumerate(initial, 1)}
    given = len(rules)
    for command in commands:
        entry = command.entry
        if entry["do"] == "drop_faults":
            if "id" in entry:
                rules.pop(entry["id"], None)
            else:
                rules, given = {}, 0
        elif entry["do"] == "add_fault":
            try:
                rule = rule_of(fault_from(entry["fault"]), first)
            except FaultError as error:
                msg = f"cannot use entry {command.sequence} of the command log: {error}"
                raise FaultError(msg) from None
            given = entry.get("id", given + 1)
            rules[given] = rule
    return Faults(seed, rules, given)


def decide(faults: Faults, tally: Tally, facing: Facing) -> Spoiling | None:
    """Give what a request gets: the first delay and the first other harm of the faults that hit it.

    Each fault draws for itself, so that another one more or less changes nothing of what it does but where both harm.
    `times` counts the requests of each route, so that the order among routes cannot matter.

    Args:
        faults: Those in force.
        tally: What they hit before.
        facing: The request.
    """
    delay, harm, hit, told = 0, None, [], []
    for number, rule in faults.rules.items():
        if not rule.is_for(facing) or _is_spent(rule, tally.hits_at(number, facing.route)):
            continue
        if not rule.hits(faults.seed, number, facing):
            continue
        late = rule.delay(faults.seed, number, facing) if not delay else 0
        other = rule.harms(facing) if harm is None else None
        if not (late or other):
            continue
        hit.append(number)
        told += _told(number, late, other)
        delay, harm = delay or late, harm or other
    return Spoiling(tuple(hit), ", ".join(told), delay, harm) if hit else None


def _is_spent(rule: Rule, hits: int) -> bool:
    return rule.fault.times is not None and hits >= rule.fault.times


def _told(number: int, late: int, harm: Harm | None) -> list[str]:
    told = [f"delay {late}ms"] if late else []
    return [f"{text} (fault {number})" for text in (*told, *((str(harm),) if harm is not None else ()))]
