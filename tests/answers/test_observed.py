"""What a real Teraslice 3.18.0 answered, and what we answer: the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from toolkit.answers.answer import Cluster, Request, answer
from toolkit.model.instants import MINUTE
from toolkit.model.wire import etag, pretty
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.timeline.view import View

DATA = Path(__file__).parents[1] / "data"
ERRORS = [json.loads(line) for line in (DATA / "observed-errors.jsonl").read_text().splitlines()]
DOCUMENTS = json.loads((DATA / "observed-documents.json").read_text())
SCENARIO = Scenario(seed=2)


def cluster() -> Cluster:
    """Make a live cluster."""
    return Cluster(LiveTimeline(SCENARIO, MemoryLog()), MemoryLog(), "live")


def view() -> View:
    """Look at it a minute after its epoch."""
    return cluster().timeline.at(SCENARIO.epoch + MINUTE)


@pytest.mark.parametrize("exchange", ERRORS, ids=lambda e: f"{e['request']['method']} {e['request']['target']}")
def test_errors_are_the_observed_bytes(exchange: dict[str, Any]) -> None:
    """Status, headers and body of an error are those of the real cluster, ETag included."""
    asked, observed = exchange["request"], exchange["response"]
    got = answer(cluster(), SCENARIO.epoch, Request(asked["method"], asked["target"]))
    body = observed.get("raw_text") or observed["body"]
    body = body if isinstance(body, str) else pretty(body).decode()

    assert got.status == observed["status"]
    assert got.body.decode() == body
    assert dict(got.headers) == observed["headers"]


def test_the_etag_is_the_observed_one() -> None:
    """The ETag of an empty list is what the cluster sent."""
    assert etag(b"[]") == 'W/"2-l9Fw4VUO7kr8CvBlt4zaMCqXZ0w"'


def in_order(ours: list[str], observed: list[str]) -> bool:
    """Tell whether the keys that both have stand in the same order."""
    shared = [key for key in ours if key in observed]
    return shared == [key for key in observed if key in ours]


@pytest.mark.parametrize("status", ["running", "completed"])
def test_executions_have_the_observed_fields_in_their_order(status: str) -> None:
    """An execution has every field of a real one, in its order; statistics too."""
    observed = DOCUMENTS[f"execution {status}"]
    ours = next(r.fields for r in view().executions(0, 200).value if r.fields["_status"] == status)

    assert set(ours) == set(observed)
    # What a job was posted with comes first, in the order it was posted in.
    tail = list(observed)[list(observed).index("autorecover") :]
    assert in_order(list(ours), [key for key in tail if key != "slicers"])
    assert list(ours["_slicer_stats"]) == list(observed["_slicer_stats"])


def test_controllers_nodes_and_info_have_the_observed_fields_in_their_order() -> None:
    """Controllers, nodes, processes and the info have exactly the keys of real ones, in order."""
    node = next(iter(DOCUMENTS["cluster_state"].values()))
    ours = [record.fields for _, record in view().nodes().value]
    running = [r.fields for r in view().controllers().value]

    assert all(list(one) == list(node) for one in ours)
    assert list(ours[0]["active"][0]) == list(node["active"][0])
    assert list(ours[0]["active"][-1]) == list(node["active"][-1])
    assert all(list(one) == list(DOCUMENTS["controllers"][0]) for one in running)
    assert list(view().info().value.fields) == list(DOCUMENTS["info"])
