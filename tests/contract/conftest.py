"""What the contract tests share: the transcripts, played once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.transcripts import player

if TYPE_CHECKING:
    from tests.contract.transcripts.player import Played


@pytest.fixture(scope="session")
def cluster_url(pytestconfig: pytest.Config) -> str | None:
    """Where the cluster under test is; `None` for a server of ours."""
    url: str | None = pytestconfig.getoption("--cluster-url")
    return url


@pytest.fixture(scope="session")
def played(cluster_url: str | None) -> Played:
    """Play the transcripts."""
    return player.played(cluster_url)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, when a cluster is given, what is not about it."""
    if config.getoption("--cluster-url"):
        about = [item for item in items if "cluster_url" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in about])
        items[:] = about
