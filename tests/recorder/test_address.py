from __future__ import annotations

import pytest

from toolkit.errors import UsageError
from toolkit.recorder.address import parse_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://localhost:5678", "http://localhost:5678"),
        ("http://localhost:5678/", "http://localhost:5678"),
        ("http://localhost:5678/v1", "http://localhost:5678"),
        ("http://localhost:5678/v1/", "http://localhost:5678"),
        ("https://proxy.example/clusters/a", "https://proxy.example/clusters/a"),
        ("https://proxy.example/clusters/a/v1/", "https://proxy.example/clusters/a"),
        ("http://user:pass@host:1/x", "http://host:1/x"),
        ("  http://[::1]:80  ", "http://[::1]"),
    ],
)
def test_an_address_is_shown_without_what_does_not_belong_to_it(text: str, shown: str) -> None:
    """Credentials, a slash and `/v1` at the end are no part of the address that is shown."""
    assert parse_address(text).shown == shown


def test_credentials_are_kept_apart() -> None:
    """Credentials are decoded for use, and appear in no text that is made of the address."""
    address = parse_address("http://user:p%40ss%2Fword@host:1/x")

    assert address.login == ("user", "p@ss/word")
    assert "p@ss" not in repr(address)
    assert "user" not in str(address.base)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:5678",
        "user:hunter2@localhost:5678",
        "ftp://user:hunter2@host",
        "http://",
        "http://:5678",
        "http://user:hunter2@host:99999",
        "http://user:hunter2@host:abc",
        "http://user:hun/ter2@host",
        "http://user:1/hunter2@host",
        "http://user:1?hunter2@host",
        "http://user:1#hunter2@host",
        "http://host/?token=hunter2",
        "http://host/#hunter2",
        "http://ho st/",
        "http://a..b/",
        "http://host\x00/",
    ],
)
def test_what_is_no_address_is_asked_wrongly(text: str) -> None:
    """A text that is no cluster's address is a usage error in one line, and shows no password."""
    with pytest.raises(UsageError) as caught:
        parse_address(text)

    assert "\n" not in str(caught.value)
    assert "ter2" not in str(caught.value)
