"""Uploading and deleting assets."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile

import pytest

from tests.answers.commanding import ASSET, Commanded, said

ZIP = "application/octet-stream"
NO_ZIP = "Failed to save asset. File type not recognized as zip."


def zipped(name: str, text: str) -> bytes:
    """Make a zip of one file, always the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


GOOD = zipped("asset.json", '{"name": "tiny", "version": "1.0.0"}')
BROKEN = zipped("index.js", "")


def id_of(body: bytes) -> str:
    """Give an asset's id: the sha1 of the base64 of its bytes."""
    return hashlib.sha1(base64.b64encode(body), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("content", [ZIP, "application/zip", "text/plain", "application/json; charset=utf-8", None])
@pytest.mark.parametrize("query", ["", "?blocking=true", "?blocking=false"])
def test_a_new_asset_is_created_and_the_same_again_is_there(content: str | None, query: str) -> None:
    """201, then 200, with any content type but two; headers in lower case."""
    commanded = Commanded()
    first = commanded.send("POST", f"/v1/assets{query}", GOOD, content)
    again = commanded.send("POST", "/assets/", GOOD, content)

    assert (first.status, again.status) == (201, 200)
    assert json.loads(first.body) == json.loads(again.body) == {"asset_id": id_of(GOOD)}
    assert [name for name, _ in first.headers] == ["x-powered-by", "content-type", "content-length", "etag"]
    asset = {"name": "tiny", "version": "1.0.0", "id": id_of(GOOD)}
    assert commanded.entries == [{"do": "save_asset", "asset": asset, "operations": []}]


@pytest.mark.parametrize("blocking", ["true", "1", "yes", "YES", "%20true%20"])
def test_who_waits_hears_what_is_wrong_with_an_asset(blocking: str) -> None:
    """The check's status and text."""
    commanded = Commanded()
    response = commanded.send("POST", f"/v1/assets?blocking={blocking}", BROKEN, ZIP)

    assert said(response) == (422, "asset.json was not found in root directory of asset bundle")
    assert response.headers[0][0] == "x-powered-by"
    assert commanded.entries == []


@pytest.mark.parametrize("query", ["", "?blocking=false", "?blocking=", "?blocking=on", "?blocking=true&blocking=true"])
def test_who_does_not_wait_hears_an_id_of_what_is_never_there(query: str) -> None:
    """201 each time, and nothing is appended."""
    commanded = Commanded()

    for _ in range(2):
        response = commanded.send("POST", f"/v1/assets{query}", BROKEN, ZIP)
        assert said(response) == (201, {"asset_id": id_of(BROKEN)})
    assert commanded.entries == []


@pytest.mark.parametrize("body", [b"", b"this is not a zip", b"PK\x05\x06" + bytes(18)])
@pytest.mark.parametrize("query", ["", "?blocking=true"])
def test_what_is_no_zip_is_refused_in_both_modes(body: bytes, query: str) -> None:
    """An empty zip is none either."""
    assert said(Commanded().send("POST", f"/v1/assets{query}", body, ZIP)) == (500, NO_ZIP)
    assert said(Commanded().send("POST", f"/assets{query}", body)) == (500, NO_ZIP)


@pytest.mark.parametrize("content", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("target", ["/v1/assets", "/assets?blocking=true", "/v1/assetsfoo", "/assets/a/b"])
def test_assets_do_not_come_as_json(content: str, target: str) -> None:
    """400 by the master itself, its headers in capitals, once the JSON is well formed or too long to be looked at."""
    for body in (b'{"a": 1}', b"", b"x" * 200_000):
        response = Commanded().send("POST", target, body, content)
        assert said(response) == (400, "/asset endpoints do not accept json")
        assert response.headers[0][0] == "X-Powered-By"


def test_an_asset_is_deleted_once() -> None:
    """200 with its id, then 404; an id of another length is a 400 of another shape."""
    commanded = Commanded()

    assert said(commanded.send("DELETE", f"/v1/assets/{ASSET}")) == (200, {"asset_id": ASSET})
    assert said(commanded.send("DELETE", f"/assets/{ASSET}")) == (404, f"Unable to find asset {ASSET}")
    assert commanded.entries == [{"do": "delete_asset", "asset_id": ASSET}]
    short = commanded.send("DELETE", "/v1/assets/abc")
    assert short.status == 400
    assert short.body == (
        b'{\n    "error": "asset abc is not formatted correctly, please provide the full asset_id"\n}'
    )
    assert dict(short.headers)["etag"] == 'W/"59-XrRBqwXhnThGcSRmLTJeM16+YEM"'


def test_an_asset_that_was_deleted_can_come_again() -> None:
    """201 a second time."""
    commanded = Commanded()
    asset = id_of(GOOD)
    statuses = [
        commanded.send("POST", "/v1/assets", GOOD).status,
        commanded.send("DELETE", f"/v1/assets/{asset}").status,
        commanded.send("POST", "/v1/assets", GOOD).status,
    ]

    assert statuses == [201, 200, 201]


@pytest.mark.parametrize(
    ("method", "target", "shown"),
    [
        ("DELETE", "/v1/assets", "/assets"), ("DELETE", "/v1/assets/a/b", "/assets/a/b"),
        ("POST", "/v1/assets/a", "/assets/a"), ("POST", "/assetsfoo", "/assetsfoo"),
    ],
)  # fmt: skip
def test_what_the_assets_service_does_not_know_is_its_404(method: str, target: str, shown: str) -> None:
    """Express's page, with the method."""
    response = Commanded().send(method, target, b"PK\x03\x04", ZIP)

    assert response.status == 404
    assert f"<pre>Cannot {method} {shown}</pre>" in response.body.decode()
    assert dict(response.headers)["content-security-policy"] == "default-src 'none'"
