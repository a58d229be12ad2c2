from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.bundle.making import EPOCH, STATS, content, make, manifest, rewrite
from toolkit.bundle import listed, reader
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.words import RESTORE
from toolkit.errors import BundleDamaged, BundleError, BundleNotFound, BundleTooNew
from toolkit.model.wire import loads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Edit = tuple[str, str, str]
"""A file, a text in it, and what it becomes."""

LINES: list[tuple[str, Edit, str]] = [
    # Lists of tracks that are no such lists.
    ("no list", ("jobs.json", "[\n", "{\n"), r"jobs\.json line 1 is not the \[ that starts a list"),
    ("no end", ("jobs.json", "\n]\n", "\n"), r"jobs\.json line 3 is cut off: the \] that ends the list is missing"),
    (
        "cut in a line",
        ("jobs.json", "}\n]\n", ""),
        r"jobs\.json line 2 is cut off: the \] that ends the list is missing",
    ),
    ("a tail", ("jobs.json", "\n]\n", "\n]\nmore"), r"jobs\.json line 4 comes after the \] that ends the list"),
    ("no comma", ("executions.json", "},\n", "}\n"), r"executions\.json line 2 has no comma at its end"),
    ("a comma", ("jobs.json", "}\n]", "},\n]"), r"jobs\.json line 2 has a comma at its end, but is the last one"),
    ("an empty line", ("jobs.json", "[\n", "[\n\n"), r"jobs\.json line 2 is not a track in JSON .*"),
    ("broken JSON", ("jobs.json", '"doc":', '"doc"'), r"jobs\.json line 2 is not a track in JSON .*"),
    ("not a number", ("jobs.json", '"rate":1.0', '"rate":NaN'), r"jobs\.json line 2 is not a track in JSON .*"),
    ("not UTF-8", ("jobs.json", "käse", "k\udce4se"), r"jobs\.json line 2 is not a track in JSON .*"),
    ("deep", ("jobs.json", '"käse"', "[" * 300 + "]" * 300), r"jobs\.json line 2 is nested too deep"),
    (
        "deeper",
        ("jobs.json", '"käse"', "[" * 9000 + "]" * 9000),
        r"jobs\.json line 2 is (nested too deep|not a track .*)",
    ),
    ("deepest", ("jobs.json", '"käse"', "[1.5," * 99999 + "]" * 99999), r"jobs\.json line 2 is nested too deep"),
    ("twice", ("executions.json", '"id":"e2"', '"id":"e1"'), r"executions\.json line 3 \$\.(id|doc).*"),
    (
        "sorted",
        ("cluster.json", '"id":"info"', '"id":"z"'),
        r"cluster\.json line 3 \$\.id: 'stats' is out of order, .*",
    ),
    (
        "same",
        ("cluster.json", '"id":"stats"', '"id":"info"'),
        r"cluster\.json line 3 \$\.(id: 'info' is there twice|doc.*)",
    ),
    # Tracks that are none.
    ("number", ("jobs.json", '{"doc"', '5,{"doc"'), r"jobs\.json line 2 .*"),
    ("no id", ("cluster.json", '"id":"info"', '"id":""'), r"cluster\.json line 2 \$\.id: is empty"),
    ("unknown key", ("jobs.json", '{"doc"', '{"docs":{},"doc"'), r"jobs\.json line 2 \$: .*unknown field docs"),
    ("no doc", ("jobs.json", '{"doc"', '{"dog"'), r"jobs\.json line 2 \$: object .*"),
    (
        "doc",
        ("cluster.json", json.dumps(STATS, separators=(",", ":")), "[]"),
        r"cluster\.json line 3 \$\.doc: expected object, got array",
    ),
    (
        "change outside",
        ("executions.json", '"t":1767225630000', '"t":5'),
        r".* line 2 \$\.changes\[0\]\.t: is outside .*",
    ),
    (
        "changes that go back",
        ("executions.json", '"t":1767225630000}', '"t":1767225630000},{"t":1767225630000}'),
        r"executions\.json line 2 \$\.changes\[1\]\.t: is not later than the one before it",
    ),
    (
        "change",
        ("executions.json", '"t":1767225630000', '"t":"x"'),
        r".* line 2 \$\.changes\[0\]\.t: expected int, got str",
    ),
    (
        "span",
        ("errors.json", "[1767225600001,", "[1767225600009,"),
        r"errors\.json line 2 \$\.spans\[0\]: ends before .*",
    ),
    (
        "spans",
        ("errors.json", '"spans":[', '"spans":[[null,null],'),
        r"errors\.json line 2 \$\.spans\[1\]: does not begin .*",
    ),
    (
        "touching",
        ("errors.json", '"spans":[', '"spans":[[null,9],[9,10],'),
        r".* \$\.spans\[1\]: does not begin after .*",
    ),
    ("field", ("controllers.json", '"failed":{', '"gone":{'), r".* line 2 \$\.counters\.gone: has no place in .*"),
    (
        "per",
        ("controllers.json", '"per":3', '"per":0'),
        r".* \$\.counters\.failed: must have times of at least 0 and .*",
    ),
    (
        "times",
        ("controllers.json", '"times":1', '"times":-1'),
        r".* \$\.counters\.failed: must have times of at least .*",
    ),
    (
        "both",
        ("controllers.json", '"pieces":[[', '"of":"x","pieces":[['),
        r".*processed: must have either pieces, or deltas, or .*",
    ),
    (
        "neither",
        ("controllers.json", '"of":"processed",', ""),
        r".*\$\.counters\.failed: must have either pieces, or deltas, or .*",
    ),
    (
        "of text",
        ("controllers.json", '"of":"processed"', '"of":"name"'),
        r".*failed: is made of 'name', which is not .*",
    ),
    (
        "of itself",
        ("controllers.json", '"of":"processed"', '"of":"failed"'),
        r".*\$\.counters\.failed: is made of itself",
    ),
    ("falls", ("controllers.json", ",3600]]", ",-1]]"), r".*\$\.counters\.processed\.pieces\[0\]: falls, .*"),
    (
        "pieces",
        ("controllers.json", ",3600]]", ",3600],[0,1,2]]"),
        r".*pieces\[1\]: does not start after the one before .*",
    ),
    ("list", ("nodes.json", '"lists":{"active"', '"lists":{"passive"'), r"nodes\.json line 2 \$\..*"),
    (
        "item",
        ("nodes.json", '"since":1767225601000', '"since":1867225601000'),
        r".* \$\.lists\.active\[0\]: ends before .*",
    ),
    (
        "counted",
        ("nodes.json", '[8,"active"]', '[8,"other"]'),
        r".*\$\.counts\.available: counts 'other', which is not .*",
    ),
    (
        "count",
        ("nodes.json", '"counts":{"available"', '"counts":{"gone"'),
        r".*\$\.counts\.gone: has no place in the .*",
    ),
    # Numbers that could not be served.
    (
        "times overflow",
        ("controllers.json", '"per":3,"times":1}', '"per":1,"times":9223372036854775807}'),
        r"controllers\.json line 2 \$\.counters\.failed: gets to \d+, more than 9223372036854775807 cannot be served",
    ),
    (
        "pieces overflow",
        ("controllers.json", ",5,3600]]", ",9223372036854775807,3600000]]"),
        r"controllers\.json line 2 \$\.counters\.(failed|processed): gets to 9223372036854835807, more than .*",
    ),
    (
        "of a list",
        ("nodes.json", '"counts":', '"counters":{"total":{"of":"active"}},"counts":'),
        r".*, which is a list",
    ),
    (
        "of nothing",
        ("controllers.json", '"of":"processed"', '"of":"gone"'),
        r".*failed: is made of 'gone', which is not in the document",
    ),
    (
        "below 0",
        ("controllers.json", ",5,3600]]", ",-5,3600]]"),
        r".*\$\.counters\.processed\.pieces\[0\]: is below 0",
    ),
    (
        "a drop",
        ("controllers.json", ",5,3600]]", ",100,0],[1767225601000,5,0]]"),
        r".*\$\.counters\.processed\.pieces\[1\]: starts below the one before it, .*",
    ),
    (
        "counts below 0",
        ("nodes.json", '[8,"active"]', '[1,"active"]'),
        r"nodes\.json line 2 \$\.counts\.available: is 1, but the list has up to 2 entries",
    ),
    # Names that others made up.
    (
        "an escape",
        ("controllers.json", '"failed":{"of"', '"\\u001b[31m\\u202e":{"of"'),
        r"controllers\.json line 2 \$\.counters\['\\x1b\[31m\\u202e'\]: has no place in the document",
    ),
    (
        "an unknown escape",
        ("jobs.json", '{"doc"', '{"\\u001b[31m":{},"doc"'),
        r"jobs\.json line 2 \$: .*unknown field \\x1b\[31m",
    ),
    ("a long name", ("jobs.json", '{"doc"', '{"' + "x" * 9999 + '":{},"doc"'), r".{300,500}"),
    ("a mark", ("jobs.json", "[\n", "\ufeff[\n"), r"jobs\.json line 1 starts with a byte order mark, .*"),
    ("a mark in it", ("jobs.json", "[\n", "[\n\ufeff"), r"jobs\.json line 2 starts with a byte order mark, .*"),
    ("a zero", ("jobs.json", "[\n", "[\n\0"), r"jobs\.json line 2 is not a track in JSON .*"),
]


def refused(folder: Path, *, allow_edited: bool) -> str:
    """The one line that refuses a damaged bundle, without its beginning and its end, which says what to do."""
    with pytest.raises(BundleDamaged) as error:
        read_bundle(folder, allow_edited=allow_edited)
    prefix = f"cannot read the bundle {folder}: "
    assert str(error.value).startswith(prefix)
    assert str(error.value).isprintable()
    message, _, then = str(error.value).removeprefix(prefix).rpartition("; ")
    assert then in {RESTORE, "restore it, or use --allow-edited if you edited it"}
    return message


@pytest.mark.parametrize("allow_edited", [False, True])
@pytest.mark.parametrize("kind", ["generated", "recorded"])
@pytest.mark.parametrize(("edit", "message"), [case[1:] for case in LINES], ids=[case[0] for case in LINES])
def test_damage_is_named(tmp_path: Path, kind: str, edit: Edit, message: str, *, allow_edited: bool) -> None:
    """A damaged line is refused in one line that names file, line and field, whoever wrote the bundle."""
    folder = make(tmp_path / "x", kind)
    rewrite(folder, *edit)
    assert re.fullmatch(message, refused(folder, allow_edited=allow_edited))


TYPES: list[tuple[str, Edit, str]] = [
    (
        "status",
        ("executions.json", '"_status":"running"', '"_status":"gone"'),
        r".* line 2 \$\.doc\._status: invalid .*",
    ),
    (
        "missing",
        ("executions.json", '"_has_errors":false,', ""),
        r".* line 2 \$\.doc: .*missing required field _has_errors",
    ),
    ("changed", ("executions.json", '"stopping"', "7"), r".* line 2 \$\.changes\[0\]\._status: expected str, got int"),
    (
        "removed",
        ("executions.json", '"t":1767', '"unset":["name"],"t":1767'),
        r".* line 2 \$\.changes\[0\]: .* field name",
    ),
    ("count", ("controllers.json", '"slicers":0', '"slicers":-1'), r".* line 2 \$\.doc\.slicers: expected int >= 0"),
    ("process", ("nodes.json", '"worker_id":3,', ""), r"nodes\.json line 2 \$\.doc\.active\[0\]: .* field worker_id"),
    ("node's id", ("nodes.json", '"node_id":"n1"', '"node_id":"n2"'), r".* \$\.doc\.node_id: is not the track's id"),
    (
        "date",
        ("jobs.json", '"_updated":"2026-01-01T', '"_updated":"'),
        r".* line 2 \$\.doc\._updated: '00:00:00\.000Z' is .*",
    ),
    ("error", ("errors.json", '"state":"error"', '"state":"fine"'), r"errors\.json line 2 \$\.doc\.state: invalid .*"),
    (
        "counter on a text",
        ("controllers.json", '"failed":{"of"', '"name":{"of"'),
        r".* line 2 \$\.counters\.name: is not a count in this kind of record",
    ),
    (
        "counts on a text",
        ("nodes.json", '"counts":{"available"', '"counts":{"hostname"'),
        r".* line 2 \$\.counts\.hostname: is not a count in this kind of record",
    ),
    (
        "counter on a date",
        ("jobs.json", '{"doc"', '{"counters":{"_updated":{"pieces":[[0,1,1]]}},"doc"'),
        r".* line 2 \$\.counters\._updated: is not a count in this kind of record",
    ),
    (
        "counter in info",
        ("cluster.json", '{"doc"', '{"counters":{"name":{"pieces":[[0,1,1]]}},"doc"'),
        r".* line 2 \$\.counters\.name: is not a count in this kind of record",
    ),
    (
        "info changed",
        ("cluster.json", '{"doc"', '{"changes":[{"set":{"name":1},"t":1767225600000}],"doc"'),
        r"cluster\.json line 2 \$\.changes\[0\]\.name: expected str, got int",
    ),
    ("info", ("cluster.json", '"arch":"x64",', ""), r"cluster\.json line 2 \$\.doc: .*missing required field arch"),
    ("totals", ("cluster.json", '"failed":0,', ""), r"cluster\.json line 3 \$\.doc: .*missing required field failed"),
]


@pytest.mark.parametrize(("edit", "message"), [case[1:] for case in TYPES], ids=[case[0] for case in TYPES])
def test_generated_records_are_what_their_type_says(tmp_path: Path, edit: Edit, message: str) -> None:
    """A generated document that is not of its type at some instant is refused with its field."""
    folder = make(tmp_path / "x")
    rewrite(folder, *edit)
    assert re.fullmatch(message, refused(folder, allow_edited=True))


@pytest.mark.parametrize(("edit", "_message"), [case[1:] for case in TYPES], ids=[case[0] for case in TYPES])
def test_recorded_records_may_be_anything(tmp_path: Path, edit: Edit, _message: str) -> None:
    """What a real cluster answered is kept as it was, whatever the types say."""
    folder = make(tmp_path / "x", "recorded")
    rewrite(folder, *edit)
    read_bundle(folder, allow_edited=True)


@pytest.mark.parametrize("kind", ["generated", "recorded"])
def test_a_record_is_under_its_own_id(tmp_path: Path, kind: str) -> None:
    """A document whose id is another one than its track's is refused."""
    folder = make(tmp_path / "x", kind)
    rewrite(folder, "jobs.json", '"job_id":"j1"', '"job_id":"j2"')
    assert re.search(r"jobs\.json line 2 \$\.\S*id: is not the ", refused(folder, allow_edited=True))


def test_records_recorded_twice_are_read(tmp_path: Path) -> None:
    """Of two recorded records with one id the second has a number, and is read."""
    folder = make(tmp_path / "x", "recorded")
    line = (folder / "jobs.json").read_text().splitlines()[1]
    rewrite(folder, "jobs.json", line, line + ",\n" + line.replace('"id":"j1"', '"id":"j1#2"'))
    assert read_bundle(folder, allow_edited=True).timeline.at(EPOCH).job_count() == 2


def test_odd_letters_in_generated_records_are_no_damage(tmp_path: Path) -> None:
    """A lone surrogate in a text that a client made up is served back as it was."""
    folder = make(tmp_path / "x")
    rewrite(folder, "jobs.json", "käse", "\\ud800 \\\\ud800")
    record = read_bundle(folder, allow_edited=True).timeline.at(EPOCH).job("j1").value
    assert record is not None
    assert rb'"\ud800 \\ud800"' in record.text


MADE_OF: list[tuple[str, str]] = [
    ('{"set":{"slicers":"x"},"t":1767225600005}', r"which is not a number of at least 0 in \$\.changes\[0\]\.set"),
    ('{"set":{"slicers":true},"t":1767225600005}', r"which is not a number of at least 0 in \$\.changes\[0\]\.set"),
    ('{"set":{"slicers":-1},"t":1767225600005}', r"which is not a number of at least 0 in \$\.changes\[0\]\.set"),
    ('{"doc":{"slicers":1.5},"t":1767225600005}', r"which is not a number of at least 0 in \$\.changes\[0\]\.doc"),
    ('{"set":{"slicers":9223372036854775808},"t":1767225600005}', r"which is not a number of at least 0 in .*"),
]


@pytest.mark.parametrize(("change", "message"), MADE_OF)
def test_what_a_counter_is_made_of_is_always_a_number(tmp_path: Path, change: str, message: str) -> None:
    """A change that makes no number of a field that a counter is made of is refused."""
    folder = make(tmp_path / "x", "recorded")
    rewrite(folder, "controllers.json", '{"counters":', f'{{"changes":[{change}],"counters":')
    rewrite(folder, "controllers.json", '"of":"processed"', '"of":"slicers"')
    found = refused(folder, allow_edited=True)
    assert re.fullmatch(r"controllers\.json line 2 \$\.counters\.failed: is made of 'slicers', " + message, found)


@pytest.mark.parametrize("kind", ["generated", "recorded"])
def test_what_a_counter_is_made_of_may_be_large(tmp_path: Path, kind: str) -> None:
    """A counter is refused as soon as the largest value of what it is made of makes it too large, and no sooner."""
    folder = make(tmp_path / "x", kind)
    change = '{"changes":[{"set":{"slicers":9223372036854775807},"t":1767225600005}],'
    rewrite(folder, "controllers.json", '{"counters":', change + '"counters":')
    rewrite(folder, "controllers.json", '"of":"processed","per":3,"times":1', '"of":"slicers","per":3,"times":3')
    record = read_bundle(folder, allow_edited=True).timeline.at(EPOCH + 5).controllers().value[0]
    assert b'"failed": 9223372036854775807' in record.text
    rewrite(folder, "controllers.json", '"per":3,"times":3', '"per":3,"times":4')
    assert "$.counters.failed: gets to 12297829382473034409, more" in refused(folder, allow_edited=True)


def test_counters_are_made_of_a_few_others_at_most(tmp_path: Path) -> None:
    """A counter made of one, made of one, and so on without an end, is refused."""
    folder = make(tmp_path / "x", "recorded")
    names = [f"c{number}" for number in range(2000)]
    chain = "".join(f'"{name}":{{"of":"{of}"}},' for name, of in zip(names, [*names[1:], "processed"], strict=True))
    rewrite(folder, "controllers.json", '{"counters":{', '{"counters":{' + chain)
    rewrite(folder, "controllers.json", '"doc":{', '"doc":{' + "".join(f'"{name}":0,' for name in names))
    found = refused(folder, allow_edited=True)
    assert found == "controllers.json line 2 $.counters.c0: is made of more than 16 others, one of the other"


def test_a_counter_before_its_first_piece_is_its_first_value(tmp_path: Path) -> None:
    """Pieces that begin after the bundle's time are no damage: the first one's value is what is answered."""
    folder = make(tmp_path / "x")
    rewrite(folder, "controllers.json", "[[1767225600000,5,3600]]", "[[9223372036854775807,5,3600]]")
    record = read_bundle(folder, allow_edited=True).timeline.at(EPOCH).controllers().value[0]
    assert b'"processed": 5' in record.text


def test_pieces_may_carry_on_and_rise(tmp_path: Path) -> None:
    """Pieces that start where the one before them is, or above it, are answered."""
    folder = make(tmp_path / "x")
    rewrite(folder, "controllers.json", ",5,3600]]", ",5,3600000],[1767225600007,12,0],[1767225600009,20,0]]")
    timeline = read_bundle(folder, allow_edited=True).timeline
    records = [timeline.at(EPOCH + later).controllers().value[0] for later in (0, 6, 7, 8, 9)]
    assert [record.fields["processed"] for record in records] == [5, 11, 12, 12, 20]


@pytest.mark.parametrize("field", ["since", "until"])
def test_entries_outside_the_bundles_time_do_not_count(tmp_path: Path, field: str) -> None:
    """A list's length matters within the bundle's time only."""
    folder = make(tmp_path / "x")
    rewrite(folder, "nodes.json", '"since":1767225601000,"until":1767225640000', f'"{field}":1767225600000')
    rewrite(folder, "nodes.json", '[8,"active"]', '[1,"active"]')
    if field == "until":
        read_bundle(folder, allow_edited=True)
    else:
        assert "$.counts.available: is 1, but" in refused(folder, allow_edited=True)
        rewrite(folder, "nodes.json", '"since":1767225600000', '"since":1767225660001')
        read_bundle(folder, allow_edited=True)


@pytest.mark.parametrize("number", [10**30, 1767225600002.0])
def test_spans_of_generated_records_are_whole_numbers(tmp_path: Path, number: float) -> None:
    """A time of existence that could not be read again while serving is refused when the bundle is opened."""
    folder = make(tmp_path / "x")
    rewrite(folder, "errors.json", "1767225600002]", f"{number}]")
    assert re.search(r"errors\.json line 2 \$\.spans\[0\]\[1\]: expected", refused(folder, allow_edited=True))


def test_an_edit_is_noticed(tmp_path: Path) -> None:
    """A file that is not what was written is refused with the flag that allows it, and then read."""
    folder = make(tmp_path / "x")
    rewrite(folder, "jobs.json", '"name":"etl"', '"name":"mine"')
    assert refused(folder, allow_edited=False) == "jobs.json does not match its digest in bundle.json"
    record = read_bundle(folder, allow_edited=True).timeline.at(EPOCH).job("j1").value
    assert record is not None
    assert record.fields["name"] == "mine"


def test_an_edited_count_is_noticed(tmp_path: Path) -> None:
    """A manifest that counts other than there are records is refused, unless edits are allowed."""
    folder = make(tmp_path / "x")
    manifest(folder, counts={"jobs": 7})
    assert refused(folder, allow_edited=False) == "bundle.json $.counts.jobs: is 7, but jobs.json has 1 records"
    read_bundle(folder, allow_edited=True)


def frames(steps: str, skews: str) -> dict[str, object]:
    """The frames of a recording's manifest."""
    return {"frames": {"steps_ms": steps, "skews_ms": skews}}


MANIFESTS: list[tuple[dict[str, object], str]] = [
    ({"format": None}, r"bundle\.json \$\.format: is missing"),
    ({"format": "new"}, r"bundle\.json \$\.format: is 'new', not a version such as 2\.0"),
    ({"from": None}, r"bundle\.json \$: .*missing required field from"),
    ({"counts": []}, r"bundle\.json \$\.counts: expected object, got array"),
    ({"origin": {"kind": "made up"}}, r"bundle\.json \$\.origin\.kind: is neither generated nor recorded"),
    ({"origin": {"kind": []}}, r"bundle\.json \$\.origin\.kind: is neither generated nor recorded"),
    ({"origin": {"kind": {}}}, r"bundle\.json \$\.origin\.kind: is neither generated nor recorded"),
    ({"orders": {"\x1b[31m": []}}, r"bundle\.json \$\.orders: knows no collection '\\x1b\[31m'"),
    ({"origin": {}}, r"bundle\.json \$\.origin\.kind: is neither generated nor recorded"),
    ({"files": {}}, r"bundle\.json \$\.files: must name exactly the bundle's seven other files, see .*"),
    ({"counts": {"cats": 1}}, r"bundle\.json \$\.counts: knows no collection 'cats'"),
    ({"orders": {"cats": []}}, r"bundle\.json \$\.orders: knows no collection 'cats'"),
    ({"from": "soon"}, r"bundle\.json \$\.from: 'soon' is not a date such as .*"),
    ({"to": "2026-13-01\nT"}, r"bundle\.json \$\.to: '2026-13-01\\nT' is not a date such as .*"),
    ({"from": "2027-01-01T00:00:00.000Z"}, r"bundle\.json \$\.from: 2027\S* is later than \$\.to, 2026\S*"),
    ({"frames": []}, r"bundle\.json \$\.frames: expected object \| null, got array"),
    (frames("x", "0"), r"bundle\.json \$\.frames\.steps_ms: 'x' is not a number, or a number and how often, such .*"),
    (frames("1000*59", "0*60"), r"bundle\.json \$\.frames\.steps_ms: does not lead from \$\.from to \$\.to"),
    (frames("0 60000", "0*3"), r"bundle\.json \$\.frames\.steps_ms: has a step that does not go forward"),
    (frames("1*9999999999", "0"), r"bundle\.json \$\.frames\.steps_ms: has 10,000,000,000 frames, more than .*"),
    (frames("1000*60", "0*60"), r"bundle\.json \$\.frames\.skews_ms: does not have a number of .* the 61 frames"),
    (frames("1000*60", "0*60 -1"), r"bundle\.json \$\.frames\.skews_ms: does not have a number of at least 0 .*"),
    (
        frames("1000*60", "0*61")
        | {"gaps": [{"source": "jobs", "reason": "x", "from": "now", "to": "x", "frames": 1}]},
        r"bundle\.json \$\.gaps\[0\]\.from: 'now' is not a date such as .*",
    ),
    (
        {"orders": {"jobs": [{"t": "2025-01-01T00:00:00Z", "placed": []}]}},
        r"bundle\.json \$\.orders\.jobs\[0\]\.t: is outside the bundle's time",
    ),
    (
        {"orders": {"jobs": [{"t": f"2026-01-01T00:00:0{second}Z", "placed": []} for second in (9, 5)]}},
        r"bundle\.json \$\.orders\.jobs\[1\]\.t: is not later than the one before it",
    ),
]


@pytest.mark.parametrize(("changed", "message"), MANIFESTS)
def test_a_damaged_manifest_is_named(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    """A manifest with a wrong field is refused in one line that names it."""
    folder = make(tmp_path / "x")
    manifest(folder, **changed)
    assert re.fullmatch(message, refused(folder, allow_edited=True))


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "[" * 100_000, "[1.5," * 100_000])
def test_a_manifest_that_is_none(tmp_path: Path, text: str) -> None:
    """A manifest that is not JSON, or not an object, is refused."""
    folder = make(tmp_path / "x")
    (folder / "bundle.json").write_text(text)
    assert refused(folder, allow_edited=True) in {"bundle.json is not JSON", "bundle.json $.format: is missing"}


@pytest.mark.parametrize("note", ["1.0", "plain"])
def test_a_manifest_has_no_byte_order_mark(tmp_path: Path, note: str) -> None:
    """A manifest that an editor put a byte order mark in front of is refused as such, whatever is in it."""
    folder = make(tmp_path / "x")
    manifest(folder, note=note)
    file = folder / "bundle.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    found = refused(folder, allow_edited=True)
    assert found == "bundle.json starts with a byte order mark, which JSON has not: it is UTF-8 without one"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
def test_a_manifest_is_utf8(tmp_path: Path, encoding: str) -> None:
    """A manifest in another encoding is not JSON."""
    folder = make(tmp_path / "x")
    manifest(folder, note="\u2e31")
    text = (folder / "bundle.json").read_text().replace("\\u2e31", "\u2e31")
    (folder / "bundle.json").write_bytes(text.encode(encoding))
    assert refused(folder, allow_edited=True) == "bundle.json is not JSON"


def test_a_digest_is_one(tmp_path: Path) -> None:
    """A digest that cannot be one is refused."""
    folder = make(tmp_path / "x")
    files = json.loads((folder / "bundle.json").read_text())["files"]
    manifest(folder, files=files | {"jobs.json": "abc"})
    assert refused(folder, allow_edited=True) == "bundle.json $.files.jobs.json: is not a SHA-256 digest"


@pytest.mark.parametrize("version", ["3.0", "0.9", "10.1"])
def test_another_format_is_named(tmp_path: Path, version: str) -> None:
    """A bundle of another major version is refused with what to do."""
    folder = make(tmp_path / "x")
    manifest(folder, format=version)
    with pytest.raises(BundleTooNew) as error:
        read_bundle(folder)
    assert str(error.value) == (
        f"cannot read the bundle {folder}: bundle.json is of format {version}, this toolkit reads 1.x and 2.x; "
        "use a toolkit that knows it, or make the bundle again"
    )


def test_a_later_minor_format_is_read(tmp_path: Path) -> None:
    """A manifest of a later minor version is read, fields that are new left aside."""
    folder = make(tmp_path / "x")
    manifest(folder, format="2.7", news=True)
    assert read_bundle(folder).manifest.format == "2.7"


@pytest.mark.parametrize(
    ("prepare", "error", "message"),
    [
        (lambda _path: None, BundleNotFound, "there is nothing; check the path, or make one with toolkit generate"),
        (lambda path: path.mkdir(), BundleNotFound, "it has no bundle.json; give a directory that toolkit wrote"),
        (lambda path: path.write_text("x"), BundleDamaged, "it is a file; give the directory that holds a bundle.json"),
    ],
)
def test_what_is_no_bundle(
    tmp_path: Path, prepare: Callable[[Path], None], error: type[Exception], message: str
) -> None:
    """A path with nothing, something else or a file is refused with what to give instead."""
    prepare(tmp_path / "x")
    with pytest.raises(error) as refusal:
        read_bundle(tmp_path / "x")
    assert str(refusal.value) == f"cannot read the bundle {tmp_path / 'x'}: {message}"


@pytest.mark.parametrize("name", ["jobs.json", "cluster.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """A file that is gone is named."""
    folder = make(tmp_path / "x")
    (folder / name).unlink()
    assert refused(folder, allow_edited=True) == f"{name} is missing"


@pytest.mark.parametrize("name", ["jobs.json", "bundle.json"])
def test_a_file_is_a_file(tmp_path: Path, name: str) -> None:
    """A folder or a pipe in a file's place is refused, and not waited for."""
    folder = make(tmp_path / "x")
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert refused(folder, allow_edited=True) == f"{name} is not a file"


@pytest.mark.parametrize("name", ["jobs.json", "bundle.json"])
def test_nothing_outside_is_read(tmp_path: Path, name: str) -> None:
    """A link that leads out of the bundle is refused; the bundle itself may be reached by one."""
    folder = make(tmp_path / "x")
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    assert refused(folder, allow_edited=True) == f"{name} is a link that leads outside the bundle"
    (tmp_path / "link").symlink_to(make(tmp_path / "y"))
    read_bundle(tmp_path / "link")


def test_a_link_in_a_circle_is_missing(tmp_path: Path) -> None:
    """A link that leads to itself is no file."""
    folder = make(tmp_path / "x")
    (folder / "jobs.json").unlink()
    (folder / "jobs.json").symlink_to(folder / "jobs.json")
    with pytest.raises(BundleError, match=r"jobs\.json"):
        read_bundle(folder)


def test_what_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the system does not give is an error of one line with the reason."""
    folder = make(tmp_path / "x")

    def refuse(path: Path, _flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BundleError) as error:
        read_bundle(folder)
    message = f"cannot read the bundle {folder}: bundle.json permission denied; check the path and its permissions"
    assert message == str(error.value)


def test_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest or a line larger than any toolkit writes is refused before it fills the memory."""
    folder = make(tmp_path / "x")
    monkeypatch.setattr(listed, "LONGEST_LINE", 200)
    assert refused(folder, allow_edited=True) == "jobs.json line 2 is too long"
    monkeypatch.setattr(reader, "LARGEST_MANIFEST", 10)
    assert refused(folder, allow_edited=True) == "bundle.json is too large"


def test_a_file_changed_while_it_is_served(tmp_path: Path) -> None:
    """A file that is cut off under a server that reads it is an error that says so, and nothing worse."""
    folder = make(tmp_path / "x")
    view = read_bundle(folder).timeline.at(EPOCH)
    (folder / "jobs.json").write_text("[\n")
    with pytest.raises(
        BundleDamaged, match=r"jobs\.json line 2 was changed while it was being served; restore it and start again"
    ):
        view.jobs(0, 1)


def test_a_replaced_bundle_is_served_on(tmp_path: Path) -> None:
    """A server keeps the bundle it opened, also when another one takes its place."""
    folder = make(tmp_path / "x")
    view = read_bundle(folder).timeline.at(EPOCH)
    document = loads((folder / "jobs.json").read_bytes().splitlines()[1])["doc"]
    make(folder, "recorded", force=True)
    record = view.job("j1").value
    assert record is not None
    assert record.fields == document


def test_reading_changes_nothing(tmp_path: Path) -> None:
    """A bundle is the same after it was read."""
    folder = make(tmp_path / "x")
    before = content(folder)
    read_bundle(folder)
    assert before == content(folder)
