from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.answers.nearest import nearest, route_name
from toolkit.answers.routes import ROUTES

if TYPE_CHECKING:
    from toolkit.answers.route import Route


@pytest.mark.parametrize(
    ("method", "path", "route", "why"),
    [
        ("GET", "/v1/cluster/stat", "GET /v1/cluster/state", ""),
        ("GET", "/v1/cluster", "GET /v1/cluster/state", ""),
        ("GET", "/v1/jbos", "GET /v1/jobs", ""),
        ("GET", "/V1/JBOS/x", "GET /v1/jobs/{job_id}", ""),
        ("HEAD", "/v1/jbos", "GET /v1/jobs", ""),
        ("POST", "/v1/jobs/x/start", "POST /v1/jobs/{job_id}/_start", ""),
        ("POST", "/v1/ex/x/_pauze", "POST /v1/ex/{ex_id}/_pause", ""),
        ("GET", "/v1/ex/x/controlle", "GET /v1/ex/{ex_id}/controller", ""),
        ("GET", "/v1/executions", "GET /v1/ex", ""),
        ("GET", "/v2/jobs", "GET /v1/jobs", ""),
        ("GET", "/api/v1/jobs", "GET /v1/jobs", ""),
        ("GET", "/v1/nodes", "GET /txt/nodes", ""),
        ("GET", "/_toolkit/clok", "GET /_toolkit/clock", ""),
        ("GET", "/v1/jobs/%zz", "GET /v1/jobs/{job_id}", ""),
        ("DELETE", "/v1/jobs", "GET /v1/jobs", "the path has GET, POST"),
        ("GET", "//v1/jobs", "GET /v1/jobs", "doubled slashes"),
        ("GET", "/v1//jobs", "GET /v1/jobs", "doubled slashes"),
        ("DELETE", "//jobs", "GET /v1/jobs", "doubled slashes; the path has GET, POST"),
        ("POST", "/data/refresh", "POST /v1/data/refresh", "without /v1"),
        ("GET", "/v1/v1/jobs", "GET /v1/jobs", "/v1 is there twice"),
        ("BREW", "/", "GET /v1", "the path has GET"),
        ("GET", "///", "GET /v1", "doubled slashes"),
    ],
)
def test_an_unknown_route_has_a_nearest_one(method: str, path: str, route: str, why: str) -> None:
    """Slips, wrong methods, missing or doubled parts lead to what was meant."""
    near = nearest(method, path)
    assert near is not None
    assert (near.route, near.why) == (route, why)


@pytest.mark.parametrize(
    "path",
    ["/favicon.ico", "/wp-admin/setup.php", "*", "nonsense", "/a" * 9, f"/v1/{'j' * 41}", "/v1/" + "j" * 400],
)
def test_what_is_like_no_route_has_none(path: str) -> None:
    """A scanner's paths, and what is too long to be a slip."""
    assert nearest("GET", path) is None


@pytest.mark.parametrize("route", [route for route in ROUTES if route.documented], ids=lambda route: route.name)
def test_a_slip_in_any_route_leads_back_to_it(route: Route) -> None:
    """Each documented path with its last literal letter twice."""
    path = (route.prefixes[-1] + route.path).rstrip("/")
    slipped = re.sub(r"([a-z])((/\{\w+\})*)$", r"\1\1\2", path)
    near = nearest(route.method, slipped)
    assert near is not None
    assert near.route == f"{route.method} {path}" or route_name(route.method, slipped) is not None


def test_routes_have_names() -> None:
    """A request's route is its operation in the OpenAPI document, HEAD that of GET."""
    assert route_name("GET", "/v1/jobs") == route_name("HEAD", "/jobs") == "jobs"
    assert route_name("GET", "/v1/jbos") is route_name("BREW", "/v1/jobs") is route_name("GET", "/jobs/%zz") is None


@given(st.text("/v1jobs_{}%*.", max_size=40))
def test_every_path_can_be_asked_about(path: str) -> None:
    """Whatever it is, what is near is a documented route."""
    near = nearest("GET", path)
    known = {f"{route.method} {(route.prefixes[-1] + route.path).rstrip('/') or '/'}" for route in ROUTES}
    assert near is None or near.route in known
