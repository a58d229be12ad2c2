"""The documents of the generated world, keys in the order in which Teraslice sends them.

Source: observed answers of Teraslice 3.18.0 (key order, which field is there in which status) and its failure texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.model.instants import DAY, format_instant
from toolkit.world.catalogue import ASSETS, EX_TERASLICE_VERSION, operations_of
from toolkit.world.history import COUNTED

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.world.catalogue import AssetPlan
    from toolkit.world.draws import Draws
    from toolkit.world.life import Life
    from toolkit.world.population import JobPlan
    from toolkit.world.session.course import Course

PORTS: Final = (45_680, 46_678)
"""The ports of execution controllers. Source: Teraslice's default `slicer_port_range`."""
ERROR_TEXT: Final = (
    "TSError: Failure to process slice, caused by Error: {reason}\n"
    "    at pRetry (packages/core-utils/dist/src/promises.js:103:21)\n"
    "    at async SliceExecution.run (packages/teraslice/dist/src/lib/workers/worker/slice.js:37:22)\n"
    "Caused by: Error: {reason}"
)
REASONS: Final = (
    "Request timed out after 30000ms",
    "bulk sender error: es_rejected_execution_exception",
    "connect ECONNREFUSED",
    "mapper_parsing_exception: failed to parse field [created]",
)
_ERROR_TEXTS: Final = [ERROR_TEXT.replace("{reason}", reason) for reason in REASONS]


def asset_document(asset: AssetPlan, before: int) -> Document:
    """Make an asset's document.

    Args:
        asset: The asset.
        before: An instant before which every asset was there.
    """
    return {"_created": format_instant(before - asset.age * DAY - asset.age * 3_217), **asset.described}


def job_document(plan: JobPlan, job_id: str, created: int, updated: int) -> Document:
    """Make a job's document."""
    return {
        "name": plan.name,
        "lifecycle": plan.lifecycle,
        "workers": plan.workers,
        "analytics": True,
        "operations": operations_of(plan.template, plan.subject),
        "assets": list(plan.template.assets),
        "slicers": 1,
        "active": True,
        "job_id": job_id,
        "_context": "job",
        "_created": format_instant(created),
        "_updated": format_instant(updated),
    }


def stats_document(life: Life | Course, t: int) -> Document:
    """Make slicer statistics; what has a controller before it runs counts as started when it was created."""
    stats: dict[str, Any] = life.stats(t)
    if life.started <= t or life.connects <= t:
        stats["started"] = format_instant(life.started if t >= life.started else life.created)
    queued = life.queuing_complete(t)
    if queued is not None:
        stats["queuing_complete"] = format_instant(queued)
    return stats


def controller_document(life: Life | Course, t: int, ex_id: str, job_id: str, name: str) -> Document:
    """Make the entry of an execution's controller."""
    return {"ex_id": ex_id, "job_id": job_id, "name": name, **stats_document(life, t)}


FAILURES: Final = {
    "failing": "execution {ex_id} has encountered a processing error, reason: slice failure watch dog",
    "failed": "execution: {ex_id} had {failed} slice failure{s} during processing",
    "terminated": "execution {ex_id} received shutdown before the slicer could complete, "
    'setting status to "terminated"',
}
"""What `_failureReason` says by status; it is empty in every other."""


def failure_reason(life: Life | Course, ex_id: str, status: str) -> str:
    """Give the text of `_failureReason` in a status."""
    text = FAILURES.get(status, "")
    failed = life.failed(life.ended) if status == "failed" else 0
    return text.format(ex_id=ex_id, failed=failed, s="s" if failed != 1 else "")


def execution_document(  # noqa: PLR0913, PLR0917 - what a document is made of
    life: Life, t: int, plan: JobPlan, ids: tuple[str, str, str | None], host: str, ports: Draws
) -> Document:
    """Make an execution's document as it is at `t`.

    Args:
        life: The execution.
        t: An instant not before its creation.
        plan: Its job.
        ids: Its id, its job's id, and the id of the execution it recovers.
        host: The host of its controller.
        ports: Draws of controller ports.
    """
    ex_id, job_id, recovers = ids
    updated, status = life.move_at(t)
    reason = failure_reason(life, ex_id, status)
    seen = {name for _, name in life.moves[: life.moves_until(t)]}
    document: Document = {
        "name": plan.name,
        "lifecycle": plan.lifecycle,
        "workers": plan.workers,
        "analytics": True,
        "operations": operations_of(plan.template, plan.subject),
        "assets": [ASSETS[name].id for name in plan.template.assets],
        "slicers": 1,
        "active": True,
        "autorecover": False,
        "max_retries": 3,
        "apis": [],
        "probation_window": 300_000,
        "stateful": False,
        "labels": None,
        "env_vars": {},
        "log_level": None,
        "relocatable": False,
        "job_id": job_id,
        "ex_id": ex_id,
        "metadata": {},
        "_status": status,
        "_context": "ex",
        "_created": format_instant(life.created),
        "_updated": format_instant(updated),
        "_has_errors": bool(reason),
        "_slicer_stats": stats_document(life, updated) if status in COUNTED else {},
        "_failureReason": reason,
        "teraslice_version": EX_TERASLICE_VERSION,
    }
    if recovers is not None:
        document["recovered_execution"] = recovers
    if "initializing" in seen:
        document["slicer_port"] = ports.between(life.number, *PORTS)
        document["slicer_hostname"] = host
    return document


def error_document(when: tuple[int, int], ex_id: str, slice_id: str, draw: int) -> Document:
    """Make the record of a failed slice.

    Args:
        when: The instant at which it failed, and how many slices were processed then.
        ex_id: The execution's id.
        slice_id: Its own.
        draw: Decides what is in it.
    """
    failed, processed = when
    begin = format_instant(failed - 60_000)
    return {
        "slice_id": slice_id,
        "slicer_id": 0,
        "slicer_order": processed,
        "request": f'{{"start":"{begin}","end":"{format_instant(failed - 50_000)}","count":{draw % 9973 + 1}}}',
        "state": "error",
        "ex_id": ex_id,
        "_created": format_instant(failed - 1000 - (draw >> 20) % 5000),
        "_updated": format_instant(failed),
        "retry_count": 3,
        "error": _ERROR_TEXTS[draw % len(REASONS)],
    }
