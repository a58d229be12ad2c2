from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.serving import live_cluster
from toolkit.clock import FrozenClock
from toolkit.errors import UsageError
from toolkit.model.faults import Fault
from toolkit.server.front import Front
from toolkit.server.guard import Guard, token_of
from toolkit.server.thread import ServerThread

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "a-token-of-some-length"  # noqa: S105 - a test's


@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("127.0.0.1:5678", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("toolkit.localhost:1", True),
        ("[::1]:80", True),
        ("10.1.2.3", True),
        ("my-machine:1", True),
        ("", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:5678", False),
        ("[::1", False),
    ],
)
def test_only_names_of_this_machine_reach_the_control_api(host: str, is_let_in: bool) -> None:  # noqa: FBT001 - a case
    """A site that makes its name point here is refused; addresses, localhost and the name of --host are not."""
    refused = Guard("my-machine").refuse({"host": host})
    assert (refused is None) == is_let_in
    assert refused is None or refused.status == 403


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"origin": "http://localhost:3000"}, True),
        ({"origin": "https://dashboard.localhost"}, True),
        ({"origin": "http://[::1]:8080"}, True),
        ({"origin": "http://10.1.2.3:5678", "host": "10.1.2.3:5678", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://my-machine"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "http://203.0.113.5"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "file://"}, False),
        ({"origin": "http://[::1"}, False),
        ({"origin": "http://localhost.evil.example"}, False),
    ],
)
def test_pages_of_other_sites_do_not_control(headers: dict[str, str], is_let_in: bool) -> None:  # noqa: FBT001 - a case
    """What a browser says of the page that asks counts; programs say nothing and are let in."""
    refused = Guard("my-machine").refuse({"host": "127.0.0.1:5678", **headers})
    assert (refused is None) == is_let_in
    assert refused is None or (refused.status, refused.message.split(":")[0]) == (
        403,
        "cannot use the control API from a page of another site",
    )


@pytest.mark.parametrize("path", ["clock", "requests", "worlds/a/_Toolkit/clock", "Worlds/a/_TOOLKIT/clock"])
@pytest.mark.parametrize("root", ["/_toolkit/", "/_Toolkit/", "/_TOOLKIT/"])
def test_letter_case_opens_no_door(root: str, path: str) -> None:
    """Routes are found in any letter case, and guarded in any; faults meet them in none."""
    for guard, headers, status in (
        (Guard("0.0.0.0", TOKEN), {"host": "127.0.0.1"}, 401),  # noqa: S104 - a name
        (Guard(), {"host": "evil.example"}, 403),
    ):
        cluster = live_cluster()
        front = Front(cluster, FrozenClock(cluster.timeline.first), guard=guard)
        assert front.respond("GET", root + path, headers=headers).status == status
        front.worlds.base.add_faults([Fault(status=503)])
        assert front.respond("GET", root + path, headers=headers).status == status


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, True),
        ({"authorization": f"bearer  {TOKEN} "}, True),
        ({"x-toolkit-token": TOKEN}, True),
        ({"authorization": f"Basic {TOKEN}"}, False),
        ({"authorization": "Bearer"}, False),
        ({"x-toolkit-token": f"{TOKEN}x"}, False),
        ({"x-toolkit-token": "\udcff"}, False),
        ({}, False),
    ],
)
def test_with_a_token_nothing_else_counts(headers: dict[str, str], is_let_in: bool) -> None:  # noqa: FBT001 - a case
    """Sent either way it is let in from whatever host; anything else is a 401."""
    refused = Guard("0.0.0.0", TOKEN).refuse({"host": "anything.example", **headers})  # noqa: S104 - a name
    assert (refused is None) == is_let_in
    assert refused is None or refused.status == 401


@pytest.mark.parametrize("name", ["X-Toolkit-World", "X-Toolkit-At"])
def test_what_must_be_sent_once_is(name: str) -> None:
    """Of two worlds or instants neither is asked."""
    cluster = live_cluster()
    with ServerThread(cluster, FrozenClock(cluster.timeline.first)) as server:
        twice = httpx.get(f"{server.url}/v1/ex", headers=[(name, "+1s"), (name, "+1s")])
        assert twice.status_code == 400
        assert twice.json()["message"] == f"cannot tell what is asked: {name} is sent twice; send it once"
        assert httpx.get(f"{server.url}/v1/ex", headers=[(name, "+1s")]).status_code == 200


def test_what_is_guarded() -> None:
    """The control API below any world; not the cluster, its documentation and whether the server is there."""
    cluster = live_cluster()
    with (
        ServerThread(cluster, FrozenClock(cluster.timeline.first), guard=Guard(None, TOKEN)) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        for path in ("clock", "worlds", "commands", "info", "worlds/a/_toolkit/clock", "nothing"):
            refused = client.get(f"/_toolkit/{path}")
            assert (refused.status_code, refused.json()["error"]) == (401, 401)
            assert "Authorization: Bearer TOKEN" in refused.json()["message"]
        for path in ("/v1/ex", "/_toolkit/healthz", "/docs", "/_toolkit/ui/docs.js", "/_toolkit/worlds/a/v1/ex"):
            assert client.get(path).status_code == 200
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        assert client.get("/_toolkit/clock").status_code == 200


def test_a_token_is_made_only_where_others_listen(tmp_path: Path) -> None:
    """On loopback there is none unless a file has one; elsewhere it is random, and another one each time."""
    assert token_of(None, alone=True) is None
    made = {token_of(None, alone=False) for _ in range(3)}
    assert len(made) == 3
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert token_of(file, alone=True) == TOKEN


@pytest.mark.parametrize(
    "text", ["", "short", "with two words in it", "nöt-äscii-but-long-enough", "x" * 20 + "\n" + "y"]
)
def test_a_bad_token_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    """It names the file and what a token is, not the token."""
    file = tmp_path / "token"
    file.write_text(text)
    with pytest.raises(UsageError, match="must be one line of 16 or more") as told:
        token_of(file, alone=True)
    assert not text or text not in str(told.value)
    with pytest.raises(UsageError, match="no such file"):
        token_of(tmp_path / "none", alone=True)
