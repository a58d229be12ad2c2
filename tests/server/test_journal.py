from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving import live_cluster, live_server
from toolkit.answers.control.desk import MOST_BODY, MOST_HEAD, MOST_TARGET
from toolkit.clock import SetClock, Setting
from toolkit.server.front import Front
from toolkit.server.journal import Journal, Shelf
from toolkit.server.strays import Strays

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = "application/json"
REQUESTS = "/_toolkit/requests"


class Asking:
    """A front without a socket, asked as an in-process client does."""

    def __init__(self) -> None:
        """Begin with a frozen cluster that nobody asked yet."""
        cluster = live_cluster()
        self.front = Front(cluster, SetClock(Setting(cluster.timeline.first, 1_000, frozen=True)))

    def ask(self, method: str, target: str, body: Any = None, **headers: str) -> int:
        """Send a request and give the status."""
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = JSON if body is not None else None
        return self.front.respond(
            method, target, body=sent, content_type=kind, world=named.get("x-toolkit-world"), headers=named
        ).status

    def told(self, target: str = REQUESTS, body: Any = None, method: str | None = None) -> Any:
        """Ask the control API and give the JSON of its answer."""
        sent = b"" if body is None else json.dumps(body).encode()
        method = method or ("GET" if body is None else "POST")
        ready = self.front.respond(method, target, body=sent, content_type=JSON if sent else None)
        return json.loads(ready.body) | ({} if ready.status == 200 else {"status": ready.status})

    def numbers(self, query: str) -> list[int]:
        """Give the numbers of the requests that a query asks for."""
        return [one["number"] for one in self.told(f"{REQUESTS}?{query}")["requests"]]


@pytest.fixture(scope="module")
def asked() -> Asking:
    """Ask for six things."""
    asking = Asking()
    asking.ask("GET", "/v1/jobs?size=2&sort=_created:asc")
    asking.ask("GET", "/v1/jobs/unknown", accept="text/plain")
    asking.ask("POST", "/v1/jobs", {"name": "mine", "operations": [{"_op": "a", "n": 1}], "workers": 2})
    asking.ask("GET", "/v1/cluster/stat")
    asking.ask("HEAD", "/jobs")
    asking.ask("POST", "/v1/assets", b"PK\x03\x04 \xff not JSON")
    return asking


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("size=2", [1, 2]),
        ("from=3&size=2", [3, 4]),
        ("from=7", []),
        ("size=0", []),
        ("method=get", [1, 2, 4]),
        ("method=HEAD", [5]),
        ("path=/v1/jobs", [1, 3]),
        ("path=/v1/jobs*", [1, 2, 3]),
        ("path=*jobs", [1, 3, 5]),
        ("path=/v1/*/stat", [4]),
        ("status=404", [2]),
        ("route=jobs", [1, 5]),
        ("route=jobs&method=GET", [1]),
        ("status=405&route=jobs", []),
        ("from=2&size=1&method=POST", [3]),
    ],
)
def test_requests_are_listed_as_asked_for(asked: Asking, query: str, numbers: list[int]) -> None:
    """Newest last, from a number on, only those that every filter lets through; counted alike."""
    assert asked.numbers(query) == numbers
    if "from" not in query and "size" not in query:
        assert asked.told(f"{REQUESTS}/count?{query}") == {"count": len(numbers), "total": 6}


def test_a_request_is_shown_with_its_parts(asked: Asking) -> None:
    """What was asked, by whom, to what end."""
    first, second, third, fourth, fifth, sixth = asked.told()["requests"]
    assert first["query"] == {"size": ["2"], "sort": ["_created:asc"]}
    assert (first["path"], first["route"], first["status"], first["nearest"]) == ("/v1/jobs", "jobs", 200, None)
    assert second["headers"] == {"accept": "text/plain"}
    assert json.loads(third["body"])["name"] == "mine"
    assert (fourth["route"], fourth["status"], fourth["nearest"]) == (None, 405, "GET /v1/cluster/state")
    assert (fifth["method"], fifth["route"]) == ("HEAD", "jobs")
    assert sixth["body"] == "PK\x03\x04 \ufffd not JSON"
    assert {one["truncated"] for one in (first, third, sixth)} == {False}


@pytest.mark.parametrize("query", ["from=x", "size=-1", "size=10001", "status=1000", "from=1&from=2"])
def test_a_number_that_is_none_is_refused(asked: Asking, query: str) -> None:
    """In one sentence that says what it must be."""
    answer = asked.told(f"{REQUESTS}?{query}")
    assert answer["error"] == 400
    assert "must be a whole number" in answer["message"]


@pytest.mark.parametrize(
    ("matcher", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"method": "post"}, [3, 6]),
        ({"path": "/v1/jobs/*"}, [2]),
        ({"query": {"size": "2"}}, [1]),
        ({"query": {"size": ["2"], "sort": "_created:asc"}}, [1]),
        ({"headers": {"Accept": "text/plain"}}, [2]),
        ({"body": {"name": "mine"}}, [3]),
        ({"body": {"operations": [{"_op": "a"}]}}, [3]),
        ({"body": "not JSON"}, [6]),
        ({"status": 404, "method": "GET"}, [2]),
    ],
)
def test_requests_are_found(asked: Asking, matcher: dict[str, Any], numbers: list[int]) -> None:
    """Each part that is wanted is there; there may be more of it."""
    found = asked.told(f"{REQUESTS}/find", matcher)
    assert [one["number"] for one in found["requests"]] == numbers
    assert (found["count"], found["nearest"]) == (len(numbers), [])


@pytest.mark.parametrize(
    ("matcher", "number", "differs"),
    [
        ({"method": "PUT", "path": "/v1/jobs/unknown"}, 2, [("method", "PUT", "GET")]),
        ({"path": "/v1/job", "method": "GET", "query": {"size": "2"}}, 1, [("path", "/v1/job", "/v1/jobs")]),
        ({"path": "/v1/jobs", "query": {"size": "3"}}, 3, [("query.size", "3", None)]),
        ({"method": "GET", "path": "/v1/jobs", "query": {"size": "3"}}, 1, [("query.size", "3", "2")]),
        ({"path": "/v1/jobs/unknown", "headers": {"Accept": "a"}}, 2, [("headers.Accept", "a", "text/plain")]),
        ({"path": "/jobs", "headers": {"Cookie": "a"}}, 5, [("headers.Cookie", "***", None)]),
        ({"path": "/jobs", "status": 201}, 5, [("status", 201, 200)]),
        ({"path": "/v1/assets", "body": {"a": 1}}, 6, [("body", {"a": 1}, "PK\x03\x04 \ufffd not JSON")]),
        ({"path": "/v1/assets", "body": "else"}, 6, [("body", "else", "PK\x03\x04 \ufffd not JSON")]),
    ],
)
def test_what_matches_nothing_has_near_misses(
    asked: Asking, matcher: dict[str, Any], number: int, differs: list[tuple[str, Any, Any]]
) -> None:
    """First the one that differs in the fewest parts, with what was wanted and what it had."""
    found = asked.told(f"{REQUESTS}/find", matcher)
    assert (found["count"], found["requests"], len(found["nearest"])) == (0, [], 3)
    first = found["nearest"][0]
    assert first["request"]["number"] == number
    assert [(one["part"], one["wanted"], one["had"]) for one in first["differs"]] == differs


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        ({"operations": []}, False),
        ({"operations": [{"n": True}]}, False),
        ({"operations": [{"n": 1}]}, True),
        ({"operations": {"n": 1}}, False),
        ({"workers": {"n": 1}}, False),
        ({"missing": None}, False),
        ([], False),
        ({}, True),
    ],
)
def test_json_is_within_other_json(asked: Asking, wanted: Any, matches: bool) -> None:  # noqa: FBT001 - a table
    """Objects may hold more, lists and values are equal, true is not 1."""
    found = asked.told(f"{REQUESTS}/find", {"path": "/v1/jobs", "method": "POST", "body": wanted})
    assert (found["count"] == 1) is matches


def test_no_matcher_is_refused(asked: Asking) -> None:
    """An unknown field is a slip, not a part that may be anything."""
    answer = asked.told(f"{REQUESTS}/find", {"pth": "/"})
    assert answer["error"] == 400
    assert "pth" in answer["message"]


def test_pages_are_stable_while_requests_come() -> None:
    """Who goes on from `next` sees every request once, though others come in between."""
    asking = Asking()
    seen, start = [], 1
    for _ in range(10):
        asking.ask("GET", "/v1/jobs")
        asking.ask("GET", "/v1/ex")
        page = asking.told(f"{REQUESTS}?from={start}&size=3&route=jobs")
        seen += [one["number"] for one in page["requests"]]
        start = page["next"]
    assert seen == list(range(1, 20, 2))
    assert start == 21
    assert asking.told(f"{REQUESTS}?from=99")["next"] == 99


def test_requests_are_forgotten_and_worlds_have_their_own() -> None:
    """The next one is number 1; what another world was asked is not seen; the control API is not noted."""
    asking = Asking()
    asking.ask("GET", "/v1/jobs")
    asking.ask("GET", "/v1/ex", x_toolkit_world="w")
    asking.ask("GET", "/_toolkit/worlds/w/v1/cluster/state")
    paths = [one["path"] for one in asking.told("/_toolkit/worlds/w/_toolkit/requests")["requests"]]
    assert paths == ["/v1/ex", "/v1/cluster/state"]
    assert asking.told(method="DELETE") == {"message": "the requests are forgotten"}
    assert asking.told() == {"total": 0, "kept": 0, "next": 1, "requests": []}
    asking.ask("GET", "/")
    assert asking.numbers("") == [1]
    assert asking.told("/_toolkit/worlds/w/_toolkit/requests/count")["count"] == 2


SHARED = Asking()
BEGIN, END = "CANARY", "YRANAC"


def _in_header(name: str, before: str = "", after: str = "") -> Any:
    return lambda secret: ("/v1/jobs", {name: f"{before}{secret}{after}"}, b"")


def _in_body(make: Callable[[str], str]) -> Any:
    return lambda secret: ("/v1/jobs", {}, make(secret).encode())


def _json(make: Callable[[str], Any]) -> Any:
    return _in_body(lambda secret: json.dumps(make(secret)))


PLACES: dict[str, Any] = {
    "authorization": _in_header("Authorization", "Bearer "),
    "bare authorization": _in_header("authorization"),
    "proxy authorization": _in_header("Proxy-Authorization", "Basic "),
    "cookie": _in_header("Cookie", "a=", "; b=2"),
    "api key": _in_header("X-Api-Key"),
    "token of ours": _in_header("X-Toolkit-Token"),
    "signature": _in_header("X-Hub-Signature-256", "sha256="),
    "referer": lambda secret: ("/", {"Referer": f"http://h/?a=1&token={quote(secret, safe='')}&b=2"}, b""),
    "login in a header": lambda secret: ("/", {"X-Forwarded": f"http://me:{quote(secret, safe='')}@h/"}, b""),
    "query": lambda secret: (f"/v1/jobs?size=1&token={quote(secret, safe='')}", {}, b""),
    "odd query": lambda secret: (f"/v1/jobs?pass%77ord={quote_plus(secret)}&size=1", {}, b""),
    "json in a query": lambda secret: (f"/v1/jobs?q={quote(json.dumps({'pin': secret}))}", {}, b""),
    "login in a target": lambda secret: (f"http://me:{quote(secret, safe='')}@host/v1/jobs", {}, b""),
    "json": _json(lambda secret: {"a": 1, "password": secret, "b": 2}),
    "deep json": _json(lambda secret: [{"a": {"api_key": {"b": [secret, {"c": secret}]}}}]),
    "named json": _json(lambda secret: {"env": [{"name": "DB_PASSWORD", "value": secret}]}),
    "arguments": _json(lambda secret: ["--user", "me", "--password", secret, "x"]),
    "json in json": _json(lambda secret: {"text": json.dumps({"clientSecret": secret})}),
    "login in json": _json(lambda secret: {"url": f"amqp://me:{quote(secret, safe='')}@host/a"}),
    "form": _in_body(lambda secret: f"a=1&password={quote_plus(secret)}&b=2"),
    "lines": _in_body(lambda secret: f"user: me\npassword: {secret}\nrest: 1"),
    "parts": _in_body(lambda secret: f'--b\r\nContent-Disposition: x; name="token"\r\n\r\n{secret}\r\n--b--'),
    "twice": _in_body(lambda secret: f'{{"a": {json.dumps({"pin": secret})}, "a": 1}}'),
    "broken json": _in_body(lambda secret: f'{{"a": 1, "password": {json.dumps(secret)}, oops'),
    "cut json": _in_body(
        lambda secret: json.dumps([{"n": "x" * (MOST_BODY - 80), "c": {"name": "token", "value": secret}}])
    ),
}


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=15)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30))
def test_no_journal_answer_holds_a_credential(place: str, middle: str) -> None:
    """Put anywhere where credentials stand, neither its begin nor its end is in any answer or in the log."""
    target, headers, body = PLACES[place](f"{BEGIN}{middle}{END}")
    asking, lines = SHARED, []
    asking.told(method="DELETE")
    asking.front.worlds.strays = Strays()
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("toolkit.server.strays")
    log.addHandler(handler)
    log.propagate = False
    try:
        asking.front.respond("PUT", target, body=body, content_type=JSON, headers=headers)
    finally:
        log.removeHandler(handler)
        log.propagate = True
    probes = [{}, {"method": "NO"}, {"body": "NO"}, {"headers": dict.fromkeys(headers, "NO")}]
    probes += [{"query": {"token": "NO", "password": "NO", "q": "NO"}}, {"body": {"password": "NO"}}]
    told = [asking.told(), *(asking.told(f"{REQUESTS}/find", probe) for probe in probes)]
    assert told[0]["total"] == 1
    for text in (*map(json.dumps, told), *lines):
        assert BEGIN not in text
        assert END not in text
    for canary in (BEGIN, END):
        assert asking.told(f"{REQUESTS}/find", {"body": canary})["count"] == 0
        assert asking.told(f"{REQUESTS}/count?path=*{canary}*")["count"] == 0


def test_a_client_can_be_asked_whether_it_sent_the_right_credential() -> None:
    """Who knows it may look for it whole; who does not learns nothing."""
    asking = Asking()
    asking.ask("GET", "/v1/jobs", authorization="Bearer right")
    for text, count in (("Bearer right", 1), ("Bearer wrong", 0), ("Bearer", 0)):
        found = asking.told(f"{REQUESTS}/find", {"headers": {"Authorization": text}})
        assert found["count"] == count
    assert found["nearest"][0]["differs"] == [{"part": "headers.Authorization", "wanted": "***", "had": "***"}]


def test_long_parts_are_cut() -> None:
    """Target, headers and body are kept up to a bound, no header by half."""
    asking = Asking()
    asking.ask("POST", "/v1/jobs?a=" + "x" * MOST_TARGET, b"y" * 9_000, a="1", b="z" * MOST_HEAD)
    (one,) = asking.told()["requests"]
    assert one["truncated"] is True
    assert one["headers"] == {"a": "1"}
    assert len(one["body"]) == MOST_BODY
    assert len(one["query"]["a"][0]) < MOST_TARGET


def test_a_journal_keeps_the_newest() -> None:
    """As many as it may, and counts all."""
    journal = Journal(3)
    for number in range(5):
        journal.add(0, "GET", f"/{number}", b"", b"", 200)
    assert [asked.target for asked in journal.kept()] == ["/2", "/3", "/4"]
    assert (journal.total, journal.kept()[0].number) == (5, 3)


ADDED = st.tuples(st.integers(0, 3), st.integers(0, 40_000), st.integers(0, 40_000), st.integers(0, 5_000))


@given(st.lists(ADDED, max_size=60), st.integers(0, 4))
def test_all_journals_together_are_bounded(added: list[tuple[int, int, int, int]], closing: int) -> None:
    """Whatever is sent to whichever world: entries and bytes have bounds, and the weights are those of what is kept."""
    shelf = Shelf(40_000)
    journals = [Journal(10, shelf) for _ in range(4)]
    for place, (number, head, body, target) in enumerate(added):
        journals[number].add(0, "M" * target, "t" * target, b"h" * head, b"b" * body, 200)
        if place % 20 == closing:
            journals[number].close()
            journals[number].add(0, "GET", "/", b"", b"", 200)
            assert journals[number].kept() == []
            journals[number] = Journal(10, shelf)
        assert shelf.weight == sum(journal.weight for journal in journals) <= 40_000
        for journal in journals:
            kept = journal.kept()
            assert len(kept) <= 10
            assert sum(len(one.head) + len(one.body) + len(one.target) for one in kept) <= journal.weight
    for journal in journals:
        journal.clear()
    assert shelf.weight == 0


def test_a_greedy_world_forgets_before_a_modest_one() -> None:
    """The journal that takes most makes room."""
    shelf = Shelf(50_000)
    modest, greedy = Journal(1_000, shelf), Journal(1_000, shelf)
    modest.add(0, "GET", "/", b"", b"", 200)
    for _ in range(500):
        greedy.add(0, "GET", "/", b"h" * 4_000, b"", 200)
    assert len(modest.kept()) == 1
    assert 1 <= len(greedy.kept()) <= 12


def test_an_unknown_route_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """With the nearest one, for each world; a known route never is, whatever it answers."""
    with caplog.at_level(logging.WARNING):
        strays = Strays()
        for _ in range(3):
            strays.note(None, "GET", "/v1/cluster/stat?token=x")
            strays.note("w\u2028", "GET", "/v1/cluster/stat")
            strays.note(None, "DELETE", "/v1/jobs")
            strays.note(None, "GET", "/v1/jobs")
            strays.note(None, "GET", "/what\nis/this/" + "x" * 300)
    assert [record.getMessage() for record in caplog.records] == [
        "there is no route GET /v1/cluster/stat; the nearest is GET /v1/cluster/state",
        r"world 'w\\u2028': there is no route GET /v1/cluster/stat; the nearest is GET /v1/cluster/state",
        "there is no route DELETE /v1/jobs; the nearest is GET /v1/jobs (the path has GET, POST)",
        r"there is no route GET /what\nis/this/" + "x" * 186,
    ]


def test_a_scanner_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A world has so many lines, all worlds together so many, and the last line says so."""
    with caplog.at_level(logging.WARNING):
        strays = Strays(most_of_world=3, most=5)
        for world in (None, "a", "b"):
            for number in range(100):
                strays.note(world, "GET", f"/x{number}")
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 7
    assert lines[3] == "no more unknown routes are told; GET /_toolkit/requests?status=405 has them"
    assert [line for line in lines if "no more" in line] == [lines[3], lines[6]]


def test_a_real_server_notes_what_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    """Headers as the socket brought them, several of one name joined; answers that come in steps are noted too."""
    with caplog.at_level(logging.WARNING), live_server() as server, httpx.Client(base_url=server.url) as client:
        sent = [("X-A", "1"), ("X-A", "2"), ("Authorization", "Bearer CANARY")]
        assert client.get("/v1/cluster/stat", headers=sent).status_code == 405
        assert client.get("/v1/ex?filter=*a*&size=3").status_code == 200
        answer = client.get(REQUESTS)
        first, second = answer.json()["requests"]
        count = client.post(f"{REQUESTS}/find", json={"headers": {"x-a": "1, 2"}}).json()["count"]
    assert first["headers"]["x-a"] == "1, 2"
    assert first["nearest"] == "GET /v1/cluster/state"
    assert second["query"] == {"filter": ["*a*"], "size": ["3"]}
    assert count == 1
    assert "CANARY" not in answer.text
    assert "the nearest is GET /v1/cluster/state" in caplog.text
