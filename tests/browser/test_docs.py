from __future__ import annotations

import contextlib
import html.parser
import http.client
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.serving import live_cluster, live_server
from toolkit.answers.answer import Cluster
from toolkit.answers.openapi import document
from toolkit.answers.routes import ROUTES
from toolkit.clock import FrozenClock
from toolkit.server.docs import POLICY
from toolkit.server.thread import ServerThread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = ("/docs", "/redoc")
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (found := shutil.which(name))),
    None,
)
NO_BROWSER = "no Chromium on this machine: the same facts are checked statically; install chromium to see them rendered"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve a live cluster."""
    with live_server() as server:
        yield server.url


@pytest.fixture(scope="module")
def replay_url() -> Iterator[str]:
    """Serve a cluster that takes no commands."""
    timeline = live_cluster().timeline
    with ServerThread(Cluster(timeline, None, "replay"), FrozenClock(timeline.first)) as server:
        yield server.url


class Addresses(html.parser.HTMLParser):
    """Gathers every address in a page."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's
        """Note what a tag refers to."""
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "spec-url", "action", "data"}]


@pytest.mark.parametrize("page", PAGES)
def test_everything_on_a_page_is_local_and_there(url: str, page: str) -> None:
    """Each address on the page is a path of this server, and it answers 200."""
    response = httpx.get(url + page)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    addresses = Addresses()
    addresses.feed(response.text)
    assert len(addresses.found) >= 4
    for address in addresses.found:
        assert re.match(r"/[^/]", address), address
        assert httpx.get(url + address).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_the_policy_lets_nothing_else_in(url: str, page: str) -> None:
    """The browser is told to load from this server only, and to run no script that stands in the page."""
    response = httpx.get(url + page)
    assert response.headers["Content-Security-Policy"] == POLICY
    sources = {word for rule in POLICY.split(";") for word in rule.split()[1:]}
    assert sources <= {"'none'", "'self'", "'unsafe-inline'", "data:", "blob:"}
    assert "script-src 'self';" in POLICY
    assert not re.search(r"<script(?![^>]*\bsrc=)", response.text)


def test_the_picture_of_redoc_is_ours(url: str) -> None:
    """ReDoc's script asks this server for its maker's logo."""
    script = httpx.get(f"{url}/_toolkit/ui/redoc.standalone.js").text
    assert "cdn.redoc.ly" not in script
    assert '"/_toolkit/ui/logo-mini.svg"' in script
    assert httpx.get(f"{url}/_toolkit/ui/logo-mini.svg").headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/_toolkit/ui/swagger-ui-bundle.js"])
def test_pages_and_files_are_kept_by_browsers(url: str, path: str) -> None:
    """Each has an ETag and is asked again for: 304 while it is the same. HEAD and a slash or query work too."""
    full = httpx.get(url + path)
    assert full.headers["Cache-Control"] == "no-cache"
    again = httpx.get(url + path, headers={"If-None-Match": full.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = httpx.head(url + path)
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(full.content)))
    for same in (f"{path}/", f"{path}?a=b"):
        assert httpx.get(url + same).content == full.content


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/docs"),
        ("GET", "/docs/x"),
        ("GET", "/_toolkit/ui/"),
        ("GET", "/_toolkit/ui/index.html"),
        ("GET", "/_toolkit/ui/../../../../etc/passwd"),
        ("GET", "/_toolkit/ui/%2e%2e/%2e%2e/__init__.py"),
    ],
)
def test_nothing_else_is_served_as_a_page(url: str, method: str, path: str) -> None:
    """Only the listed names exist; the rest is answered like any unknown endpoint."""
    # Not httpx: it would tidy the path up first.
    connection = http.client.HTTPConnection(httpx.URL(url).netloc.decode(), timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path)
        response = connection.getresponse()
        assert response.status == 405
        assert json.loads(response.read())["message"] == f"cannot {method} endpoint {path}"


def test_the_document_is_the_route_tables(url: str, replay_url: str) -> None:
    """`/openapi.json` names every route that serves, in both modes, which differ in the description alone."""
    live, replay = httpx.get(f"{url}/openapi.json").json(), httpx.get(f"{replay_url}/openapi.json").json()
    assert live == json.loads(json.dumps(document("live")))
    assert replay == json.loads(json.dumps(document("replay")))
    served = {(route.prefixes[-1] + route.path).rstrip("/") for route in ROUTES if route.documented}
    assert set(live["paths"]) == set(replay["paths"]) == served
    assert live["info"].pop("description") != replay["info"].pop("description")
    assert live == replay


@pytest.mark.parametrize("page", PAGES)
def test_pages_exist_on_replay(replay_url: str, page: str) -> None:
    """A server that replays has the same pages."""
    assert httpx.get(replay_url + page).status_code == 200


MARKS = {
    "/docs": (
        "opblock-summary-path",
        r'class="opblock opblock-(?P<kind>[a-z]+)" id="operations-[a-z]+-(?P<name>[a-z_]+)"',
    ),
    "/redoc": (
        "redoc-wrap",
        r'data-item-id="tag/[a-z]+/operation/(?P<name>[a-z_]+)"[^>]*><label[^>]*><span type="(?P<kind>[a-z]+)"',
    ),
}
"""What a page has once it is rendered, and for each operation."""


@pytest.mark.skipif(BROWSER is None, reason=NO_BROWSER)
@pytest.mark.parametrize("page", PAGES)
def test_a_real_browser_shows_the_page(url: str, tmp_path: Path, page: str) -> None:
    """With every other host out of reach Chromium renders every operation, each as its kind, and is content."""
    assert BROWSER is not None
    rendered, operation = MARKS[page]
    log = tmp_path / "net.json"
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            # Everything but this machine is behind a proxy that is not there.
            "--proxy-server=127.0.0.1:1", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}",
            "--enable-logging=stderr", "--virtual-time-budget=8000", "--dump-dom", url + page,
        ],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    for text in (rendered, "/v1/cluster/controllers", "The nodes and their processes"):
        assert text in done.stdout
    documented = {
        (kind, one["operationId"]) for path in document("live")["paths"].values() for kind, one in path.items()
    }
    assert {kind for kind, _ in documented} == {"get", "post", "put", "delete"}
    shown = {(found["kind"], found["name"]) for found in re.finditer(operation, done.stdout)}
    assert shown == documented
    assert "CONSOLE" not in done.stderr
    events = json.loads(log.read_text())["events"]
    # What the page asked for; the browser's own housekeeping has no page as its initiator.
    asked = {
        event["params"]["url"] for event in events if event.get("params", {}).get("initiator", "").startswith("http")
    }
    assert f"{url}/openapi.json" in asked
    assert not {address for address in asked if not address.startswith((f"{url}/", "data:", "blob:"))}
