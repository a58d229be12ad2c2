"""Which assets a job means: each entry becomes the id of the newest asset that fits.

Source: observed texts, line numbers of the stack included; those for entries that are no text, or no range, are made
after Teraslice's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from toolkit.jobs.names import ID_LENGTH, read_name, text_in
from toolkit.jobs.refusal import refuse_job
from toolkit.jobs.values import plain, truthy, zod_type
from toolkit.jobs.versions import Range, version
from toolkit.model.javascript import MISSING, text_of

if TYPE_CHECKING:
    from toolkit.jobs.known import Known
    from toolkit.model.wire import Document

_LIBRARY: Final = "file:///app/source/packages/teraslice/dist/src/lib"
_HINT: Final = (
    "If running out of memory, try consider increasing the memory allocation for the process by adding/modifying the "
    '"memory_execution_controller" or "resources_limits_memory" (for workers) field in the job file.'
)


def _refuse(reason: str, nth: int, kind: str = "TypeError") -> NoReturn:
    lines = [
        f"Failure to get assets, caused by {kind}: {reason}",
        f"    at AssetsStorage._getAssetId ({_LIBRARY}/storage/assets.js:268:19)",
        "    at process.processTicksAndRejections (node:internal/process/task_queues:103:5)",
        f"    at async Promise.all (index {nth})",
        f"    at async AssetLoader.load ({_LIBRARY}/workers/assets/loader.js:40:25)",
        f"    at async {_LIBRARY}/workers/assets/loader-executable.js:18:34",
    ]
    if kind == "TSError":
        lines.append(f"Caused by: {reason}")
    refuse_job("\n".join([*lines, _HINT]))


def _entries(assets: object) -> list[Any]:
    """Give the different entries of `assets`: of a text its letters, as Teraslice has it."""
    assets = plain(assets)
    if not truthy(assets):
        return []
    if not isinstance(assets, str | list):
        said = "object" if isinstance(assets, dict) else f"{zod_type(assets)} {text_of(assets)}"
        refuse_job(f"{said} is not iterable (cannot read property Symbol(Symbol.iterator))")
    found: dict[object, Any] = {}
    for one in assets:
        entry = plain(one)
        # Two lists or objects are never the same to JavaScript.
        key = id(one) if isinstance(entry, list | dict) else (zod_type(entry), entry)
        found.setdefault(key, entry)
    return list(found.values())


def _fits(asset: Document, info: Document) -> bool:
    node = version(str(info["node_version"]))
    return (
        (asset.get("node_version") or 0) <= (node.major if node else 0)
        and asset.get("arch") in {None, info["arch"]}
        and asset.get("platform") in {None, info["platform"]}
    )


def _find(entry: object, nth: int, known: Known) -> str:
    if not isinstance(entry, str):
        reason = "Cannot read properties of null (reading 'length')"
        _refuse(reason if entry is None else "assetIdentifier.split is not a function", nth)
    if len(entry) == ID_LENGTH and any(asset["id"] == entry for asset in known.assets):
        return entry
    name, _, rest = entry.partition(":")
    wanted = rest.split(":")[0].strip()
    try:
        versions = Range("" if wanted == "latest" else wanted)
    except ValueError:
        _refuse(f"Invalid comparator: {wanted}", nth)
    found = []
    for asset in known.assets:
        one = version(str(asset["version"]))
        if asset["name"] == name and one and versions.has(one) and _fits(asset, known.info):
            found.append((one, str(asset["id"])))
    if not found:
        _refuse(f'No assets found for "{entry}"', nth, "TSError")
    # The newest version, and of equal ones the asset that was made last, which comes first.
    newest = max(one for one, _ in found)
    return next(asset_id for one, asset_id in found if one == newest)


def with_assets(job: Document, known: Known) -> Document:
    """Give a job with ids in place of its assets, and in the names of operations and APIs that name one.

    Args:
        job: The job; it is not changed.
        known: The assets that there are.

    Returns:
        The job itself if it lists no assets.

    Raises:
        JobRefused: If an asset is not found, or a name means none of those listed.
    """
    entries = _entries(job.get("assets"))
    if not entries:
        return job
    ids = {str(entry): _find(entry, nth, known) for nth, entry in enumerate(entries)}
    changed = {**job, "assets": list(ids.values())}
    changed["operations"] = [_operation(one, ids) for one in _listed(job, "operations")]
    if truthy(job.get("apis")):
        changed["apis"] = [_api(one, ids) for one in _listed(job, "apis")]
    return changed


def _listed(job: Document, key: str) -> list[Any]:
    value = plain(job.get(key, MISSING))
    if value is None or value is MISSING:
        refuse_job(f"Cannot read properties of {'null' if value is None else 'undefined'} (reading 'map')")
    if not isinstance(value, list):
        refuse_job(f"jobConfig.{key}.map is not a function")
    return value


def _member(holder: object, key: str) -> Any:  # noqa: ANN401 - JSON is what it is
    if holder is None:
        refuse_job(f"Cannot read properties of null (reading '{key}')")
    return holder.get(key, MISSING) if isinstance(holder, dict) else MISSING


def _renamed(value: object, said: str, kind: str, ids: dict[str, str]) -> str | None:
    if "@" not in text_in(value, said):
        return None
    name = read_name(value)
    asset_id = ids.get(name.asset or "")
    if not asset_id:
        what = f"could not find the hashID for asset identifier {name.asset}"
        refuse_job(f"Invalid {kind}: {name.name}, {what}")
    return name.of_asset(asset_id)


def _operation(config: Any, ids: dict[str, str]) -> Any:  # noqa: ANN401 - JSON is what it is
    api = _member(config, "_api_name")
    api_name = None
    if api is not None and api is not MISSING:
        api_name = _renamed(api, "op._api_name?", "operation _api_name for _op", ids)
    name = _renamed(_member(config, "_op"), "op._op", "operation name for _op", ids)
    changes = {"_api_name": api_name, "_op": name and name.split(":")[0]}
    return _changed(config, changes)


def _api(config: Any, ids: dict[str, str]) -> Any:  # noqa: ANN401 - JSON is what it is
    return _changed(config, {"_name": _renamed(_member(config, "_name"), "api._name", "api name for _name", ids)})


def _changed(config: Document, changes: dict[str, str | None]) -> Document:
    return {**config, **{key: value for key, value in changes.items() if value}}
