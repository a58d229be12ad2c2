"""What a text looks like: the shapes that pseudonyms keep.

Only patterns that read a text once, whatever is in it.
"""

from __future__ import annotations

import re
from typing import Final

from toolkit.model.credentials import is_credential

NAME: Final = re.compile(r"[-_.]*[A-Za-z0-9*]+(?:[-_.]+[A-Za-z0-9*]+)*[-_.]*")
PARTS: Final = re.compile(r"([-_.]+)")
URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20})://(.*)", re.DOTALL)
ADDRESS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,8}")
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
HOST: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9][a-z0-9-]{0,62}){0,8}\.[a-z][a-z-]{1,62}")
WORKER_POD: Final = re.compile(
    r"(ts-(?:wkr|exc)-)([a-z0-9-]{1,80})-([0-9a-f]{8}-[0-9a-f]{4})-([a-z0-9]{5,10}(?:-[a-z0-9]{5})?)"
)
"""Source: Teraslice 3.18.0, pods of Kubernetes; the part behind the name begins the job's id."""
POD: Final = re.compile(
    r"([a-z0-9.-]{1,200})-((?=[a-z]{0,9}[0-9])[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5})"
)
"""A pod of a deployment: Kubernetes draws the letters of its ends from these."""
SCHEMES: Final = frozenset({
    "amqp", "amqps", "file", "ftp", "gs", "hdfs", "http", "https", "jdbc", "kafka", "ldap", "ldaps", "mongodb",
    "mongodb+srv", "mysql", "node", "postgres", "postgresql", "redis", "rediss", "s3", "s3a", "sftp", "smtp", "ssl",
    "tcp", "udp", "ws", "wss",
})  # fmt: skip
ENDINGS: Final = frozenset({
    "avro", "cjs", "conf", "crt", "csv", "gz", "js", "json", "jsonl", "key", "ldjson", "log", "lz4", "mjs", "parquet",
    "pem", "sql", "ts", "tsv", "txt", "xml", "yaml", "yml", "zip", "zst",
})  # fmt: skip
"""The endings of file names that stay."""
_PORTS: Final = frozenset({
    "80", "443", "2181", "3000", "3306", "4567", "5432", "5601", "5672", "5678", "6379", "6443", "7000", "8000", "8080",
    "8081", "8086", "8125", "8443", "8500", "8888", "9000", "9090", "9092", "9093", "9094", "9100", "9200", "9300",
    "9443", "9600", "9998", "27017", "45679",
})  # fmt: skip
"""Ports that stay behind a word that need not be a host: anything else there may be a password."""
_USERS: Final = frozenset({"user", "username", "login", "admin", "administrator", "root", "guest"})
"""What is no host before a port."""
PORT: Final = re.compile(r"[0-9]{1,5}")
_PHRASES: Final = re.compile(r"[\s\"'`()\[\]{}<>,;|=]", re.ASCII)
_BRACKETED: Final = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_DATE_PART: Final = re.compile(
    r"(?:^|(?<=[-_.]))(?:19|20)[0-9]{2}"
    r"(?:([-_.]?)(?:0[1-9]|1[0-2])(?:\1(?:0[1-9]|[12][0-9]|3[01]))?)?(?=$|[-_.])"
)
_ORDINAL: Final = re.compile(r"[0-9]{1,3}")


def has_phrases(text: str) -> bool:
    """Tell whether a text is more than one token."""
    return _PHRASES.search(text) is not None and not _BRACKETED.fullmatch(text)


def split_port(text: str) -> tuple[str, str]:
    """Split a text into a host and its port with the colon; the port is empty where there is none."""
    host, colon, port = text.rpartition(":")
    if not colon or not PORT.fullmatch(port) or (":" in host and not host.endswith("]")) or "/" in host:
        return text, ""
    sure = host.endswith("]") or ("." in host and (HOST.fullmatch(host) or ADDRESS.fullmatch(host)))
    return (host, f":{port}") if sure or port in _PORTS else (text, "")


def is_login(host: str, port: str) -> bool:
    """Tell whether digits behind a colon may be a password: unless it is a known port, a host must look like one."""
    if port in _PORTS:
        return host.lower() in _USERS or is_credential(host)
    return host.count(".") == 1


def kept_parts(text: str) -> frozenset[int]:
    """Give the places of a name's parts that stay: separators, stars, a date, and a short number at the end."""
    parts = PARTS.split(text)
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    kept = {place for place, part in enumerate(parts) if part and set(part) == {"*"}}
    date = _DATE_PART.search(text)
    if date:
        kept |= {place for place in range(0, len(parts), 2) if date.start() <= starts[place] < date.end()}
    last = len(parts) - 1
    if last > 0 and _ORDINAL.fullmatch(parts[last]):
        kept.add(last)
    words = [part for place, part in enumerate(parts) if place % 2 == 0 and place not in kept]
    return frozenset(kept) if any(letter.isalpha() for word in words for letter in word) else frozenset()
