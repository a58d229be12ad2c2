"""`toolkit check` and `toolkit diff` get into a cluster as `toolkit record` does."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.recorder.fake_cluster import FakeCluster, plain
from tests.study.guarded import GuardedCluster
from tests.study.running import Ran, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["run"]

SECRET = "hunter2"  # noqa: S105 - what must not be shown
BEARER = f"Bearer {SECRET}"
BASIC = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()


@pytest.fixture(autouse=True)
def _no_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials of whoever runs the tests count."""
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def secret(file: Path, text: str, mode: int = 0o600) -> Path:
    """Write a file with a secret."""
    file.write_text(text)
    file.chmod(mode)
    return file


def commands(url: str) -> list[list[str]]:
    """Give the commands that read a cluster."""
    return [["check", url, "--for", "0ms"], ["diff", url, url]]


@pytest.mark.parametrize(
    ("flag", "text", "wanted"),
    [("--header-file", f"Authorization: {BEARER}\n", BEARER), ("--basic-auth-file", f"me:{SECRET}\n", BASIC)],
)
def test_credentials_come_from_a_file(
    run: Callable[..., Ran], tmp_path: Path, flag: str, text: str, wanted: str
) -> None:
    """With the file the cluster answers, without it it cannot be read; the secret is shown in neither case."""
    file = secret(tmp_path / "secret", text)
    with GuardedCluster("Authorization", wanted) as cluster:
        for command in commands(cluster.url):
            code, out, err = run(*command, flag, file)
            assert (code, err) == (0, "")
            assert SECRET not in out
            code, out, err = run(*command)
            assert (code, out) == (2 if command[0] == "diff" else 1, "")
            assert err.startswith(f"error: cannot {'compare' if command[0] == 'diff' else 'check'} {cluster.url}: ")
            assert len(err.splitlines()) == 1


def test_netrc_counts(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does for a recording."""
    netrc = secret(tmp_path / "netrc", f"machine 127.0.0.1 login me password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with GuardedCluster("Authorization", BASIC) as cluster:
        for command in commands(cluster.url):
            assert run(*command).code == 0


def test_the_proxy_variables_count(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """What they name is asked instead of the cluster."""
    monkeypatch.setenv("NO_PROXY", "")
    with FakeCluster(plain()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        for command in commands("http://teraslice.invalid"):
            proxy.seen.clear()
            run(*command)
            assert proxy.seen[0][1].startswith("http://teraslice.invalid/")


def test_warnings_are_said_once(run: Callable[..., Ran], tmp_path: Path) -> None:
    """Also where two clusters are read: that nobody checks them, and that others can read the file."""
    file = secret(tmp_path / "secret", f"Authorization: {BEARER}\n", 0o644)
    with FakeCluster(plain()) as cluster:
        for command in commands(cluster.url):
            err = run(*command, "--insecure", "--header-file", file).err.splitlines()
            assert [line.split(" ")[0] for line in err] == ["warning:", "WARNING:", "WARNING:", "WARNING:"]


@pytest.mark.parametrize("command", ["check", "diff"])
def test_a_bundle_needs_no_access(run: Callable[..., Ran], tmp_path: Path, command: str) -> None:
    """Flags for a cluster are refused beside bundles alone, before anything is read."""
    here = [tmp_path] if command == "check" else [tmp_path, tmp_path]
    for flag, *value in (
        ("--header-file", "f"), ("--basic-auth-file", "f"), ("--ca", "f"), ("--client-cert", "f"),
        ("--client-key", "f"), ("--insecure",), ("--concurrency", "2"), ("--timeout", "1s"),
    ):  # fmt: skip
        code, out, err = run(command, *here, flag, *value)
        assert (code, out) == (2, "")
        assert err.startswith(f"error: cannot use {flag} with ")
        assert err.endswith("leave it out, or give a URL\n")


def test_how_patient_it_is_can_be_said(run: Callable[..., Ran]) -> None:
    """A time for a request that is none is asked wrongly."""
    with FakeCluster(plain()) as cluster:
        for command in commands(cluster.url):
            assert run(*command, "--timeout", "5s", "--concurrency", "1").code == 0
            code, _, err = run(*command, "--timeout", "0s")
            assert code == 2
            assert "with --timeout 0: it must be at least 1ms" in err


def test_files_that_cannot_be_used(run: Callable[..., Ran], tmp_path: Path) -> None:
    """One line, asked wrongly, and no cluster was bothered."""
    with FakeCluster(plain()) as cluster:
        for flag in ("--header-file", "--basic-auth-file", "--ca", "--client-cert", "--client-key"):
            for command in commands(cluster.url):
                code, out, err = run(*command, flag, tmp_path / "none")
                assert (code, out) == (2, "")
                assert len(err.splitlines()) == 1
        assert not cluster.seen
