"""Credentials: read from files, checked, warned about, and never shown."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from toolkit.errors import UsageError
from toolkit.recorder.access import Access
from toolkit.recorder.address import parse_address
from toolkit.recorder.credentials import Named, open_access, read_headers, read_key, read_login, read_netrc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ADDRESS = parse_address("http://c.example:5678")
SECRET = "hunter2"  # noqa: S105 - what must not be shown


class Folder:
    """A folder of secret files, and the warnings about them."""

    def __init__(self, place: Path) -> None:
        """Use an empty folder."""
        self.place = place
        self.warnings: list[str] = []

    def write(self, content: str | bytes, name: str = "secret", mode: int = 0o600) -> Path:
        """Write a file."""
        file = self.place / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)
        return file

    def warn(self, text: str) -> None:
        """Keep a warning."""
        self.warnings.append(text)

    def open(self, named: Named, **environment: str) -> Access:
        """Gather access."""
        return open_access(ADDRESS, named, environment, self.warn)

    def refused(self, read: Callable[[], object]) -> str:
        """Give the error, which shows no secret and is one line."""
        with pytest.raises(UsageError) as caught:
            read()
        text = str(caught.value)
        assert SECRET not in text
        assert "\n" not in text
        return text.replace(str(self.place), "DIR")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty folder."""
    return Folder(tmp_path)


def test_headers_are_lines(folder: Folder) -> None:
    """A header is a line; empty lines, remarks, blanks around values and line ends of Windows do not matter."""
    file = folder.write("# for the gateway\nAuthorization: Bearer a:b=c\r\n\n  \nX-Key:k \n")

    assert read_headers(file, folder.warn) == {"Authorization": "Bearer a:b=c", "X-Key": "k"}
    assert folder.warnings == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("hunter2", "line 1: it is no header"),
        ("A: b\nhunter2\n", "line 2: it is no header"),
        ("A b: hunter2", "line 1: it is no header"),
        (" A: hunter2", "line 1: it is no header"),
        ("A : hunter2", "line 1: it is no header"),
        (": hunter2", "line 1: it is no header"),
        ("A:", "line 1: it is no header"),
        ("A: hunter2\x00", "line 1: it is no header"),
        ("A: hunter2\rB: c", "line 1: it is no header"),
        ("A: hunter2\x0bB: c", "line 1: it is no header"),
        ("A: hunter2é", "line 1: it is no header"),
        ("Host: hunter2", "line 1: this header changes what is asked for, or where"),
        ("x-http-method-override: hunter2", "line 1: this header changes"),
        ("Content-Length: 7", "line 1: this header changes"),
        ("A: b\na: hunter2", "line 2: the header of this name is there already"),
        ("", "there is no header in it"),
        ("# hunter2\n", "there is no header in it"),
        (b"A: hunter2\xff", "it is not UTF-8"),
        ("A: hunter2" * 10_000, "it is larger than 65,536 bytes"),
    ],
)
def test_a_header_file_that_is_none(folder: Folder, content: str | bytes, words: str) -> None:
    """What is no header is told with its line, and without it."""
    file = folder.write(content)
    message = folder.refused(lambda: read_headers(file, folder.warn))

    assert message.startswith(("cannot use DIR/secret, line", "cannot use DIR/secret: "))
    assert words in message


def test_a_user_and_a_password_are_a_line(folder: Folder) -> None:
    """Everything after the first colon is the password, blanks and colons included; it may be empty."""
    for content, login in [
        ("user:p:a ss \n", ("user", "p:a ss ")),
        ("user:pässword\r\n", ("user", "pässword")),
        ("user:", ("user", "")),
    ]:
        assert read_login(folder.write(content), folder.warn) == login


@pytest.mark.parametrize(
    "content", ["", "\n", "hunter2\n", ":hunter2", "u:hunter2\nv:w\n", "u:hunter2\x00", "u:\thunter2"]
)
def test_a_basic_auth_file_that_is_none(folder: Folder, content: str) -> None:
    """What is no user with a password is told without it."""
    file = folder.write(content)

    assert "write it like `user:password`" in folder.refused(lambda: read_login(file, folder.warn))


def test_files_that_are_not_there(folder: Folder) -> None:
    """A missing file and a directory are told by name, whatever they were to be."""
    for read in (read_headers, read_login, read_key):
        for path, why in ((folder.place / "none", "no such file or directory"), (folder.place, "is a directory")):
            message = folder.refused(lambda path=path, read=read: read(path, folder.warn))  # type: ignore[misc]
            assert message.startswith("cannot read DIR")
            assert why in message


@pytest.mark.parametrize(("mode", "warned"), [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o644, 1)])
def test_a_secret_that_others_can_read_is_warned_about(folder: Folder, mode: int, warned: int) -> None:
    """A file that the group or anyone may read is used, with a warning that says how to close it."""
    named = Named(basic_auth_file=folder.write(f"user:{SECRET}", mode=mode))

    assert folder.open(named).login == ("user", SECRET)
    assert len(folder.warnings) == warned
    assert all("chmod 600" in line and SECRET not in line for line in folder.warnings)


def test_two_credentials_are_one_too_many(folder: Folder) -> None:
    """An Authorization header and a user with a password cannot both be sent; another header can."""
    login = folder.write(f"user:{SECRET}", "login")
    bearer = folder.write(f"authorization: Bearer {SECRET}", "bearer")
    key = folder.write(f"X-Key: {SECRET}", "key")

    assert "--basic-auth-file: DIR/bearer has" in folder.refused(lambda: folder.open(Named(bearer, login)))
    access = folder.open(Named(key, login))
    assert (access.headers, access.login) == ({"X-Key": SECRET}, ("user", SECRET))
    assert SECRET not in repr(access)


def test_a_key_goes_with_a_certificate(folder: Folder) -> None:
    """A client's key alone is asked wrongly; a certificate that others can read may hold a key."""
    key = folder.write("key", "key", 0o644)
    certificate = folder.write("certificate", "certificate", 0o644)

    assert "--client-cert" in folder.refused(lambda: folder.open(Named(client_key=key)))
    folder.open(Named(client_cert=certificate, client_key=key))
    assert [line.split()[1] for line in folder.warnings] == [str(key)]
    folder.open(Named(client_cert=certificate))
    assert folder.warnings[1].split()[1] == str(certificate)


def test_insecure_is_loud(folder: Folder) -> None:
    """Not looking at certificates is said, in capitals."""
    assert folder.open(Named(insecure=True)).insecure
    assert all(line.startswith("WARNING: ") for line in folder.warnings)
    assert "--insecure" in folder.warnings[0]


NETRC = f"machine other login x password y\nmachine c.example\n  login user\n  password {SECRET}\n"


def test_netrc_counts_where_nothing_else_is_named(folder: Folder) -> None:
    """`$NETRC`, or else `~/.netrc`, gives user and password, unless other credentials are named."""
    home = folder.write(NETRC.replace("login user", "login homer"), ".netrc").parent
    file = folder.write(NETRC, "netrc")

    assert folder.open(Named(), HOME=str(home)).login == ("homer", SECRET)
    assert folder.open(Named(), HOME=str(home), NETRC=str(file)).login == ("user", SECRET)
    assert folder.open(Named(header_file=folder.write("A: b")), HOME=str(home)).login is None
    assert folder.open(Named(basic_auth_file=folder.write("a:b")), HOME=str(home)).login == ("a", "b")
    assert folder.open(Named()).login is None
    assert folder.warnings == []


def test_netrc_for_other_hosts(folder: Folder) -> None:
    """A host that is not named has what `default` says, or nothing; a missing file says nothing."""
    for content, login in [
        ("machine other login x password y\n", None),
        ("machine other login x password y\ndefault login d password e\n", ("d", "e")),
        ("", None),
    ]:
        file = folder.write(content, "netrc", 0o644)
        folder.warnings.clear()
        assert read_netrc("c.example", {"NETRC": str(file)}, folder.warn) == login
        assert bool(folder.warnings) is (login is not None)
    assert read_netrc("c.example", {"NETRC": str(folder.place / "none")}, folder.warn) is None
    assert read_netrc("c.example", {"HOME": str(folder.place / "none")}, folder.warn) is None


@pytest.mark.parametrize(
    "content", [f"machine c.example logn {SECRET}\n", f"machine c.example {SECRET}", b"default \xff"]
)
def test_a_bad_netrc_is_an_error_where_it_is_needed(folder: Folder, content: str | bytes) -> None:
    """A file that cannot be read as netrc is told if it names the host, with its line and not its words."""
    file = folder.write(content, "netrc")
    message = folder.refused(lambda: read_netrc("c.example", {"NETRC": str(file)}, folder.warn))

    assert message.startswith("cannot read the credentials for c.example in DIR/netrc")
    if isinstance(content, str):
        assert read_netrc("d.example", {"NETRC": str(file)}, folder.warn) is None
        assert folder.open(Named(header_file=folder.write("A: b")), NETRC=str(file)).login is None


def test_a_key_of_pseudonyms_is_bytes(folder: Folder) -> None:
    """A key is all bytes of its file but a line end, and at least 16 of them."""
    assert read_key(folder.write(b"\x00" * 15 + b"\xff\n"), folder.warn) == b"\x00" * 15 + b"\xff"
    assert read_key(folder.write(b"k" * 16 + b"\r\n"), folder.warn) == b"k" * 16
    short = folder.write("hunter2hunter2x\n")

    assert "it has 15 bytes, and a key has at least 16" in folder.refused(lambda: read_key(short, folder.warn))


def test_every_form_of_a_secret_is_known() -> None:
    """The secrets are whole values, what is behind `Bearer`, values of cookies, and logins as they are sent."""
    basic = base64.b64encode(b"bob:s3cr:et").decode()
    access = Access(
        headers={
            "Authorization": "Bearer abc.def",
            "Cookie": 'a=b1; c="d2"',
            "X-Basic": f"Basic {basic}",
            "accept": "application/json",
            "Y": "basic !",
        },
        login=("user", "p/ss"),
    )

    assert {
        "Bearer abc.def", "abc.def", "b1", "d2", basic, "bob", "s3cr:et", "user", "p/ss", "p%2Fss", "user:p/ss",
        base64.b64encode(b"user:p/ss").decode(),
    } <= set(access.secrets)  # fmt: skip
    assert not {"", "Bearer", "Basic", "application/json"} & set(access.secrets)
    assert Access().secrets == ()
