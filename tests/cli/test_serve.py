from __future__ import annotations

import contextlib
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.serving import live_cluster, toolkit
from toolkit.answers.answer import Request, answer
from toolkit.clock import wall_now
from toolkit.model.instants import format_instant, parse_instant
from toolkit.world.scenario import Scenario

EVERYWHERE = "0.0.0.0"  # noqa: S104 - this is what is tested
LIVE = ("serve", "--live", "--port", "0")


def refused(*arguments: str) -> tuple[int, list[str], list[str]]:
    """Run a command that ends by itself; gives its exit code, stdout and stderr."""
    with toolkit(*arguments) as process:
        code = process.wait()
        return code, process.out.all(), process.err.all()


def test_the_url_is_all_there_is_on_stdout_and_it_answers() -> None:
    """The first line is the URL, requests to it are answered at once, and SIGTERM ends the server cleanly."""
    with toolkit(*LIVE) as process:
        url = process.url()
        assert httpx.get(f"{url}/_toolkit/healthz").json()["mode"] == "live"
        assert process.stop() == 0
        assert process.out.all() == [url]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("attempt", range(5))
def test_a_signal_right_after_the_first_answer_is_a_clean_end(number: int, attempt: int) -> None:
    """Exit code 0 and nothing about it on stderr, each time."""
    with toolkit(*LIVE) as process:
        httpx.get(process.url())
        assert process.stop(number) == 0, attempt
        assert not [line for line in process.err.all() if "Traceback" in line or "error" in line]


def test_open_connections_do_not_hold_up_the_end() -> None:
    """A client that keeps its connection, and one that sent half a request, are closed."""
    with toolkit(*LIVE) as process:
        url = httpx.URL(process.url())
        with httpx.Client(base_url=url) as client, socket.create_connection((url.host, url.port or 0)) as half:
            client.get("/")
            half.sendall(b"GET /v1/jo")
            assert process.stop() == 0


def test_a_second_signal_ends_at_once() -> None:
    """While the server waits for a client with half a request, another signal ends it with 128 + its number."""
    with toolkit(*LIVE) as process:
        url = httpx.URL(process.url())
        with socket.create_connection((url.host, url.port or 0)) as half:
            half.sendall(b"GET /v1/jo")
            httpx.get(url)
            process.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(httpx.TransportError):
                while True:
                    httpx.get(url)
            assert process.stop() == 128 + signal.SIGTERM


def test_an_interrupted_start_is_130_or_a_clean_end() -> None:
    """Ctrl-C before the server is up ends it without a trace."""
    with toolkit(*LIVE) as process:
        # The first line of talk is out when the server is about to say its URL.
        process.err.next(lambda line: line.startswith("live:"))
        assert process.stop(signal.SIGINT) in {0, 130}
        assert not [line for line in process.err.all() if "Traceback" in line]


def test_a_run_can_be_had_again_from_its_own_words() -> None:
    """The command on stderr gives a server that answers with the same bytes at the same instant."""
    with toolkit(*LIVE, "--jobs", "7", "--frozen") as first:
        url = first.url()
        again = first.err.next(lambda text: text.startswith("to have this run again: toolkit "))
        wanted = {path: httpx.get(url + path) for path in ("/v1/jobs", "/v1/ex", "/v1/cluster/controllers")}
        first.stop()
    words = again.removeprefix("to have this run again: toolkit ").split()
    assert "--seed" in words
    with toolkit(*words, "--port", "0") as second:
        url = second.url()
        for path, response in wanted.items():
            same = httpx.get(url + path)
            assert same.content == response.content
            assert same.headers["X-Toolkit-Instant"] == response.headers["X-Toolkit-Instant"]
        second.stop()


def test_flags_win_over_the_scenario_file(tmp_path: Path) -> None:
    """What the file says counts, and what a flag says counts more."""
    path = tmp_path / "small.toml"
    path.write_text('seed = 5\njobs = 9\nepoch = 2026-03-01T00:00:00Z\nstopping_for = "30s"\n')
    with toolkit(*LIVE, "--scenario", str(path), "--jobs", "3", "--frozen") as process:
        response = httpx.get(f"{process.url()}/v1/jobs")
        process.stop()
    scenario = Scenario(seed=5, jobs=3, epoch=parse_instant("2026-03-01T00:00:00Z"), stopping_for=30_000)
    cluster = live_cluster(scenario)
    assert response.content == answer(cluster, scenario.epoch, Request("GET", "/v1/jobs")).body
    assert response.headers["X-Toolkit-Instant"] == "2026-03-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("at", "instant"), [("+5m", "2026-03-01T00:05:00.000Z"), ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00.000Z")]
)
def test_at_moves_the_start_within_the_same_world(at: str, instant: str) -> None:
    """An offset counts from the epoch, a date is itself."""
    arguments = ("--seed", "1", "--epoch", "2026-03-01T00:00:00Z", "--at", at, "--frozen")
    with toolkit(*LIVE, *arguments) as process:
        assert httpx.get(process.url()).headers["X-Toolkit-Instant"] == instant
        process.stop()


def test_verbose_tells_transitions_on_stderr() -> None:
    """A cluster in its first seconds has executions that start; each step is a line with both statuses."""
    arguments = ("--seed", "1", "--epoch", "2026-03-01T00:00:00Z", "-v")
    with toolkit(*LIVE, *arguments) as process:
        process.url()
        line = process.err.next(lambda text: " -> " in text)
        assert line.startswith("2026-03-01T00:00:")
        assert process.stop() == 0
        assert process.out.all() == process.out.seen[:1]


def test_a_port_in_use_is_one_sentence() -> None:
    """Exit code 1, the address, and the flag that helps."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = refused("serve", "--live", "--port", str(port))
    assert (code, out) == (1, [])
    where = f"127.0.0.1:{port}"
    what = "the port is in use; choose another one with --port, or --port 0 for any free one"
    assert err == [f"error: cannot listen on {where}: {what}"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("serve",), 2, "--live and --replay"),
        (("serve", "--live", "--replay", "x"), 2, "--live and --replay"),
        (("serve", "--replay", "x", "--seed", "1"), 2, "--seed with --replay"),
        (("serve", "--replay", "x", "--jobs", "1"), 2, "--jobs with --replay"),
        (("serve", "--replay", "x", "--scenario", "y"), 2, "--scenario with --replay"),
        (("serve", "--replay", "x", "--epoch", "2026-01-01"), 2, "--epoch with --replay"),
        (("serve", "--replay", "x", "--log", "y"), 2, "--log with --replay"),
        (("serve", "--live", "--allow-edited"), 2, "--allow-edited with --live"),
        (("serve", "--live", "--serve-unredacted"), 2, "--serve-unredacted with --live"),
        (("serve", "--live", "--rebase"), 2, "--rebase with --live"),
        ((*LIVE, "--speed", "0"), 2, "cannot run at speed 0"),
        ((*LIVE, "--speed", "fast"), 2, "--speed"),
        ((*LIVE, "--until", "soon"), 2, "cannot read the date 'soon'"),
        ((*LIVE, "--at", "+5m", "--until", "+1m"), 2, "cannot run until +1m"),
        ((*LIVE, "--until", "+4000d"), 2, "cannot run until +4000d"),
        ((*LIVE, "--worlds", "-1"), 2, "--worlds"),
        ((*LIVE, "--faults", "/nowhere/x.toml"), 2, "cannot read the faults /nowhere/x.toml"),
        ((*LIVE, "--faults", "flky"), 2, "one of flaky, slow, broken"),
        ((*LIVE, "--token-file", "/nowhere/token"), 2, "cannot read the token in /nowhere/token"),
        ((*LIVE, "--epoch", "yesterday"), 2, "cannot read the date 'yesterday'"),
        ((*LIVE, "--at", "soon"), 2, "write it like 2026-01-01T00:00:00Z, or as an offset: +5m"),
        ((*LIVE, "--at", "7m"), 2, "or as an offset: +7m"),
        ((*LIVE, "--at", "+5x"), 2, "cannot read the duration '5x'"),
        ((*LIVE, "--at=-5m"), 2, "cannot start at -5m"),
        ((*LIVE, "--at", "+4000d"), 2, "cannot start at +4000d"),
        ((*LIVE, "--jobs", "-1"), 2, "jobs is -1"),
        ((*LIVE, "--jobs", "many"), 2, "--jobs"),
        ((*LIVE, "--seed", "-1"), 2, "seed is -1"),
        ((*LIVE, "--scenario", "/nowhere/x.toml"), 2, "cannot read the scenario /nowhere/x.toml"),
        ((*LIVE, "--scenario", "bsy"), 2, "one of default, empty, busy"),
        ((*LIVE, "--log", "/nowhere/x.log"), 1, "cannot use the command log /nowhere/x.log"),
        ((*LIVE, "--sed", "1"), 2, "--sed"),
        (("serve", "--live", "--port", "65536"), 2, "--port"),
        (("serve", "--live", "--port", "0", "--host", "203.0.113.7"), 1, "--host"),
        (("serve", "--live", "--port", "0", "--host", "no-such-host.invalid"), 1, "--host"),
        (("serve", "--live", "--port", "0", "--host", "a..b"), 1, "--host"),
        (("serve", "--replay", "/nowhere/bundle", "--port", "0"), 1, "/nowhere/bundle"),
        ((*LIVE, "--reload", "--at", "soon"), 2, "cannot read the date 'soon'"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(arguments: tuple[str, ...], code: int, words: str) -> None:
    """The right exit code, one line on stderr that names the flag or the value, nothing on stdout."""
    given, out, err = refused(*arguments)
    assert (given, out) == (code, []), err
    assert len(err) == 1
    assert err[0].startswith("error: ")
    assert words in err[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jobs = ", "TOML"),
        ("sizes = 3", "sizes is 3"),
        ('jobs = "3"', "jobs is '3'"),
        ("event_chance = 2.0", "event_chance is 2.0"),
    ],
)
def test_a_bad_scenario_file_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    """The parameter and what it should be; exit code 2."""
    path = tmp_path / "bad.toml"
    path.write_text(text)
    code, out, err = refused(*LIVE, "--scenario", str(path))
    assert (code, out, len(err)) == (2, [], 1)
    assert words in err[0]


def test_h_is_the_host_and_all_addresses_are_reachable() -> None:
    """`-h 0.0.0.0` shows itself in the URL, says so on stderr, and answers."""
    with toolkit("serve", "--live", "-p", "0", "-h", EVERYWHERE) as process:
        url = httpx.URL(process.url())
        assert url.host == EVERYWHERE
        assert httpx.get(url.copy_with(host="127.0.0.1")).status_code == 200
        process.stop()
        assert [line for line in process.err.all() if "other machines" in line]


@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="no IPv6 on this machine")
def test_ipv6_works() -> None:
    """An IPv6 address stands in brackets in the URL."""
    with toolkit("serve", "--live", "-p", "0", "-h", "::1") as process:
        url = process.url()
        assert url.startswith("http://[::1]:")
        assert httpx.get(url).status_code == 200
        assert process.stop() == 0


@pytest.mark.parametrize(
    ("flags", "instant", "shown"),
    [
        (("--frozen", "--speed", "60"), "2026-03-01T00:00:00.000Z", {"speed": 60, "frozen": True, "loop": False}),
        (
            ("--at", "+1m", "--until", "+2m", "--loop", "--frozen"),
            "2026-03-01T00:01:00.000Z",
            {"loop": True, "last": "2026-03-01T00:02:00.000Z"},
        ),
        (("--at", "+2m", "--until", "2026-03-01T00:02:00Z"), "2026-03-01T00:02:00.000Z", {"frozen": False, "speed": 1}),
    ],
)
def test_flags_set_the_clock(flags: tuple[str, ...], instant: str, shown: dict[str, object]) -> None:
    """Speed, start, end and loop are as the control API shows them, and in the line that has the run again."""
    with toolkit(*LIVE, "--seed", "1", "--epoch", "2026-03-01T00:00:00Z", *flags) as process:
        reading = httpx.get(f"{process.url()}/_toolkit/clock").json()
        again = httpx.get(f"{process.out.seen[0]}/_toolkit/info").json()["reproduce"]
        process.stop()
        said = process.err.all()
    assert reading["t"] == instant
    assert {name: reading[name] for name in shown} == shown
    assert f"to have this run again: {again}" in said
    assert all(flag in again.split() for flag in flags if flag.startswith("--"))


def test_auto_advance_moves_the_clock_of_a_waiting_request() -> None:
    """A blocking stop of a frozen server is answered at its end, at once."""
    with toolkit(*LIVE, "--seed", "1", "--epoch", "2026-03-01T00:00:00Z", "--frozen", "--auto-advance") as process:
        url = process.url()
        (one,) = httpx.get(f"{url}/v1/ex", params={"status": "running", "size": 1}).json()
        stopped = httpx.post(f"{url}/v1/ex/{one['ex_id']}/_stop")
        process.stop()
    assert stopped.json() == {"status": "stopped"}
    assert stopped.headers["X-Toolkit-Instant"] == "2026-03-01T00:00:09.000Z"


def test_a_bundle_is_rebased_to_now_or_to_a_date() -> None:
    """Its start is the wall's time or the date, its records are as old as they were, and the line has it again."""
    bundle = str(Path(__file__).parents[2] / "snapshots" / "demo")
    replay = ("serve", "--replay", bundle, "--port", "0", "--frozen", "--rebase")
    for epoch in ((), ("--epoch", "2030-05-05T00:00:00Z")):
        before = format_instant(wall_now())
        with toolkit(*replay, *epoch) as process:
            url = process.url()
            first = httpx.get(f"{url}/v1/jobs")
            after = format_instant(wall_now())
            again = httpx.get(f"{url}/_toolkit/info").json()["reproduce"]
            process.stop()
        instant = first.headers["X-Toolkit-Instant"]
        assert instant == "2030-05-05T00:00:00.000Z" if epoch else before <= instant <= after
        with toolkit(*again.removeprefix("toolkit ").split(), "--port", "0") as process:
            assert httpx.get(f"{process.url()}/v1/jobs").content == first.content
            process.stop()


def test_the_line_that_has_it_again_says_all_of_it(tmp_path: Path) -> None:
    """Flags that no log holds stay in it, a clock that was set is said, faults of a replay are spoken of."""
    file = tmp_path / "mine.toml"
    file.write_text('[[faults]]\nroute = "stats"\nstatus = 503\n')
    flags = ("--faults", str(file), "--auto-advance", "--until", "+2h", "--worlds", "7")
    bundle = str(Path(__file__).parents[2] / "snapshots" / "demo")
    for what in (("--live", "--epoch", "2026-01-01T00:00:00Z"), ("--replay", bundle)):
        with toolkit("serve", *what, "--port", "0", *flags[: 3 if what[0] == "--replay" else None]) as process:
            info = f"{process.url()}/_toolkit/info"
            httpx.post(info.replace("info", "clock"), json={"set": "+5m", "frozen": True})
            moved = httpx.get(info).json()["reproduce"]
            httpx.post(info.replace("info", "faults"), json={"status": 500})
            spoiled = httpx.get(info).json()["reproduce"]
            process.stop()
        assert f"--at 2026-01-01T00:05:00.000Z --frozen --faults {file}" in moved
        assert "--auto-advance" in moved
        if what[0] == "--live":
            more = f"--faults {file} --worlds 7 --auto-advance"
            assert f"--log world.log --frozen --at 2026-01-01T00:05:00.000Z {more}" in spoiled
        else:
            assert spoiled.startswith(f"{moved}  # then POST /_toolkit/faults with the faults that GET ")


def test_listening_to_others_needs_a_token(tmp_path: Path) -> None:
    """It is printed once, or comes from a file and is not printed; the cluster itself is open."""
    everywhere = ("serve", "--live", "--host", EVERYWHERE, "--port", "0")
    file = tmp_path / "token"
    file.write_text("a-token-from-a-file\n")
    for flags in ((), ("--token-file", str(file))):
        with toolkit(*everywhere, *flags) as process:
            url = process.url().replace(EVERYWHERE, "127.0.0.1")
            refused, open_to_all = httpx.get(f"{url}/_toolkit/clock"), httpx.get(f"{url}/v1/ex?size=1")
            token = "a-token-from-a-file" if flags else None
            if not flags:
                line = process.err.next(lambda text: text.startswith("token of the control API: "))
                token = line.rpartition(" ")[2]
            let_in = httpx.get(f"{url}/_toolkit/clock", headers={"Authorization": f"Bearer {token}"})
            process.stop()
            said = "\n".join(process.err.all())
        assert (refused.status_code, open_to_all.status_code, let_in.status_code) == (401, 200, 200)
        assert not flags or "a-token-from-a-file" not in said


def test_faults_from_the_start(tmp_path: Path) -> None:
    """A file's faults hit live and replay alike, named worlds too, and are in the line that has the run again."""
    file = tmp_path / "mine.toml"
    file.write_text('[[faults]]\nroute = "executions"\nstatus = 503\nretry_after = 2\n')
    bundle = str(Path(__file__).parents[2] / "snapshots" / "demo")
    for what in (("--live",), ("--replay", bundle)):
        with toolkit("serve", *what, "--port", "0", "--frozen", "--faults", str(file)) as process:
            url = process.url()
            answers = [httpx.get(f"{url}{below}/v1/ex") for below in ("", "/_toolkit/worlds/mine")]
            jobs = httpx.get(f"{url}/v1/jobs")
            again = httpx.get(f"{url}/_toolkit/info").json()["reproduce"]
            process.stop()
        assert [(one.status_code, one.headers["Retry-After"]) for one in answers] == [(503, "2")] * 2
        assert jobs.status_code == 200
        assert f"--faults {file}" in again
