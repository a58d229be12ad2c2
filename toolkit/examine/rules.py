"""Every invariant, in one table.

Decides nothing itself and knows neither files nor clocks: what a rule looks at is in `records`, `steps` and `joins`.
Source: the rules of the generated world, and what a real Teraslice 3.18.0 was seen to do.
"""

from __future__ import annotations

from typing import Final

from toolkit.examine import joins, records, steps
from toolkit.examine.rule import Rule, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_EVERY = ("jobs", "executions", "controllers", "nodes", "errors", "assets")
_WRITTEN = ("jobs", "executions", "errors")
_LISTS_MS: Final = 1_500
"""For how long lists contradict each other: a search sees a write a second later, and a controller that ends answers
for about a second more (observed)."""
_NODES_MS: Final = 5_000
"""How old the state of a node may be (observed)."""

RULES: Final = (
    Rule(
        "counter-falls",
        _ERROR,
        "counters of a controller, and of an execution's statistics, never fall while one controller runs",
        ("controllers", "executions"),
        step=steps.counter_falls,
    ),
    Rule(
        "illegal-transition",
        _ERROR,
        "an execution's status takes only moves of the table, any number of them",
        ("executions",),
        step=steps.illegal_transition,
    ),
    Rule(
        "terminal-changes",
        _ERROR,
        "an execution that has ended never changes again, soft deletion aside",
        ("executions",),
        step=steps.terminal_changes,
    ),
    Rule("updated-falls", _ERROR, "the date of the last write never falls", _WRITTEN, step=steps.updated_falls),
    Rule(
        "origin-changes",
        _ERROR,
        "when a record was created, and of which job it is, is written once",
        (*_WRITTEN, "controllers"),
        step=steps.origin_changes,
    ),
    Rule(
        "process-changes",
        _ERROR,
        "a worker id on a node stays the same process as long as the node's master runs",
        ("nodes",),
        step=steps.process_changes,
    ),
    Rule("id-twice", _ERROR, "no id is twice in a list", _EVERY, record=records.id_twice),
    Rule(
        "below-zero",
        _ERROR,
        "no count and no number of slots is below zero",
        ("controllers", "executions", "nodes", "cluster"),
        record=records.below_zero,
    ),
    Rule(
        "processes-above-slots",
        _ERROR,
        "a node has no more processes than slots",
        ("nodes",),
        record=records.processes_above_slots,
    ),
    Rule(
        "available-above-slots",
        _ERROR,
        "a node has no more free slots than slots",
        ("nodes",),
        record=records.available_above_slots,
    ),
    Rule(
        "slots-do-not-add-up",
        _ERROR,
        "a node's free slots and its processes are together no more than its slots",
        ("nodes",),
        record=records.slots_do_not_add_up,
        settles=True,
        lag_ms=_NODES_MS,
    ),
    Rule("process-twice", _ERROR, "no worker id is twice on a node", ("nodes",), record=records.process_twice),
    Rule(
        "failed-above-processed",
        _ERROR,
        "slices that failed are among those processed",
        ("controllers", "executions", "cluster"),
        record=records.failed_above_processed,
        settles=True,
        lag_ms=_LISTS_MS,
    ),
    Rule(
        "dates-out-of-order",
        _ERROR,
        "nothing happens to a record before it was created, and queuing ends after the start",
        (*_WRITTEN, "controllers"),
        record=records.dates_out_of_order,
    ),
    Rule(
        "totals-differ",
        _ERROR,
        "the cluster's totals are the same under both their names",
        ("cluster",),
        record=records.totals_differ,
    ),
    Rule(
        "totals-fall",
        _ERROR,
        "the cluster's totals never fall while one master runs",
        ("cluster", "nodes"),
        picture=joins.totals_fall,
        settles=True,
        lag_ms=_LISTS_MS,
    ),
    Rule(
        "controller-of-no-execution",
        _ERROR,
        "every controller's execution is there",
        ("controllers", "executions"),
        picture=joins.controller_of_no_execution,
        whole=("executions",),
        settles=True,
        lag_ms=_LISTS_MS,
    ),
    Rule(
        "controller-of-ended-execution",
        _ERROR,
        "no controller's execution has ended",
        ("controllers",),
        picture=joins.controller_of_ended_execution,
        settles=True,
        lag_ms=_LISTS_MS,
    ),
    Rule(
        "controller-of-another-job",
        _ERROR,
        "a controller is of its execution's job",
        ("controllers",),
        picture=joins.controller_of_another_job,
        settles=True,
        lag_ms=_LISTS_MS,
    ),
    Rule(
        "process-of-another-job",
        _ERROR,
        "a process is of its execution's job",
        ("nodes",),
        picture=joins.process_of_another_job,
        settles=True,
        lag_ms=_LISTS_MS,
    ),
    Rule(
        "stop-undone",
        _WARNING,
        "an execution that is stopping is not paused",
        ("executions",),
        step=steps.stop_undone,
    ),
    Rule(
        "unknown-status",
        _WARNING,
        "an execution's status is one of those known",
        ("executions",),
        record=records.unknown_status,
    ),
    Rule(
        "start-takes-long",
        _WARNING,
        "an execution starts soon",
        ("executions",),
        record=records.start_takes_long,
        settles=True,
    ),
    Rule(
        "node-disconnected",
        _WARNING,
        "nodes are connected",
        ("nodes",),
        record=records.node_disconnected,
        settles=True,
    ),
    Rule(
        "active-above-joined",
        _WARNING,
        "workers at work have joined",
        ("controllers",),
        record=records.active_above_joined,
        settles=True,
    ),
    Rule(
        "orphan-processes",
        _WARNING,
        "processes on nodes belong to executions that live",
        ("nodes", "executions"),
        picture=joins.orphan_processes,
        whole=("executions",),
        settles=True,
    ),
    Rule(
        "two-controller-processes",
        _WARNING,
        "an execution has one controller",
        ("nodes",),
        picture=joins.two_controller_processes,
        settles=True,
    ),
    Rule(
        "no-controller",
        _WARNING,
        "an execution at work has a controller",
        ("controllers", "executions"),
        picture=joins.no_controller,
        whole=("controllers",),
        settles=True,
    ),
    Rule(
        "more-workers-than-requested",
        _WARNING,
        "an execution has no more workers than it asks for",
        ("controllers",),
        picture=joins.more_workers_than_requested,
        settles=True,
    ),
    Rule(
        "execution-of-no-job",
        _WARNING,
        "an execution's job is there",
        ("executions", "jobs"),
        picture=joins.execution_of_no_job,
        whole=("jobs",),
        settles=True,
    ),
    Rule(
        "error-of-no-execution",
        _WARNING,
        "an error record's execution is there",
        ("errors", "executions"),
        picture=joins.error_of_no_execution,
        whole=("executions",),
        settles=True,
    ),
)
"""Each with a name of its own; the errors first."""
