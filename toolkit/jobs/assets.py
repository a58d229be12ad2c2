"""What Teraslice makes of an uploaded asset: its id, its record, and why it is refused.

Source: Teraslice 3.18.0, observed texts and statuses with `blocking=true`, and the order of its checks.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from toolkit.jobs import zips
from toolkit.jobs.contents import operations_in
from toolkit.jobs.refusal import refuse_asset
from toolkit.jobs.values import SAFE, number, truthy, zod_type
from toolkit.jobs.versions import clean, version
from toolkit.model.javascript import MISSING, text_of
from toolkit.model.wire import loads

if TYPE_CHECKING:
    from toolkit.jobs.known import Known
    from toolkit.jobs.zips import Entry
    from toolkit.model.wire import Document

DESCRIPTION: Final = "asset.json"
_MOST_DESCRIPTION: Final = 1024 * 1024
_ORDER: Final = ("name", "description", "node_version", "arch", "version", "platform", "id")
"""The keys of an asset on the wire. Source: observed."""
_UNIQUE: Final = ("arch", "name", "node_version", "platform", "version")
_LARGEST: Final = 2**31 - 1
_BAD, _CONFLICT, _UNFIT = 400, 409, 422


class Checked(NamedTuple):
    """An asset that Teraslice takes.

    Attributes:
        asset: Its record in wire order, without `_created`.
        operations: The names of its operations.
    """

    asset: Document
    operations: tuple[str, ...]


def asset_id(body: bytes) -> str:
    """Give the id of an asset: the SHA-1 of the base64 text of its zip, 40 hexadecimal digits.

    Raises:
        AssetRefused: If it does not begin as a zip with a file does. Of a post that does not block, this is the only
            refusal that is told.
    """
    if not body.startswith(zips.MAGIC):
        refuse_asset("Failed to save asset. File type not recognized as zip.")
    return hashlib.sha1(base64.b64encode(body), usedforsecurity=False).hexdigest()


def check_asset(body: bytes, known: Known) -> Checked:
    """Check an asset that is not there yet.

    Args:
        body: The zip.
        known: What the cluster has. That an asset of the same id is there is the caller's to see: it answers 200.

    Raises:
        AssetRefused: With Teraslice's status and message.
    """
    made = asset_id(body)
    files = zips.entries(body)
    # Of two files with one name the last is what is left after unpacking.
    entry = next((one for one in reversed(files) if one.name == DESCRIPTION), None)
    if entry is None:
        refuse_asset("asset.json was not found in root directory of asset bundle", _UNFIT)
    said = _described(body, entry)
    # `Object.assign` makes nothing of what is no object.
    found = said if isinstance(said, dict) else {}
    if not truthy(found.get("name")):
        refuse_asset("Missing name")
    record: Document = {"name": found["name"], "version": _version(found.get("version", MISSING)), "id": made}
    if truthy(found.get("node_version")):
        record["node_version"] = _major(found["node_version"])
    for key in ("platform", "arch"):
        if truthy(found.get(key)):
            record[key] = found[key]
    if found.get("description") is not None:
        record["description"] = found["description"]
    _check_minimum(found.get("minimum_teraslice_version"), str(known.info["teraslice_version"]))
    _check_unique(record, known)
    for key in ("name", "description", "arch", "platform"):
        if key in record and not isinstance(record[key], str):
            _refuse_field(key, "Keyword")
    if abs(record.get("node_version", 0)) > _LARGEST:
        _refuse_field("node_version", "Integer")
    ordered: Document = {key: record[key] for key in _ORDER if key in record}
    return Checked(ordered, operations_in(body, files, str(record["name"])))


def _described(body: bytes, entry: Entry) -> Any:  # noqa: ANN401 - JSON is what it is
    text = zips.read(body, entry, _MOST_DESCRIPTION)
    if text is None:
        refuse_asset(f"asset.json has more than {_MOST_DESCRIPTION} bytes", _UNFIT)
    try:
        return loads(text.decode("utf-8", "replace").removeprefix("\ufeff").encode())
    except (ValueError, RecursionError):
        return refuse_asset("Failure parsing asset.json, please ensure that's it formatted correctly", _UNFIT)


def _version(value: object) -> str:
    if value is MISSING or value is None:
        refuse_asset(f"Cannot read properties of {'null' if value is None else 'undefined'} (reading 'trim')")
    if not isinstance(value, str):
        refuse_asset("version.trim is not a function")
    found = clean(value)
    if found is None:
        refuse_asset('Invalid version "null"')
    return str(found)


def _no_version(value: object) -> NoReturn:
    if isinstance(value, str):
        refuse_asset(f"Invalid Version: {value}")
    kind = zod_type(value)
    refuse_asset(f'Invalid version. Must be a string. Got type "{"object" if kind == "array" else kind}".')


def _major(value: object) -> int:
    """Give the major version that an asset asks for: a whole number, or that of a version."""
    given = number(value)
    if given is not None and given.is_integer() and abs(given) <= SAFE:
        return int(given)
    found = version(value) if isinstance(value, str) else None
    if found is None:
        _no_version(value)
    return int(found.major)


def _check_minimum(value: object, teraslice: str) -> None:
    if not truthy(value):
        return
    wanted = version(value) if isinstance(value, str) else None
    if wanted is None:
        _no_version(value)
    if wanted > version(teraslice):
        refuse_asset(f"Asset requires teraslice version {value} or greater.")


def _check_unique(record: Document, known: Known) -> None:
    asked = [key for key in _UNIQUE if key in record]
    if any(all(asset.get(key) == record[key] for key in asked) for asset in known.assets):
        said = " AND ".join(f'{key}:"{text_of(record[key])}"' for key in asked)
        refuse_asset(f"Asset {said} already exists, please increment the version and send again", _CONFLICT)


def _refuse_field(key: str, kind: str) -> NoReturn:
    title = key.replace("_", " ").title()
    refuse_asset(f"OpenSearch Error: Mapper Parsing: Failed To Parse Field [{title}] Of Type [{kind}]", _BAD)
