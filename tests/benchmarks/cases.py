"""Every case by its name, in the order in which they are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import fresh, many, peers, processes, recording, under_load, workers, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.comparing import Plan
    from tests.benchmarks.figures import Figure

CASES: dict[str, Callable[[Plan], list[Figure]]] = {
    "live": under_load.page_live,
    "lean": under_load.page_lean,
    "replay": under_load.page_replay,
    "first": under_load.page_first,
    "controllers": under_load.controllers,
    "one": under_load.one_execution,
    "at": under_load.at_instant,
    "fresh": fresh.page,
    "fresh-controllers": fresh.controllers,
    "many": many.page,
    "ten-thousand": many.ten_thousand,
    "filter": many.filter_,
    "jump": many.jump,
    "start": processes.start,
    "memory": processes.memory,
    "help": processes.help_,
    "record": recording.each_second,
    "polls": recording.polls,
    "ts-topy": peers.ts_topy_sizes,
    "generic": peers.generic,
    "workers": workers.two,
    "replay-large": writing.replay,
    "generate": writing.generate,
}
