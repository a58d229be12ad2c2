"""The OpenAPI 3.1 document, made from the route table and the typed records that serve the requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from toolkit import __version__
from toolkit.answers.exchange import JSON
from toolkit.answers.routes import ROUTES
from toolkit.model.commanded import Unavailable
from toolkit.model.records import Failure

if TYPE_CHECKING:
    from toolkit.answers.route import Route, Sent

_REF: Final = "#/components/schemas/{name}"
_TAGS: Final = {
    "cluster": "The cluster as a whole",
    "jobs": "Jobs: the templates of executions",
    "ex": "Executions: runs of jobs",
    "assets": "Assets: bundles of operations",
    "txt": "The same as text tables",
    "toolkit": "The toolkit's own routes; a real cluster does not have them",
    "control": "Time, worlds and faults in your hands; with a token if the server listens to other machines",
}


def document(mode: str) -> dict[str, Any]:
    """Describe every route.

    Args:
        mode: `live` or `replay`; only the description differs.
    """
    routes = [route for route in ROUTES if route.documented]
    sent = [route.body.schema for route in routes if route.body and route.body.schema]
    types = [*sent, *(route.returns for route in routes), Failure, Unavailable]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    bodies = dict(zip(sent, schemas, strict=False))
    *answers, said, bare = schemas[len(sent) :]
    failure = {"anyOf": [said, bare]}
    paths: dict[str, dict[str, Any]] = {}
    for route, schema in zip(routes, answers, strict=True):
        path = (route.prefixes[-1] + route.path).rstrip("/")
        operation = _operation(route, schema, failure) | _body(route.body, bodies)
        paths.setdefault(path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Teraslice management API, served by toolkit",
            "version": __version__,
            "description": f"A Teraslice 3.18.0 cluster to develop and test against ({mode}). "
            "Every route below `/v1` but the refresh answers the same without it.",
        },
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(route: Route, schema: dict[str, Any], failure: dict[str, Any]) -> dict[str, Any]:
    ids = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    query = [
        {"name": p.name, "in": "query", "required": p.required, "description": p.text, "schema": p.schema}
        for p in route.parameters
    ]
    responses = {"200": _response(route.summary, schema, route.content)}
    responses |= {str(status): _response(text, schema, route.content) for status, text in route.successes}
    responses |= {str(status): _response(text, failure, JSON) for status, text in route.failures}
    return {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": ids + query,
        "responses": responses,
    }


def _body(sent: Sent | None, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    if sent is None:
        return {}
    content = {sent.content: {"schema": schemas[sent.schema]} if sent.schema else {}}
    return {"requestBody": {"required": True, "description": sent.text, "content": content}}


def _response(text: str, schema: dict[str, Any], content: str) -> dict[str, Any]:
    return {"description": text, "content": {content.partition(";")[0]: {"schema": schema}}}
