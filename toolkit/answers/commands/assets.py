"""Uploading and deleting assets.

Source: observed answers. Without `blocking` Teraslice answers before it looks into the zip: what is refused then is
simply never there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.assets import forwarded, not_found
from toolkit.answers.bodies import JSON_TYPES
from toolkit.answers.commands.writing import known, log_of, refuse, write
from toolkit.answers.exchange import json_response
from toolkit.jobs.assets import asset_id, check_asset
from toolkit.jobs.refusal import AssetRefused
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.answers.exchange import Response
    from toolkit.answers.route import Call
    from toolkit.timeline.view import View

_ID: Final = 40
_TRUE: Final = frozenset({"1", "true", "yes"})
_OK: Final = 200
_CREATED: Final = 201


def not_json(handler: Callable[[Call], Response]) -> Callable[[Call], Response]:
    """Make a handler that refuses JSON before anything is forwarded."""

    def checked(call: Call) -> Response:
        if call.request.content_type in JSON_TYPES:
            refuse(400, "/asset endpoints do not accept json")
        return handler(call)

    return checked


@not_json
@forwarded
def save(call: Call) -> Response:
    """Keep an asset: 201 for a new one, 200 for one that is there."""
    body = call.request.body
    try:
        made = asset_id(body)
    except AssetRefused as refused:
        refuse(refused.status, refused.message)
    if _is_there(call.view, made):
        return json_response(_OK, pretty({"asset_id": made}), 0)
    log_of(call)
    try:
        asset, operations = check_asset(body, known(call.view))
    except AssetRefused as refused:
        blocking = call.query.get("blocking", [])
        if len(blocking) == 1 and blocking[0].strip().lower() in _TRUE:
            refuse(refused.status, refused.message)
    else:
        write(call, {"do": "save_asset", "asset": asset, "operations": list(operations)})
    return json_response(_CREATED, pretty({"asset_id": made}), 0)


@forwarded
def delete(call: Call) -> Response:
    """Delete an asset, whoever uses it."""
    asset = call.ids[0]
    if len(asset) != _ID:
        text = f"asset {asset} is not formatted correctly, please provide the full asset_id"
        return json_response(400, pretty({"error": text}), 0)
    if not _is_there(call.view, asset):
        refuse(404, f"Unable to find asset {asset}")
    write(call, {"do": "delete_asset", "asset_id": asset})
    return json_response(_OK, pretty({"asset_id": asset}), 0)


def _is_there(view: View, asset: str) -> bool:
    return any(record.fields.get("id") == asset for record in view.assets().value)


post_not_found = not_json(not_found)
