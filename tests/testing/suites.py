"""Suites for runs of pytest in pytest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

DEMO = Path(__file__).parents[2] / "snapshots" / "demo"
INI = """
[pytest]
filterwarnings = error
addopts = --strict-markers --strict-config --import-mode=importlib -p no:randomly
"""


def plugin_run(pytester: pytest.Pytester, *more: str) -> pytest.RunResult:
    """Run pytest in the process, with our plugin and without those that this project's own tests use."""
    return pytester.runpytest_inprocess("-p", "no:schemathesis", "-p", "no:xdist", "-p", "no:cov", *more)


def worker_run(pytester: pytest.Pytester, *more: str) -> pytest.RunResult:
    """Run pytest in a process of its own, with two workers."""
    return pytester.runpytest_subprocess("-n2", "-p", "no:schemathesis", "-p", "no:cov", *more)


CONFTEST = """
import hashlib
import pytest

def pytest_addoption(parser):
    parser.addoption("--order", default="")

def pytest_collection_modifyitems(config, items):
    order = config.getoption("--order")
    if order == "backwards":
        items.reverse()
    if order == "shuffled":
        items.sort(key=lambda item: hashlib.sha256(item.nodeid.encode()).digest())

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
MANY = """
import httpx
import pytest

JOB = {"name": "mine", "lifecycle": "persistent", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]}

pytestmark = pytest.mark.teraslice(seed=SEED)


@pytest.mark.parametrize("number", range(4))
def test_in_the_process(teraslice, number):
    teraslice.clock.advance(f"{number}m")
    with teraslice.client() as client:
        answer = client.get("/v1/jobs")
    assert answer.headers["x-toolkit-instant"] == f"2026-01-01T00:0{number}:00.000Z"
    assert answer.headers["x-toolkit-sequence"] == "1"


@pytest.mark.parametrize("number", range(4))
@pytest.mark.teraslice(scenario="busy", at="+30m")
def test_over_a_socket(teraslice, number):
    with httpx.Client(base_url=teraslice.url, trust_env=False) as client:
        ex_id = client.post("/v1/jobs", json=JOB).json()["ex_id"]
        teraslice.wait_for(ex_id, "running")
        assert client.get(f"/v1/ex/{ex_id}").json()["_status"] == "running"
    assert teraslice.clock.text.startswith("2026-01-01T00:30:0")


@pytest.mark.anyio
@pytest.mark.parametrize("number", range(4))
async def test_asynchronously(teraslice, number):
    look = teraslice.at(f"+{number}h")
    async with look.async_client() as client:
        assert (await client.get("/v1/ex")).json() == look.get("/v1/ex")

"""
SUITE = {"conftest": CONFTEST} | {f"test_{seed}": MANY.replace("SEED", f"{seed}") for seed in range(1, 5)}
