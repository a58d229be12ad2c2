"""Uploaded assets: what is in them, and why they are refused."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any

import pytest

from tests.jobs.clusters import KNOWN, TINY, asset, asset_zip, zipped
from toolkit.jobs import zips
from toolkit.jobs.assets import asset_id, check_asset
from toolkit.jobs.refusal import AssetRefused

NO_ASSETS = KNOWN._replace(assets=())
GOOD = asset_zip({"name": "x", "version": "1.0.0"})


def refused(body: bytes, known: Any = NO_ASSETS) -> tuple[int, str]:
    """Give the refusal of an asset."""
    with pytest.raises(AssetRefused) as found:
        check_asset(body, known)
    return found.value.status, found.value.message


@pytest.mark.parametrize(
    ("said", "record"),
    [
        ({"version": " =v1.2.3-a+b ", "name": "x"}, {"name": "x", "version": "1.2.3-a"}),
        ({"name": "x", "version": "1.0.0", "node_version": "v18.1.2", "arch": False, "platform": ""},
         {"name": "x", "node_version": 18, "version": "1.0.0"}),
        ({"platform": "linux", "arch": "x64", "version": "1.0.0", "node_version": 22.0, "description": "",
          "name": "x", "more": 1, "id": "mine", "minimum_teraslice_version": "3.18.0"},
         {"name": "x", "description": "", "node_version": 22, "arch": "x64", "version": "1.0.0",
          "platform": "linux"}),
        ('\ufeff{"name": "x", "version": "1.0.0", "description": null}', {"name": "x", "version": "1.0.0"}),
    ],
)  # fmt: skip
def test_a_record_has_the_wires_order(said: object, record: dict[str, Any]) -> None:
    """Keys that do not lock an asset down are left out; the id is last, and its own."""
    body = asset_zip(said)
    made = check_asset(body, NO_ASSETS).asset

    assert list(made.items()) == [*record.items(), ("id", asset_id(body))]


@pytest.mark.parametrize(
    ("said", "status", "message"),
    [
        ("[", 422, "Failure parsing asset.json, please ensure that's it formatted correctly"),
        ("[" * 100_000, 422, "Failure parsing asset.json, please ensure that's it formatted correctly"),
        (b'{"name": "\xff", "version": NaN}', 422,
         "Failure parsing asset.json, please ensure that's it formatted correctly"),
        (" " * 1_100_000, 422, "asset.json has more than 1048576 bytes"),
        ("null", 500, "Missing name"),
        ([], 500, "Missing name"),
        ({"name": ""}, 500, "Missing name"),
        ({"name": "x", "version": None}, 500, "Cannot read properties of null (reading 'trim')"),
        ({"name": "x", "version": 1}, 500, "version.trim is not a function"),
        ({"name": "x", "version": "1.0"}, 500, 'Invalid version "null"'),
        ({"name": "x", "version": "1.0.0", "node_version": "18"}, 500, "Invalid Version: 18"),
        ({"name": "x", "version": "1.0.0", "node_version": 18.5}, 500,
         'Invalid version. Must be a string. Got type "number".'),
        ({"name": "x", "version": "1.0.0", "node_version": [18]}, 500,
         'Invalid version. Must be a string. Got type "object".'),
        ({"name": "x", "version": "1.0.0", "node_version": -(10**12)}, 400,
         "OpenSearch Error: Mapper Parsing: Failed To Parse Field [Node Version] Of Type [Integer]"),
        ({"name": "x", "version": "1.0.0", "minimum_teraslice_version": "4"}, 500, "Invalid Version: 4"),
        ({"name": "x", "version": "1.0.0", "minimum_teraslice_version": True}, 500,
         'Invalid version. Must be a string. Got type "boolean".'),
        ({"name": "x", "version": "1.0.0", "minimum_teraslice_version": "v3.18.1"}, 500,
         "Asset requires teraslice version v3.18.1 or greater."),
        ({"name": ["x"], "version": "1.0.0"}, 400,
         "OpenSearch Error: Mapper Parsing: Failed To Parse Field [Name] Of Type [Keyword]"),
        ({"name": "x", "version": "1.0.0", "description": 5}, 400,
         "OpenSearch Error: Mapper Parsing: Failed To Parse Field [Description] Of Type [Keyword]"),
    ],
)  # fmt: skip
def test_a_description_is_refused(said: object, status: int, message: str) -> None:
    """Where no real cluster was seen doing so, in the words of its code."""
    assert refused(asset_zip(said)) == (status, message)


def test_a_version_is_uploaded_once() -> None:
    """What the asset declares must be new; the fields in the order of the alphabet."""
    tiny = {"name": "tiny", "version": "1.1.0", "arch": "x64", "platform": "linux", "node_version": 22}
    assert refused(asset_zip(tiny), KNOWN) == (
        409,
        (
            'Asset arch:"x64" AND name:"tiny" AND node_version:"22" AND platform:"linux" AND version:"1.1.0" '
            "already exists, please increment the version and send again"
        ),
    )
    assert refused(asset_zip({"name": "tiny", "version": "1.1.0"}), KNOWN)[0] == 409
    for other in ({"version": "1.1.1"}, {"arch": "arm64"}, {"name": "tinier"}):
        assert check_asset(asset_zip({**tiny, **other}), KNOWN).asset["id"] != TINY


CODE = """
exports.ASSETS = void 0;
var ASSETS = { // not { this
  /* nor , that: */ first: { Processor: A, Schema: { inner: 1 } }, 'second': [f(x, { y: 1 })],
  "th\\"ird": 1, ...others, plain, method() { return `a, b: \\` }`; }, $x: "}, no: 1", 5: 1, 'it\\'s': 2,
};
const later = { ASSETS: { nothing: 1 } };
"""


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"index.js": CODE}, ("first", "second", "plain", "method", "$x")),
        ({"index.cjs": "module.exports.ASSETS={a:1,b:{}}"}, ("a", "b")),
        ({"index.js": "ASSETS = {"}, ()),
        ({"index.js": "ASSETS = {} // ASSETS = {a}"}, ()),
        ({"index.js": "nothing", "lib/index.js": "ASSETS = {a: 1}"}, ()),
        ({"index.js": "ASSETS = {a: /*" + " /*" * 100_000}, ("a",)),
        ({"index.js": "ASSETS = {a: 1}" + " " * 5_000_000}, ()),
        ({"dist/one/processor.js": "", "dist/one/schema.js": "", "two/slicer.mjs": "", "three/api.cjs": ""},
         ("one", "two", "three")),
        ({"processor.js": "", "a/other.js": "", "node_modules/b/processor.js": "", ".c/processor.js": "",
          "_d/e/processor.js": "", "f/processor.json": "", "g/": ""}, ()),
        ({"index.js": "ASSETS={a:1}", "a/schema.js": "", "b/schema.js": ""}, ("a", "b")),
    ],
)  # fmt: skip
def test_operations_are_found_in_the_files(files: dict[str, str], names: tuple[str, ...]) -> None:
    """As keys of a bundle, and as folders with modules."""
    body = zipped({"asset.json": '{"name": "x", "version": "1.0.0"}', **files})

    assert check_asset(body, NO_ASSETS).operations == names


def test_a_standard_asset_is_known_by_its_name() -> None:
    """Where its files say nothing."""
    assert check_asset(asset_zip({"name": "ex1", "version": "0.0.1"}), NO_ASSETS).operations == ("drop_property",)


def twice() -> bytes:
    """Make a zip with two files of one name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in ("first", "last"):
            archive.writestr("asset.json", json.dumps({"name": name, "version": "1.0.0"}))
    return held.getvalue()


def test_of_two_files_of_one_name_the_last_counts() -> None:
    """As after unpacking."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        body = twice()

    assert check_asset(body, NO_ASSETS).asset["name"] == "last"


def patched(body: bytes, *, end: dict[int, bytes] | None = None, entry: dict[int, bytes] | None = None) -> bytes:
    """Change bytes of the end record, or of the last entry of the directory."""
    changed = bytearray(body)
    for mark, changes in ((b"PK\x05\x06", end or {}), (b"PK\x01\x02", entry or {})):
        start = body.rindex(mark)
        for offset, value in changes.items():
            changed[start + offset : start + offset + len(value)] = value
    return bytes(changed)


PLAIN = zipped({"asset.json": '{"name": "x", "version": "1.0.0"}'}, zipfile.ZIP_STORED)
BOMB = asset_zip(b" " * 50_000_000)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (zips.MAGIC + b"nothing", "end of central directory record signature not found"),
        (GOOD[:-5], "end of central directory record signature not found"),
        (patched(GOOD, end={4: b"\x01\x00"}), "multi-disk zip files are not supported: found disk number: 1"),
        (GOOD + b"more", "invalid comment length. expected: 4. found: 0"),
        (patched(GOOD, end={10: b"\x21\x4e"}), "an asset with more than 20000 files is not read"),
        (patched(GOOD, end={10: b"\x02\x00"}), "invalid central directory file header signature: 0x06054b50"),
        (patched(GOOD, end={16: b"\xff\xff\xff\xff"}), "invalid central directory file header signature: 0x"),
        (zipped({"a\\b": ""}), "invalid characters in fileName: a\\b"),
        (zipped({"/a": ""}), "absolute path: /a"),
        (zipped({"c:/a": ""}), "absolute path: c:/a"),
        (zipped({"a/../b": ""}), "invalid relative path: a/../b"),
        (patched(GOOD, entry={8: b"\x41\x00"}), "strong encryption is not supported"),
        (patched(GOOD, entry={8: b"\x01\x00"}), "entry is encrypted, and options.decrypt !== false"),
        (patched(GOOD, entry={10: b"\x0e\x00"}), "unsupported compression method: 14"),
        (patched(GOOD, entry={42: b"\x09\x00"}), None),
        (patched(GOOD, entry={42: b"\xff\xff\xff\xff"}), "invalid local file header signature: 0x"),
        (patched(PLAIN, entry={10: b"\x08\x00"}), None),
        (patched(PLAIN, entry={24: b"\x99\x00"}), "not enough bytes in the stream. expected 153. got only 33"),
        (patched(PLAIN, entry={24: b"\x09\x00"}), "too many bytes in the stream. expected 9. got at least 33"),
        (patched(GOOD, entry={20: b"\x02\x00\x00\x00"}), None),
        (BOMB, "asset.json has more than 1048576 bytes"),
    ],
)  # fmt: skip
def test_a_damaged_or_hostile_zip_is_refused(body: bytes, message: str | None) -> None:
    """Nothing is unpacked beyond the bounds, and nothing else is raised."""
    status, said = refused(body)

    assert status in {422, 500}
    assert message is None or said == message


def test_the_bound_on_a_claimed_size_does_not_trust_the_claim() -> None:
    """A bomb that says it is small is one all the same."""
    small = patched(BOMB, entry={24: struct.pack("<I", 100)})

    assert refused(small) == (422, "asset.json has more than 1048576 bytes")


def test_many_files_are_listed_in_no_time() -> None:
    """Up to the bound."""
    body = zipped({"asset.json": '{"name": "x", "version": "1.0.0"}', **{f"o{n}/schema.js": "" for n in range(3_000)}})

    assert len(check_asset(body, KNOWN._replace(assets=[asset("x", "2.0.0", "0" * 40)])).operations) == 1_000
