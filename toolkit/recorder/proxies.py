"""Which proxy the environment names for a cluster.

Pure: the variables come as a mapping. They are read as curl and Python's own client read them: `http_proxy`,
`https_proxy`, `all_proxy` and `no_proxy`, in small letters or in capitals, and the small ones win.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import httpx

from toolkit.errors import UsageError
from toolkit.recorder.access import Proxy

if TYPE_CHECKING:
    from collections.abc import Mapping


def proxy_for(base: httpx.URL, environment: Mapping[str, str]) -> Proxy | None:
    """Find the proxy for a cluster's address; `None` if it is asked directly.

    Raises:
        UsageError: If the variable that counts holds no address of a proxy. Its value is not shown.
    """
    for name in (f"{base.scheme}_proxy", "all_proxy"):
        found = _variable(name, environment)
        if found is not None:
            variable, text = found
            skipped = _variable("no_proxy", environment)
            return None if skipped and is_skipped(base, skipped[1]) else _proxy(variable, text)
    return None


def is_skipped(base: httpx.URL, no_proxy: str) -> bool:
    """Tell whether `no_proxy` excepts an address: by name, by a name's end, by network, by port, or with `*`."""
    port = base.port or {"http": 80, "https": 443}[base.scheme]
    return any(_covers(entry.lower(), base.host.lower(), port) for entry in no_proxy.replace(",", " ").split())


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name, colon, number = entry.rpartition(":")
    if colon and number.isascii() and number.isdigit() and (":" not in name or name.endswith("]")):
        if int(number) != port:
            return False
        entry = name
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        # One of the two is a name.
        name = entry.removeprefix("*").removeprefix(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))


def _variable(name: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    # An empty variable in small letters takes back what the capitals say.
    for variable in (name, name.upper()):
        if variable in environment:
            text = environment[variable].strip()
            return (variable, text) if text else None
    return None


def _proxy(variable: str, text: str) -> Proxy:
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        msg = (
            f"cannot use the proxy of {variable}: it is no http or https address; "
            "correct the variable, or except the cluster with NO_PROXY"
        )
        raise UsageError(msg)
    login = (url.username, url.password) if url.userinfo else None
    return Proxy(str(url.copy_with(username=None, password=None, path="/", query=None, fragment=None)), login)
