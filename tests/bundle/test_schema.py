"""The published schema: made from the reader's types, true of every bundle, and of no damaged one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests.bundle.making import make
from tests.bundle.schema import DOCUMENTS, problems, validate
from tests.recorder.fake_cluster import FakeCluster, StepClock, plain
from tests.recorder.recording import record
from tests.snapshots.test_demo import DEMO
from toolkit.bundle.schema import SCHEMAS, schema_text
from toolkit.bundle.schema.described import FIELDS
from toolkit.bundle.schema.making import made
from toolkit.cli.schema import _Part, schema

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_package_has_what_the_types_say(name: str) -> None:
    """After a change of the types, `python -m toolkit.bundle.schema` makes it true again."""
    assert schema_text(name).encode() == made(name)
    Draft202012Validator.check_schema(DOCUMENTS[name])


def test_every_field_is_described_and_no_other() -> None:
    """A description of a field that is no more would mislead."""
    there: dict[str, Any] = {}
    for document in DOCUMENTS.values():
        there |= document["$defs"]
    there["Manifest"] = there.get("Manifest", DOCUMENTS["manifest"])

    assert {name: set(fields) for name, fields in FIELDS.items()} == {
        name: set(there[name]["properties"]) for name in FIELDS
    }


def test_the_demo_bundle_is_valid_to_its_documents() -> None:
    """A generated bundle's documents are what their types say."""
    validate(DEMO, typed=True)


@pytest.mark.parametrize("redact", [True, False])
def test_a_recording_is_valid(tmp_path: Path, redact: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Whatever its records hold."""
    answers = plain(jobs=[{"job_id": "j", "odd": [None, 1.5, {"x": 10**30}]}, {"none": 1}])
    clock = StepClock(on_step=lambda t: answers.update({"/v1/ex": [{"ex_id": "x", "n": t}]}))
    with FakeCluster(answers) as cluster:
        path = record(
            cluster.url,
            every_ms=1000,
            for_ms=4000,
            target=tmp_path / "r",
            redact=redact,
            around=clock.around(),
        )
    validate(path)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("bundle.json", '"format": "', '"format": "9'),
        ("bundle.json", '"kind": "generated"', '"kind": "made up"'),
        ("bundle.json", '"from": "', '"from": "at '),
        ("bundle.json", '"jobs.json": "', '"jobs.json": "X'),
        ("bundle.json", '"jobs.json"', '"job.json"'),
        ("bundle.json", '"jobs": ', '"joobs": '),
        ("jobs.json", '"id":"j1"', '"id":""'),
        ("jobs.json", '"id":"j1"', '"ident":"j1"'),
        ("executions.json", '"t":', '"t":"",":":'),
        ("executions.json", '"spans":[[', '"spans":[[1,'),
        ("controllers.json", '"per":3', '"per":0'),
        ("nodes.json", '"since":', '"since":"x",":":'),
    ],
)
def test_a_damaged_bundle_is_not_valid(tmp_path: Path, name: str, before: str, after: str) -> None:
    """One thing that is wrong in a file is enough."""
    text = (make(tmp_path / "b") / name).read_text()
    assert before in text

    assert problems(name, json.loads(text)) == []
    assert problems(name, json.loads(text.replace(before, after, 1)))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("executions.json", '"_status":"running"', '"_status":"dreaming"'),
        ("controllers.json", '"queued":0', '"queued":-1'),
        ("jobs.json", '"_context":"job",', ""),
    ],
)
def test_documents_of_a_generated_bundle_have_types(tmp_path: Path, name: str, before: str, after: str) -> None:
    """A recording may hold such a document, a generated bundle may not."""
    text = (make(tmp_path / "b") / name).read_text()
    assert before in text
    value = json.loads(text.replace(before, after, 1))

    assert problems(name, value) == []
    assert problems(name, value, typed=True)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The manifest's by default."""
    schema()
    assert capsys.readouterr().out == schema_text("manifest")
    schema(_Part.TRACKS)
    assert capsys.readouterr().out == schema_text("tracks")
