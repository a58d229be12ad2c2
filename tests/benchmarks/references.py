"""Generic mock servers: where they are installed, and how each is told to answer one path with one body.

`python -m tests.benchmarks --install` gets them by npm, Maven and uv into a folder outside the repository:
`$XDG_CACHE_HOME/toolkit-benchmarks`, or `~/.cache/toolkit-benchmarks`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "toolkit-benchmarks"
_PATH = "/v1/ex"
_JSON = "application/json; charset=utf-8"
_PATIENCE = 300


class Started(NamedTuple):
    """How a server is started, where it will answer, and what it is to be asked; no URL if it prints it."""

    command: list[str]
    url: str
    path: str


@dataclass(frozen=True, slots=True)
class Generic:
    """A generic mock server.

    Attributes:
        name: What it is called, with its version.
        runtime: The program that runs it.
        client: The program that installs it.
        install: That command, for a folder.
        file: What is there once it is installed.
        prepare: Makes it ready to answer with a body, in a directory.
    """

    name: str
    runtime: str
    client: str
    install: Callable[[Path], list[str]]
    file: str
    prepare: Callable[[bytes, Path], Started]

    def lacks(self) -> str:
        """Say why it cannot run here; nothing if it can."""
        if shutil.which(self.runtime) is None:
            return f"not there: it needs {self.runtime}"
        if not (CACHE / self.file).exists():
            return "not there: python -m tests.benchmarks --install gets it"
        return ""


def install() -> dict[str, str]:
    """Get every server that is not there yet; what became of each."""
    CACHE.mkdir(parents=True, exist_ok=True)
    return {one.name: _install(one) for one in GENERIC}


def _install(one: Generic) -> str:
    if (CACHE / one.file).exists():
        return "is there"
    if shutil.which(one.client) is None:
        return f"cannot be installed: there is no {one.client}"
    done = subprocess.run(one.install(CACHE), capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode or not (CACHE / one.file).exists():
        said = (done.stderr or done.stdout).strip().splitlines()
        return f"cannot be installed: {said[-1] if said else 'nothing was said'}"
    return "installed"


def _npm(folder: str, package: str) -> Callable[[Path], list[str]]:
    return lambda cache: ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(cache / folder), package]


def _uv(cache: Path) -> list[str]:
    return ["uv", "pip", "install", "--target", str(cache / "python"), "pytest-httpserver==1.2.0"]


def _maven(cache: Path) -> list[str]:
    artifact = "-Dartifact=org.wiremock:wiremock-standalone:3.13.2"
    return ["mvn", "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={cache / 'wiremock'}"]


def _pytest_httpserver(body: bytes, directory: Path) -> Started:
    page = directory / "page.json"
    page.write_bytes(body)
    module = "tests.benchmarks.pytest_httpserver_mock"
    return Started([sys.executable, "-m", module, str(CACHE / "python"), _PATH, str(page)], "", _PATH)


def _wiremock(body: bytes, directory: Path) -> Started:
    for folder in ("mappings", "__files"):
        (directory / folder).mkdir(exist_ok=True)
    (directory / "__files" / "page.json").write_bytes(body)
    response = {"status": 200, "bodyFileName": "page.json", "headers": {"Content-Type": _JSON}}
    mapping = {"request": {"method": "GET", "urlPath": _PATH}, "response": response}
    (directory / "mappings" / "page.json").write_text(json.dumps(mapping))
    port = str(free_port())
    options = ["--port", port, "--bind-address", "127.0.0.1", "--root-dir", str(directory), "--no-request-journal"]
    return Started(["java", "-jar", str(CACHE / _WIREMOCK), *options], _at(port), _PATH)


def _mockoon(body: bytes, directory: Path) -> Started:
    page, data, port = directory / "page.json", directory / "environment.json", free_port()
    page.write_bytes(body)
    response = {
        "uuid": "b3f9c2e4-0000-4000-8000-000000000003",
        "body": "", "latency": 0, "statusCode": 200, "label": "", "headers": [{"key": "Content-Type", "value": _JSON}],
        "bodyType": "FILE", "filePath": str(page), "databucketID": "", "sendFileAsBody": True, "rules": [],
        "rulesOperator": "OR", "disableTemplating": True, "fallbackTo404": False, "default": True,
        "crudKey": "id", "callbacks": [],
    }  # fmt: skip
    route = {
        "uuid": "b3f9c2e4-0000-4000-8000-000000000002",
        "type": "http", "documentation": "", "method": "get", "endpoint": _PATH[1:], "responses": [response],
        "responseMode": None, "streamingMode": None, "streamingInterval": 0,
    }  # fmt: skip
    environment = {
        "uuid": "b3f9c2e4-0000-4000-8000-000000000001",
        "lastMigration": 33, "name": "page", "endpointPrefix": "", "latency": 0, "port": port, "hostname": "127.0.0.1",
        "folders": [], "routes": [route], "rootChildren": [{"type": "route", "uuid": route["uuid"]}],
        "proxyMode": False, "proxyHost": "", "proxyRemovePrefix": False, "cors": False, "headers": [], "data": [],
        "tlsOptions": {"enabled": False, "type": "CERT", "pfxPath": "", "certPath": "", "keyPath": "", "caPath": "",
                       "passphrase": ""},
        "proxyReqHeaders": [], "proxyResHeaders": [], "callbacks": [],
    }  # fmt: skip
    data.write_text(json.dumps(environment))
    options = ["--data", str(data), "--repair", "--disable-log-to-file", "--disable-admin-api"]
    return Started(["node", str(CACHE / _MOCKOON), "start", *options], _at(port), _PATH)


def _prism(body: bytes, directory: Path) -> Started:
    content = {"application/json": {"schema": {"type": "array"}, "example": json.loads(body)}}
    responses = {"200": {"description": "the page", "content": content}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "page", "version": "1"},
        "paths": {_PATH: {"get": {"responses": responses}}},
    }
    file, port = directory / "openapi.json", str(free_port())
    file.write_text(json.dumps(document))
    options = ["--port", port, "--host", "127.0.0.1", "--verboseLevel", "silent"]
    return Started(["node", str(CACHE / _PRISM), "mock", *options, str(file)], _at(port), _PATH)


def _json_server(body: bytes, directory: Path) -> Started:
    file, port = directory / "db.json", str(free_port())
    file.write_text(json.dumps({"ex": json.loads(body)}))
    options = ["--port", port, "--host", "127.0.0.1", "--quiet", "--read-only", str(file)]
    return Started(["node", str(CACHE / _JSON_SERVER), *options], _at(port), "/ex")


def _at(port: object) -> str:
    return f"http://127.0.0.1:{port}"


_WIREMOCK = "wiremock/wiremock-standalone-3.13.2.jar"
_MOCKOON = "npm-mockoon/node_modules/@mockoon/cli/bin/run.js"
_PRISM = "npm-prism/node_modules/@stoplight/prism-cli/dist/index.js"
_JSON_SERVER = "npm-json-server/node_modules/json-server/lib/cli/bin.js"

GENERIC = (
    Generic("pytest-httpserver 1.2.0", "python3", "uv", _uv, "python/pytest_httpserver", _pytest_httpserver),
    Generic("WireMock 3.13.2", "java", "mvn", _maven, _WIREMOCK, _wiremock),
    Generic("Mockoon 9.9.0", "node", "npm", _npm("npm-mockoon", "@mockoon/cli@9.9.0"), _MOCKOON, _mockoon),
    Generic("Prism 5.14.2", "node", "npm", _npm("npm-prism", "@stoplight/prism-cli@5.14.2"), _PRISM, _prism),
    Generic(
        "json-server 0.17.4", "node", "npm", _npm("npm-json-server", "json-server@0.17.4"), _JSON_SERVER, _json_server
    ),
)
"""Every generic mock server that is compared; the versions are fixed, so that runs can be."""
