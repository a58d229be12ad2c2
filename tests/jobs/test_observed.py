"""What a real cluster answered to jobs and assets, and the executions it made of jobs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.clusters import KNOWN
from toolkit.jobs.assets import asset_id, check_asset
from toolkit.jobs.configure import configure
from toolkit.jobs.refusal import AssetRefused, JobRefused

DATA = Path(__file__).parents[1] / "data"
JOBS = [json.loads(line) for line in (DATA / "observed-jobs.jsonl").read_text().splitlines()]
ASSETS = [json.loads(line) for line in (DATA / "observed-assets.jsonl").read_text().splitlines()]
STORED = {"job_id", "_context", "_created", "_updated"}
"""What the fold of a start writes anew."""


def number(exchange: dict[str, Any]) -> str:
    """Name a case."""
    return str(exchange["n"])


@pytest.mark.parametrize("exchange", [one for one in JOBS if one.get("status") == 200], ids=number)
def test_a_job_is_taken(exchange: dict[str, Any]) -> None:
    """Nothing is said against it, not even a warning."""
    assert configure(exchange["job"], KNOWN, posted=exchange["posted"]).warnings == []


@pytest.mark.parametrize("exchange", [one for one in JOBS if "message" in one], ids=number)
def test_a_job_is_refused(exchange: dict[str, Any]) -> None:
    """Status and message are those observed."""
    known = KNOWN._replace(assets=KNOWN.assets[:-1])
    with pytest.raises(JobRefused) as refused:
        configure(exchange["job"], known, posted=exchange["posted"])

    assert (refused.value.status, refused.value.message) == (exchange["status"], exchange["message"])


@pytest.mark.parametrize("exchange", [one for one in JOBS if "execution" in one], ids=number)
def test_an_execution_has_the_observed_configuration(exchange: dict[str, Any]) -> None:
    """Keys, their order and values; of a started job, what storing it writes anew only has its place."""
    made = configure(exchange["job"], KNOWN, posted=exchange["posted"]).execution

    observed = exchange["execution"]
    assert list(made) == list(observed)
    assert {key: json.dumps(value) for key, value in made.items() if key not in STORED} == {
        key: json.dumps(value) for key, value in observed.items() if key not in STORED
    }


@pytest.mark.parametrize("exchange", [one for one in ASSETS if "zip" in one], ids=number)
def test_an_asset_is_answered_as_observed(exchange: dict[str, Any]) -> None:
    """The id; with `blocking`, the refusal too."""
    body = base64.b64decode(exchange["zip"])
    taken = exchange["status"] < 400
    if not taken:
        with pytest.raises(AssetRefused) as refused:
            check_asset(body, KNOWN._replace(assets=()))
        assert (refused.value.status, refused.value.message) == (exchange["status"], exchange["message"])
    if taken:
        assert asset_id(body) == exchange["asset_id"]
    if taken and exchange["blocking"]:
        assert check_asset(body, KNOWN._replace(assets=())).asset["id"] == exchange["asset_id"]


def test_an_assets_record_is_the_observed_one() -> None:
    """Of each listed asset whose zip is known: keys, order, values."""
    listed = {asset["id"]: asset for asset in ASSETS[-1]["assets"]}
    bodies = {one["asset_id"]: base64.b64decode(one["zip"]) for one in ASSETS if "asset_id" in one}
    seen = 0
    for found in listed.keys() & bodies.keys():
        made = check_asset(bodies[found], KNOWN._replace(assets=())).asset
        expected = {key: value for key, value in listed[found].items() if key != "_created"}
        assert json.dumps(made) == json.dumps(expected)
        seen += 1
    assert seen == 4
