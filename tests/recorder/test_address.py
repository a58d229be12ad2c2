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
        ("  http://[::1]:80  ", "http://[::1]"),
    ],
)
def test_an_address_is_shown_without_what_does_not_belong_to_it(text: str, shown: str) -> None:
    """A slash and `/v1` at the end are no part of the address that is shown."""
    assert parse_address(text).shown == shown


@pytest.mark.parametrize(
    "text",
    [
        "http://user:hunter2@host:1/x",
        "http://hunter2@host:1/x",
        "http://user:hun@ter2@host:1/x",
        "http://user:1?hunter2@host:1/x",
        "http://user:1#hunter2@host:1/x",
        "http://user:1/hunter2@host:1/x",
    ],
)
def test_credentials_in_an_address_are_refused(text: str) -> None:
    """Credentials on a command line are refused, not shown, and it is said where they go instead."""
    with pytest.raises(UsageError, match="--basic-auth-file, --header-file or NETRC") as caught:
        parse_address(text)

    assert "ter2" not in str(caught.value)
    assert "user:" not in str(caught.value)


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
        "http://host/?x@token=hunter2",
        "http://a@host/?x@token=hunter2",
        "http://host/#x@hunter2",
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
