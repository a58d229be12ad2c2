"""The README's conformance table is what playing the transcripts gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.conformance import ELSE, MARKERS, OPTIONS, README, ROUTES, is_served, route_of, table, written
from tests.contract.transcripts.exchanges import FILES, load
from toolkit.answers.routes import ROUTES as OURS

if TYPE_CHECKING:
    from tests.contract.transcripts.player import Played

OWN = ("/_toolkit/", "/data/refresh")
"""Routes that Teraslice does not have."""


def test_the_readme_has_the_table_of_these_results(played: Played) -> None:
    """`python -m tests.contract.conformance` would change nothing."""
    if not played.ours:
        pytest.skip("the table is of our own server")
    readme = README.read_text("utf-8")

    assert all(readme.count(marker) == 1 for marker in MARKERS)
    assert written(readme, table(played)) == readme


def test_every_route_of_ours_is_in_the_table() -> None:
    """What is served is one of Teraslice's routes, the toolkit's own, or a path that the asset service refuses."""
    names = {(method, path.replace("{", "").replace("}", "")) for method, path in ROUTES}
    for route in OURS:
        if route.path.startswith(OWN) or route.path.endswith("{*}"):
            continue
        assert (route.method, route.path.replace("{", "").replace("}", "")) in names, route.path


def test_exchanges_are_counted_under_their_route() -> None:
    """Prefix, letter case, a trailing slash and HEAD make no difference; what is no route is counted apart."""
    found = {exchange.n: route_of(exchange) for name in FILES for exchange in load(name)}

    assert {n: found[n] for n in (1, 10, 19, 42, 45, 68, 71, 367, 368, 545, 537, 479, 343)} == {
        1: "`GET /`",
        10: "`GET /`",
        19: "`GET /`",
        42: "`GET /`",
        45: OPTIONS,
        68: "`GET /jobs`",
        71: ELSE,
        367: ELSE,
        368: "`DELETE /assets/{name}`",
        545: "`GET /ex/errors`",
        537: "`GET /ex/{ex_id}/errors`",
        479: "`POST /jobs/{job_id}/_stop`",
        343: "`GET /assets/{name}/{version}`",
    }


def test_what_is_served_is_found_by_method_and_path() -> None:
    """A route counts as served if the toolkit's own table has it."""
    assert is_served("GET", "/jobs/{job_id}/ex")
    assert not is_served("PATCH", "/jobs/{job_id}")
