"""A generated job is one that Teraslice would accept, its operations with their defaults."""

from __future__ import annotations

from toolkit.jobs.configure import configure
from toolkit.jobs.known import Known
from toolkit.world.catalogue import TEMPLATES
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline


def test_starting_a_generated_job_anew_gives_the_configuration_its_executions_have() -> None:
    """For every template, what `_start` makes of a job is what its generated executions say, in their order of keys."""
    timeline = LiveTimeline(Scenario(seed=3, jobs=80), MemoryLog())
    view = timeline.at(timeline.first)
    assets = [record.fields for record in view.assets().value]
    known = Known(assets, view.asset_operations().value, view.info().value.fields)
    seen = set()
    for record in view.jobs(0, 100).value:
        job = record.fields
        execution = view.latest_execution(job["job_id"]).value
        if execution is None:
            continue
        seen.add(job["name"].partition("-")[0])
        made = configure(job, known, posted=False).execution
        assert [list(op.items()) for op in made["operations"]] == [list(op.items()) for op in job["operations"]]
        shared = made.keys() & execution.fields.keys() - {"_created", "_updated", "_context"}
        assert {key: made[key] for key in shared} == {key: execution.fields[key] for key in shared}

    assert seen == {template.prefix.partition("-")[0] for template in TEMPLATES}
