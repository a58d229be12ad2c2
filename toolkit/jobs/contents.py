"""Which operations are in an asset, as far as its files tell.

Source: Teraslice's loader: an operation is a folder with a processor, slicer, fetcher, schema, api or observer, or a
key of the object `ASSETS` of a bundled asset's `index.js`. The code is looked at, never run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from toolkit.jobs import zips
from toolkit.jobs.operations import ASSETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.jobs.zips import Entry

_MODULE: Final = re.compile(r"(?:api|fetcher|observer|processor|schema|slicer)\.[cm]?js")
_BUNDLES: Final = ("index.js", "index.mjs", "index.cjs")
_MOST_CODE: Final = 4 * 1024 * 1024
_MOST_NAMES: Final = 1_000
_REPOSITORY: Final = re.compile(r"\bASSETS\s*[=:]\s*\{")
# Each alternative may run to the end of the text, so that no text is looked at twice.
_TOKEN: Final = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)|(?P<quote>["'])(?P<quoted>[^"'\\\n]*)(?P=quote)"""
    r"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|'[^'\\\n]*(?:\\.[^'\\\n]*)*'?|`[^`\\]*(?:\\.[^`\\]*)*`?"""
    r"""|(?P<name>[A-Za-z_$][\w$]*)|\.\.\.|(?P<open>[{(\[])|(?P<close>[})\]])|(?P<comma>,)|[:.]""",
    re.DOTALL | re.ASCII,
)


def operations_in(body: bytes, files: list[Entry], name: str) -> tuple[str, ...]:
    """Name the operations in an asset.

    Args:
        body: The archive.
        files: Its files.
        name: The asset's name: where nothing is found, one of the standard assets is known by it.
    """
    found = dict.fromkeys(_bundled(body, files))
    for entry in files:
        parts = entry.name.split("/")
        if len(parts) > 1 and _MODULE.fullmatch(parts[-1]) and not any(map(_private, parts)):
            found[parts[-2]] = None
    return tuple(found)[:_MOST_NAMES] or ASSETS.get(name, ())


def _private(part: str) -> bool:
    return part.startswith((".", "_")) or part == "node_modules"


def _bundled(body: bytes, files: list[Entry]) -> Iterator[str]:
    for entry in files:
        code = zips.read(body, entry, _MOST_CODE) if entry.name in _BUNDLES else None
        if code:
            yield from _keys(code.decode("utf-8", "replace"))


def _keys(code: str) -> Iterator[str]:
    """Give the keys of the first `ASSETS` object."""
    begin = _REPOSITORY.search(code)
    if not begin:
        return
    depth, expected = 1, True
    for token in _TOKEN.finditer(code, begin.end()):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
            if not depth:
                return
        elif token["comma"]:
            expected = depth == 1
            continue
        elif depth == 1 and expected and (token["name"] or token["quoted"]):
            yield token["name"] or token["quoted"]
        elif token[0].startswith(("//", "/*")):
            continue
        expected = False
