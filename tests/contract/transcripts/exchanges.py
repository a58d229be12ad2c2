"""The recorded exchanges, and the bytes that their requests sent."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from toolkit.model.instants import parse_instant

DATA = Path(__file__).parents[2] / "data"
FILES = tuple(sorted(path.stem for path in (DATA / "transcripts").glob("*.jsonl")))
OPERATIONS = {"ex1": ("drop_property",), "standard": ("data_generator",)}
"""Assets that are not included, and the operations in them."""
_PARTS = {"drop_property": ("processor", "schema"), "data_generator": ("fetcher", "slicer", "schema")}
_STAMP = (2026, 1, 1, 0, 0, 0)


class Exchange(NamedTuple):
    """One request and what the real cluster answered.

    Attributes:
        n: Its number.
        at: When it was sent, milliseconds since the Unix epoch.
        target: Path and query, as sent.
        sent: The body as recorded; `None` if there was none.
        expected: The answer's body, JSON or text.
        raw: The answer's exact text, where JSON was not indented.
        elapsed: How long the answer took, in milliseconds.
    """

    n: int
    name: str
    at: int
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    sent: Any
    status: int
    answered: tuple[tuple[str, str], ...]
    expected: Any
    raw: str | None
    elapsed: int

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query as sent."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """Give a header of the answer, empty if it has none of that name."""
        return next((value for key, value in self.answered if key.lower() == name), "")


def load(name: str) -> list[Exchange]:
    """Read the exchanges of a file."""
    return [_exchange(json.loads(line)) for line in (DATA / "transcripts" / f"{name}.jsonl").read_text().splitlines()]


def load_series() -> list[tuple[str, int, Exchange]]:
    """Read the series: `act` or `poll`, milliseconds since its start, and the exchange.

    A body that was seen before is filled in.
    """
    found, bodies = [], {}
    for line in (DATA / "series.jsonl").read_text().splitlines():
        entry = json.loads(line)
        response = entry["response"]
        response["body"] = bodies[entry["n"]] = response.get("body", bodies.get(response.pop("same_as", None)))
        found.append((entry["kind"], round(entry["t"] * 1000), _exchange({"name": entry["kind"]} | entry)))
    return found


def _exchange(entry: dict[str, Any]) -> Exchange:
    asked, response = entry["request"], entry["response"]
    return Exchange(
        n=entry["n"],
        name=entry["name"],
        at=parse_instant(entry["at"]),
        method=asked["method"],
        target=asked["path"] + ("?" + asked["query"] if asked["query"] else ""),
        headers=tuple(asked.get("headers", {}).items()),
        sent=asked.get("body"),
        status=response["status"],
        answered=tuple(response.get("headers", {}).items()),
        expected=response["body"],
        raw=response.get("raw_text"),
        elapsed=round(response.get("elapsed_ms", 0)),
    )


def body_text(sent: Any) -> str | None:
    """Give a recorded body as the text that was sent; `None` for none and for bytes."""
    if sent is None or isinstance(sent, str):
        return sent
    if isinstance(sent, dict) and ("$base64" in sent or "$asset" in sent):
        return None
    return json.dumps(_expanded(sent), separators=(",", ":"), ensure_ascii=False)


def body_bytes(sent: Any) -> bytes:
    """Give the bytes of a recorded body that is not text; empty for none."""
    if sent is None:
        return b""
    if "$base64" in sent:
        return base64.b64decode(sent["$base64"])
    return asset_zip(sent["$asset"])


def asset_zip(about: dict[str, Any]) -> bytes:
    """Build an asset from what is known of it: always the same bytes.

    Args:
        about: Its `asset.json`; a `None` stands for what it does not have.
    """
    files = {"asset.json": json.dumps({key: value for key, value in about.items() if value is not None})}
    for operation in OPERATIONS.get(about["name"] or "", ()):
        files |= {f"{operation}/{part}.js": "export default class {}\n" for part in _PARTS[operation]}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), text)
    return packed.getvalue()


def _expanded(value: Any) -> Any:
    if isinstance(value, list):
        return [_expanded(one) for one in value]
    if isinstance(value, dict):
        if "$repeat" in value:
            return value["$repeat"] * value["times"]
        return {key: _expanded(one) for key, one in value.items()}
    return value
