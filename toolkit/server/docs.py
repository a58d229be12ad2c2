"""The documentation pages: `/docs` (Swagger UI), `/redoc` (ReDoc), `/openapi.json`.

The pages are ours, the scripts and styles come from the installed package `openapi-ui-bundles`. Nothing on them comes
from another host, and the content security policy sees to it that nothing can.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from openapi_ui_bundles import redoc, swagger_ui

from toolkit.answers.answer import Request, Response
from toolkit.answers.openapi import document
from toolkit.model.wire import etag, pretty
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable

UI = "/_toolkit/ui"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

_HTML = "text/html; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"
_STYLE = "text/css; charset=utf-8"

_HEAD = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/png" href="{UI}/favicon-32x32.png">
"""

_DOCS = f"""\
{_HEAD}<title>Teraslice API - toolkit</title>
<link rel="stylesheet" href="{UI}/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="{UI}/swagger-ui-bundle.js"></script>
<script src="{UI}/docs.js"></script>
</body>
</html>
"""

_REDOC = f"""\
{_HEAD}<title>Teraslice API - toolkit</title>
<link rel="stylesheet" href="{UI}/redoc.css">
</head>
<body>
<redoc spec-url="/openapi.json" disable-google-font hide-hostname></redoc>
<script src="{UI}/redoc.standalone.js"></script>
</body>
</html>
"""

_DOCS_SCRIPT = """\
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
});
"""

_REDOC_STYLE = "body { margin: 0; }\n"

_FAR_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_OUR_LOGO = f"{UI}/logo-mini.svg".encode()


def _swagger(name: str) -> bytes:
    return Path(swagger_ui.static_path, name).read_bytes()


def _redoc(name: str) -> bytes:
    # ReDoc shows its maker's logo from its maker's host; the package has the same picture.
    return Path(redoc.static_path, name).read_bytes().replace(_FAR_LOGO, _OUR_LOGO)


_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "/docs": (_HTML, _DOCS.encode),
    "/redoc": (_HTML, _REDOC.encode),
    f"{UI}/docs.js": (_SCRIPT, _DOCS_SCRIPT.encode),
    f"{UI}/redoc.css": (_STYLE, _REDOC_STYLE.encode),
    f"{UI}/swagger-ui-bundle.js": (_SCRIPT, lambda: _swagger("swagger-ui-bundle.js")),
    f"{UI}/swagger-ui.css": (_STYLE, lambda: _swagger("swagger-ui.css")),
    f"{UI}/favicon-32x32.png": ("image/png", lambda: _swagger("favicon-32x32.png")),
    f"{UI}/redoc.standalone.js": (_SCRIPT, lambda: _redoc("redoc.standalone.js")),
    f"{UI}/logo-mini.svg": ("image/svg+xml", lambda: _redoc("logo-mini.svg")),
}
"""Every path served here but the document itself; nothing is looked up by a name that a client sends."""


@cache
def _file(path: str) -> tuple[str, bytes, str]:
    content_type, read = _FILES[path]
    body = read()
    return content_type, body, etag(body)


@cache
def _document(mode: str) -> tuple[str, bytes, str]:
    body = pretty(document(mode))
    return "application/json; charset=utf-8", body, etag(body)


def page(request: Request, mode: str) -> Response | None:
    """Answer a request for a documentation page, `None` if it is for none of them."""
    path = request.target.partition("?")[0]
    path = path.rstrip("/") or path
    if request.method not in {"GET", "HEAD"} or (path not in _FILES and path != "/openapi.json"):
        return None
    content_type, body, tag = _document(mode) if path == "/openapi.json" else _file(path)
    headers = (
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("ETag", tag),
        ("Cache-Control", "no-cache"),
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    )
    return Response(200, headers, body if request.method == "GET" else b"", NEVER)
