"""Assets, which Teraslice forwards to a service of its own: as JSON, as text tables, and that service's 404.

Source: observed answers; the service's headers come in lower case, and it answers unknown paths with Express's page.
"""

from __future__ import annotations

import html
import re
from functools import wraps
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from toolkit.answers.exchange import HTML, Refusal, Response, failure, json_response, table_response
from toolkit.answers.route import Route, finish
from toolkit.answers.search import Found, Search, read_asked, run, settled
from toolkit.answers.tables import own_value, table
from toolkit.answers.txt import LAYOUT, Failures
from toolkit.model.javascript import MISSING, cut
from toolkit.model.records import Asset
from toolkit.model.wire import join_items
from toolkit.query.mapping import ASSETS
from toolkit.query.sort import NEWEST_CREATED
from toolkit.timeline.view import NEVER, Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.answers.parameters import Parameter
    from toolkit.answers.route import Call
    from toolkit.model.wire import Document

COLUMNS: Final = ("name", "version", "id", "_created", "description", "node_version", "platform", "arch")
DESCRIPTION: Final = 30
"""How much of a description a table shows."""
PAGE: Final = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n'
    "<pre>Cannot {method} {path}</pre>\n</body>\n</html>\n"
)
_KEPT: Final = "!#$%&'()*+,-./:;=?@[\\]^_|~"
"""What Express leaves as it is in a path, besides letters and digits."""


def forwarded(handler: Callable[[Call], Response]) -> Callable[[Call], Response]:
    """Make a handler whose answers, refusals too, have lower-case header names."""

    @wraps(handler)
    def lowered(call: Call) -> Response:
        try:
            response = handler(call)
        except Refusal as refusal:
            response = failure(refusal.status, refusal.message, refusal.until)
        return response._replace(headers=tuple((name.lower(), value) for name, value in response.headers))

    return lowered


def _found(call: Call) -> Found:
    """Find the assets with the name and version that the path asks for; a filter is not looked at."""
    named = [f'{key}:"{value}"' for key, value in zip(("name", "version"), call.ids, strict=False)]
    records, until = call.view.assets()

    def fetch(start: int, size: int) -> Found:
        return Held(records[start : start + size], until)

    search = Search(fetch, "id", ASSETS, " AND ".join(["id:*", *named]), not named, NEWEST_CREATED)
    return finish(settled(run(call.view, search, read_asked(call.query)._replace(filter=""))))


@forwarded
def listed(call: Call) -> Response:
    """Answer with assets, newest first."""
    records, until = _found(call)
    return json_response(200, join_items([record.item for record in records]), until)


def _cell(record: Document, column: str) -> Any:  # noqa: ANN401 - JSON is what it is
    if column not in COLUMNS:
        return MISSING  # the service asks its storage for these only
    value = own_value(record, column)
    return cut(value, DESCRIPTION) if column == "description" and isinstance(value, str) else value


@forwarded
def listed_as_text(call: Call) -> Response:
    """Answer with assets as a table; what is missing is blank."""
    records, until = _found(call)
    return table_response(table([record.fields for record in records], call.query, COLUMNS, _cell), until)


@forwarded
def not_found(call: Call) -> Response:
    """Answer as Express does where the service has no route."""
    path = re.sub("^/v1(?=/)", "", call.request.path, flags=re.IGNORECASE)
    shown = html.escape(quote(path, safe=_KEPT)).replace("&#x27;", "&#39;")
    body = PAGE.format(method=call.request.method, path=shown).encode()
    headers = (
        ("X-Powered-By", "Express"),
        ("Content-Security-Policy", "default-src 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Type", HTML),
        ("Content-Length", str(len(body))),
    )
    return Response(404, headers, body, NEVER)


def routes(page: tuple[Parameter, ...], bad_page: Failures) -> tuple[Route, ...]:
    """Give the routes; those that answer "not found" come after the ones they stand in for.

    Args:
        page: The parameters of pages.
        bad_page: What is answered to bad ones.
    """
    paths = (
        ("", "", "Assets, newest first"),
        ("/{name}", "_of_name", "Assets of exactly this name"),
        ("/{name}/{version}", "_of_version", "Assets of exactly this name and version"),
    )
    text_page = (*page, *LAYOUT)
    return (
        *(
            Route("GET", f"/assets{path}", f"assets{name}", summary, "assets", listed, list[Asset], page, bad_page)
            for path, name, summary in paths
        ),
        Route("GET", "/assets{*}", "no_assets", "", "assets", not_found, None, documented=False),
        *(
            Route(
                "GET", f"/txt/assets{path}", f"txt_assets{name}", summary, "txt", listed_as_text, str, text_page,
                bad_page, ("",), content=HTML, options=False,
            )
            for path, name, summary in paths
        ),
        Route("GET", "/txt/assets{*}", "no_txt", "", "txt", not_found, None, (), (), ("",),
            documented=False, options=False),
    )  # fmt: skip
