"""What every test has: reproducible hypothesis examples, and the option that names a cluster to test."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = ["toolkit.testing.plugin"]
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_xdist_auto_num_workers() -> int:
    """Have one process more than there are cores: many tests wait for other processes, or for a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the address of a cluster."""
    parser.addoption(
        "--cluster-url", help="play the contract suite against this (fresh) cluster, in real time, instead of ours"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Test a given cluster in one process: two would disturb each other there."""
    if config.getoption("--cluster-url"):
        config.option.numprocesses = 0
        config.option.dist = "no"
        config.option.tx = []
