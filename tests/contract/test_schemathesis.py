"""Requests that schemathesis makes of our OpenAPI document, right and wrong ones: every answer is a documented one.

A 500 is one of Teraslice's own answers to bad input, so it counts as documented where the document says so.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.serving import live_cluster
from toolkit.answers.openapi import document
from toolkit.answers.routes import ROUTES
from toolkit.clock import FrozenClock, Setting
from toolkit.server.ready import FAILED
from toolkit.server.thread import ServerThread
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    import requests

    from toolkit.answers.route import Route

SCENARIO = Scenario(seed=12, jobs=6)
EXAMPLES = 30
"""Of each kind for each route."""
PACE = 400
"""Milliseconds between two requests, so that what a command began goes on."""
OPERATIONS = [route for route in ROUTES if route.documented]


class Walking(FrozenClock):
    """A clock that goes on with every request, and stands still meanwhile whatever a request makes of it."""

    def walk(self, last: int) -> None:
        """Go on."""
        self.set(Setting(min(self.now() + PACE, last), frozen=True))


@cache
def schema() -> Any:
    """Read our document; schemathesis is imported only where it is needed, for its weight."""
    import schemathesis  # noqa: PLC0415

    return schemathesis.openapi.from_dict(document("live"))


def known_ids(url: str, session: requests.Session) -> dict[str, list[str]]:
    """Give what the paths' placeholders may stand for, so that not every request is about nothing."""
    jobs, executions, assets = (session.get(f"{url}/v1/{path}").json() for path in ("jobs", "ex", "assets"))
    return {
        "job_id": [one["job_id"] for one in jobs],
        "ex_id": [one["ex_id"] for one in executions],
        "name": [one[key] for one in assets for key in ("name", "id")],
        "version": [one["version"] for one in assets],
    }


class Judge:
    """Sends requests one after the other, and judges every answer."""

    def __init__(self, url: str, clock: Walking, session: requests.Session) -> None:
        """Begin with a cluster that nobody has changed."""
        from schemathesis.specs.openapi import checks  # noqa: PLC0415

        self._url = url
        self._clock = clock
        self._session = session
        self._sequence = 0
        self._checks = [
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
        ]

    def send(self, case: Any) -> None:
        """Send one request: its answer is documented, is no failure of ours, and changes nothing if it is an error."""
        self._clock.walk(SCENARIO.last)
        response = case.call(base_url=self._url, session=self._session, timeout=20, allow_redirects=False)
        case.validate_response(response, checks=self._checks)
        assert FAILED.encode() not in response.content
        assert b"Traceback" not in response.content
        sequence = int(response.headers["x-toolkit-sequence"][0])
        if response.status_code >= 400 or case.method == "GET":
            assert sequence == self._sequence
        self._sequence = sequence


@pytest.mark.parametrize("route", OPERATIONS, ids=lambda route: route.name)
def test_every_answer_is_a_documented_one(route: Route, caplog: pytest.LogCaptureFixture) -> None:
    """Data that fit the document and data that do not: status, media type and body are as it says, no world breaks."""
    import requests  # noqa: PLC0415
    from schemathesis import GenerationMode  # noqa: PLC0415

    operation = schema().find_operation_by_id(route.name)
    cluster = live_cluster(SCENARIO)
    clock = Walking(SCENARIO.epoch + 60_000)
    with ServerThread(cluster, clock) as server, requests.Session() as session, caplog.at_level(logging.WARNING):
        judge = Judge(server.url, clock, session)
        known = known_ids(server.url, session)
        names = [name for name in known if f"{{{name}}}" in route.path]
        ids = st.fixed_dictionaries({name: st.sampled_from(known[name]) for name in names})
        # Where there is nothing but an id in the path, whatever is sent fits: an id is any text.
        refusable = list(operation.query) or list(operation.body)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if refusable else (GenerationMode.POSITIVE,):
            cases = operation.as_strategy(mode)
            if names:
                cases |= ids.flatmap(lambda chosen, mode=mode: operation.as_strategy(mode, path_parameters=chosen))

            @seed(1)
            @settings(
                max_examples=EXAMPLES,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(cases)
            def every(case: Any) -> None:
                judge.send(case)

            every()
        assert session.get(f"{server.url}/_toolkit/healthz").json()["status"] == "ok"
    assert not [record for record in caplog.records if record.name.startswith("toolkit")]
