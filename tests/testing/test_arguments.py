"""What may be given to `toolkit.serve`, to the mark and to a cluster's methods, and what is said of what may not."""

from __future__ import annotations

import inspect
import re
import socket
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import toolkit
from tests.testing.suites import DEMO
from toolkit.errors import CommandRefused, NeverReached, ToolkitError, UsageError
from toolkit.testing.arguments import ARGUMENTS, given, shown
from toolkit.testing.marks import KEYS
from toolkit.testing.wording import in_arguments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toolkit.testing import Teraslice

JOB = {"name": "copy", "lifecycle": "persistent", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]}
UNFIT = {
    "scenario": [5, True, b"busy"],
    "seed": ["7", 7.0, True],
    "jobs": ["many", 2.5],
    "epoch": [3, timedelta(1)],
    "log": [5],
    "bundle": [5, [], True],
    "rebase": ["yes", 1],
    "allow_edited": ["no"],
    "at": [5, timedelta(1)],
    "until": [5],
    "frozen": ["no", 0],
    "speed": ["fast", True],
    "loop": ["yes"],
    "auto_advance": ["x"],
    "faults": [5, [5], ["flaky", None], {1, 2}],
    "port": ["5678", 5678.0, True],
    "max_age": ["30 days", "", 30, timedelta(30)],
    "record_for": ["long", 5],
    "record_every": ["often", 5],
    "within": [5, "1 day"],
    "by": [5, True],
    "path": [5, b"/v1/jobs"],
    "job": ["x", [], 5],
    "name": [5],
    "story": [5, ["node-loss"]],
}


def test_every_argument_and_every_key_is_in_the_table() -> None:
    """What `toolkit.serve` and the mark take has a kind, and every kind has values that do not fit."""
    assert set(inspect.signature(toolkit.serve).parameters) | set(KEYS) <= set(ARGUMENTS)
    assert set(UNFIT) == set(ARGUMENTS)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in UNFIT.items() for value in values])
def test_a_value_of_another_type_is_refused_in_a_line(name: str, value: object) -> None:
    """The text says which argument, what it is and what it takes."""
    with pytest.raises(UsageError) as refused:
        given("cannot do it", {name: value})

    assert str(refused.value) == f"cannot do it: {name} is {value!a}, it takes {ARGUMENTS[name].takes}"


def test_what_is_none_is_not_given() -> None:
    """For every argument; what fits stays as it is, and a long value is cut where it is shown."""
    assert given("cannot do it", dict.fromkeys(ARGUMENTS)) == {}
    fits = {"at": datetime(2026, 1, 1), "seed": 0, "faults": ("flaky", {"status": 503}), "max_age": "30d"}  # noqa: DTZ001 - one without a zone is taken as UTC
    assert given("cannot do it", fits) == fits
    assert shown("x" * 100) == f"'{'x' * 59}..."


@pytest.mark.parametrize("name", inspect.signature(toolkit.serve).parameters)
def test_serve_refuses_what_does_not_fit(name: str) -> None:
    """Before anything is served."""
    with pytest.raises(UsageError, match=f"^cannot serve a cluster: {name} is .*, it takes "):
        toolkit.serve(**{name: UNFIT[name][0]})  # type: ignore[arg-type]  # that is the point


def test_serve_takes_none_for_everything() -> None:
    """As if nothing was said."""
    nothing: Any = dict.fromkeys(inspect.signature(toolkit.serve).parameters)
    with toolkit.serve(**nothing) as cluster, toolkit.serve() as other:
        assert cluster.get("/_toolkit/info")["clock"] == other.get("/_toolkit/info")["clock"]


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
def test_a_port_that_none_is_is_refused_at_once(port: int) -> None:
    """Not when the URL is asked for, and never by serving on another one."""
    with pytest.raises(
        UsageError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: ports go from 1 to 65535; .* port=,"
    ):
        toolkit.serve(port=port)


def test_errors_speak_of_arguments() -> None:
    """Where the command line would name a flag."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for ask in (lambda cluster: cluster.url, lambda cluster: cluster.world_url):
            with (
                toolkit.serve(port=port) as cluster,
                pytest.raises(
                    ToolkitError, match=r"in use; choose another one with port=, or port=0 for any free one$"
                ),
            ):
                ask(cluster)
    with pytest.raises(UsageError, match=r"^cannot start at -1h: .*; give at= an instant in between"):
        toolkit.serve(at="-1h")
    with pytest.raises(UsageError, match=r"^cannot run until -1h: .*; give until= an instant"):
        toolkit.serve(until="-1h")
    with pytest.raises(UsageError, match=r"^cannot use epoch= with bundle=: it belongs to .*, or to rebase=True"):
        toolkit.serve(bundle=DEMO, epoch="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("use --allow-edited if", "use allow_edited=True if"),
        ("cannot read /a--at/x: --at", "cannot read /a--at/x: at="),
        ("(--seed 5)", "(seed= 5)"),
        ("--speed-up", "--speed-up"),
    ],
)
def test_only_flags_are_told_otherwise(said: str, told: str) -> None:
    """Whatever else an error says stays, and it is the same error."""
    error = ToolkitError(said)
    with pytest.raises(ToolkitError) as raised, in_arguments():
        raise error

    assert raised.value is error
    assert str(error) == told


SETS = """
[[faults]]
route = "state"
status = 418
"""


def statuses(cluster: Teraslice) -> list[int]:
    """Ask for the nodes and the executions once each."""
    with cluster.client() as client:
        return [client.get(path).status_code for path in ("/v1/cluster/state", "/v1/ex")]


@pytest.mark.parametrize("form", ["file", "path", "one", "list", "several", "none"])
def test_faults_are_a_name_a_file_a_fault_or_a_list(tmp_path: Path, form: str) -> None:
    """Of each form the same comes, in the order of the list."""
    file = tmp_path / "faults.toml"
    file.write_text(SETS)
    fault = {"route": "state", "status": 418}
    faults: Any = {
        "file": str(file), "path": file, "one": fault, "list": [fault], "none": [],
        "several": [{"route": "executions", "status": 503, "from_": "+0s"}, str(file)],
    }[form]  # fmt: skip
    with toolkit.serve(faults=faults) as cluster:
        assert statuses(cluster) == {"several": [418, 503], "none": [200, 200]}.get(form, [418, 200])


def test_a_set_of_faults_is_named() -> None:
    """Alone, where the line that serves the world again names it too, or among others."""
    with toolkit.serve(faults="flaky") as cluster:
        listed = [each["fault"] for each in cluster.get("/_toolkit/faults")["faults"]]
        assert "--faults flaky" in cluster.reproduce
    with toolkit.serve(faults=["flaky", {"status": 503}]) as cluster:
        more = [each["fault"] for each in cluster.get("/_toolkit/faults")["faults"]]
    assert more == [*listed, {"status": 503}]
    for wrong in ("shaky", ["shaky"]):
        with pytest.raises(UsageError, match=r"cannot read the faults shaky: .*; give a file that is there, or one of"):
            toolkit.serve(faults=wrong)
    with pytest.raises(CommandRefused, match="cannot add a fault: status: "):
        toolkit.serve(faults={"status": 200})


CALLS: dict[str, tuple[Callable[[Teraslice], object], str]] = {
    "at": (lambda t: t.at(5), "cannot look at another instant: at is 5, it takes"),  # type: ignore[arg-type]
    "get": (lambda t: t.get(5), "cannot get an answer: path is 5, it takes"),  # type: ignore[arg-type]
    "set": (lambda t: t.clock.set(5), "cannot set the clock: at is 5, it takes"),  # type: ignore[arg-type]
    "advance": (lambda t: t.clock.advance(5), "cannot set the clock: by is 5, it takes"),  # type: ignore[arg-type]
    "advance a text": (lambda t: t.clock.advance("10 minutes"), "cannot read the duration '10 minutes': write it like"),
    "speed": (lambda t: t.clock.speed("x"), "cannot set the clock: speed is 'x', it takes"),  # type: ignore[arg-type]
    "post_job": (lambda t: t.post_job("x"), "cannot post the job: job is 'x', it takes"),  # type: ignore[arg-type]
    "post a set": (
        lambda t: t.post_job({"a": {1}}),
        r"cannot post the job: \{'a': \{1\}\} holds what JSON does not have",
    ),
    "start": (lambda t: t.start(5), "cannot start the job: 5 is no job_id and no record"),  # type: ignore[arg-type]
    "stop": (lambda t: t.stop({"job_id": "x"}), "cannot stop the execution: {'job_id': 'x'} is no ex_id and no record"),
    "stop nothing": (lambda t: t.stop(""), "cannot stop the execution: '' is no ex_id"),
    "wait_for": (lambda t: t.wait_for(5, "running"), "cannot wait for it: 5 is no ex_id"),  # type: ignore[arg-type]
    "within": (lambda t: t.wait_for("x", "running", within="1 day"), "cannot wait for x: within is '1 day', it takes"),
    "checkpoint": (lambda t: t.checkpoint(5), "cannot make a checkpoint: name is 5"),  # type: ignore[arg-type]
    "restore": (lambda t: t.restore(5), "cannot restore: name is 5"),  # type: ignore[arg-type]
    "restore none": (lambda t: t.restore("x"), "cannot restore 'x': no checkpoint has that name; there is none yet"),
    "fault": (lambda t: t.fault(status=200), "cannot add a fault: status: .*; say it like "),
    "fault of a set": (lambda t: t.fault(delay={1}), "cannot send it: .* holds what JSON does not have"),
    "story": (lambda t: t.story("flood"), r"cannot tell the story: .*; \.get\(\"/_toolkit/stories\"\) lists the"),
    "nothing to start": (lambda t: t.start("none"), "cannot start the job none: there is none of that id at 2026-"),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_method_refuses_in_a_line_of_its_own_words(teraslice: Teraslice, call: str) -> None:
    """It names the argument, and speaks neither of HTTP nor of bodies; nothing has happened."""
    ask, why = CALLS[call]
    with pytest.raises(ToolkitError, match=why) as refused:
        ask(teraslice)

    assert not re.search("POST|JSON like|\n", str(refused.value))
    assert teraslice.get("/_toolkit/commands")["commands"] == []


def test_ids_of_something_else_are_told_apart(teraslice: Teraslice) -> None:
    """A job's where an execution's is wanted, and the other way round; the error is of the same kind."""
    posted = teraslice.post_job(JOB)
    job_id, ex_id = posted["job_id"], posted["ex_id"]
    for ask, word in ((teraslice.stop, "stop"), (teraslice.pause, "pause"), (teraslice.resume, "resume")):
        with pytest.raises(
            CommandRefused, match=f"^cannot {word} the execution {job_id}: that is a job's id; take its"
        ):
            ask(job_id)
    with pytest.raises(CommandRefused, match=f"^cannot start the job {ex_id}: that is an execution's id; take its job"):
        teraslice.start(ex_id)
    with pytest.raises(NeverReached, match=f"^cannot wait for {job_id}: that is a job's id; take its ex_id$"):
        teraslice.wait_for(job_id, "running")
    with pytest.raises(CommandRefused, match=f"^cannot start the job {job_id}: the cluster refuses it with 409: "):
        teraslice.start(job_id)


def test_the_first_argument_has_no_name(teraslice: Teraslice) -> None:
    """A story and a route are said straight; with their names and with words that Python keeps it works too."""
    teraslice.clock.advance("1h")
    assert teraslice.story("node-loss", for_="2m")["until"] == "2026-01-01T01:02:00.000Z"
    assert teraslice.story(story="stuck-slicer")["executions"]
    teraslice.fault("executions", status=503, from_="+1h", to="+2h")
    teraslice.fault(route="state", status=502)
    teraslice.fault(answer="empty", rate=0)
    assert statuses(teraslice) == [502, 503]
    teraslice.add_faults([])
    assert len(teraslice.get("/_toolkit/faults")["faults"]) == 3


def test_a_story_without_anything_to_touch_is_refused() -> None:
    """The sentence says what it needs, and nothing is kept."""
    with toolkit.serve(scenario="empty") as cluster:
        with pytest.raises(CommandRefused, match=r"^cannot tell the story: workers-drop needs a running execution "):
            cluster.story("workers-drop")
        assert cluster.get("/_toolkit/commands")["commands"] == []
        cluster.wait_for(cluster.post_job(JOB), "running")
        assert cluster.story("workers-drop")["executions"]
