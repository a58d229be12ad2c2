"""Whatever is sent, there is an answer: a configuration or a record, or a refusal in Teraslice's shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.clusters import EX1, KNOWN, asset_zip, zipped
from toolkit.jobs.assets import asset_id, check_asset
from toolkit.jobs.configure import configure, stored_job
from toolkit.jobs.job_schema import job_schema
from toolkit.jobs.operations import BUILT_IN, STANDARD
from toolkit.jobs.refusal import AssetRefused, JobRefused
from toolkit.jobs.versions import Range, clean
from toolkit.model.wire import Literal, dumps, pretty

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=8),
    st.sampled_from(
        ["1", "true", "5 minutes", "5 d", "ex1", "ex1:0.x", "standard", EX1, "x@ex1", "default", "a:b", "@", "", "0"]
    ),
    st.sampled_from([Literal("1.5"), Literal("1e999"), Literal("-0"), Literal('"\\udc00"'), Literal("1e30")]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
NAMES = st.sampled_from([*BUILT_IN, *STANDARD, "drop_property@ex1", f"drop_property@{EX1}", "noop@x:1:t", "x"])
OPTIONS = sorted({field for one in (*BUILT_IN.values(), *STANDARD.values()) for field in one.fields})
CONFIG = st.fixed_dictionaries(
    {},
    optional={
        "_op": NAMES | JSON, "_name": NAMES | JSON, "_api_name": NAMES | JSON, "api_name": JSON,
        **dict.fromkeys(OPTIONS, JSON), "_encoding": JSON, "connection": JSON,
    },
)  # fmt: skip
CONFIGS = st.lists(CONFIG, min_size=2, max_size=3) | JSON
ASSETS = st.lists(st.sampled_from(["ex1", "ex1:0.0.1", "standard", "elasticsearch", "tiny"]), max_size=3) | JSON
JOBS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(job_schema(2), JSON),
        "operations": CONFIGS, "apis": CONFIGS, "assets": ASSETS, "job_id": JSON, "other": JSON,
        "prom_metrics_enabled": JSON, "prom_metrics_port": JSON, "external_ports": JSON,
    },
)  # fmt: skip
VALID = st.fixed_dictionaries(
    {"operations": st.tuples(st.just({"_op": "test-reader"}), CONFIG.map(lambda one: {**one, "_op": "noop"})).map(list)}
)


def check_job(job: Any, *, posted: bool) -> None:
    """A configuration that is JSON, or a refusal with a status and a text."""
    refusal = None
    try:
        execution = configure(job, KNOWN, posted=posted).execution
    except JobRefused as error:
        refusal = error
    if refusal:
        assert refusal.status in {400, 422, 500}
        assert dumps(refusal.message)
        return
    assert pretty([execution])
    assert isinstance(execution["workers"], int)
    assert execution["workers"] < 2**31
    assert set(job) <= set(execution)
    assert not posted or list(execution)[: len(job)] == list(stored_job(job))[: len(job)]


@given(job=JOBS | JSON | VALID, posted=st.booleans())
def test_any_json_is_a_job_or_refused(job: Any, *, posted: bool) -> None:
    """Nothing else is raised, and the job is left as it was."""
    before = repr(job)
    check_job(job, posted=posted)
    assert repr(job) == before


@pytest.mark.parametrize("depth", [150, 900])
def test_a_deep_job_is_taken_or_refused(depth: int) -> None:
    """A list in a list in a list, wherever one may stand; too deep is too deep to be written."""
    deep: Any = []
    for _ in range(depth):
        deep = [deep]
    bare = {"operations": [{"_op": "test-reader"}, {"_op": "noop"}]}
    for key in (*job_schema(2), "other", "external_ports", "job_id"):
        check_job({**bare, key: deep}, posted=False)
    for key in ("_op", "_api_name", "api_name", "connection", "_encoding", "other"):
        check_job({"operations": [{"_op": "test-reader"}, {"_op": "noop", key: deep}]}, posted=True)
    job = {**bare, "other": deep}
    if depth < 200:
        assert configure(job, KNOWN, posted=True).execution["other"] == deep
    else:
        with pytest.raises(JobRefused, match=r"Document Nesting Depth \(201\) Exceeds The Maximum Allowed \(200\)"):
            configure(job, KNOWN, posted=True)


def check_upload(body: bytes) -> None:
    """A record, or a refusal with a status and a text."""
    refusal = None
    try:
        assert len(asset_id(body)) == 40
        checked = check_asset(body, KNOWN)
    except AssetRefused as error:
        refusal = error
    if refusal:
        assert refusal.status in {400, 409, 422, 500}
        assert dumps(refusal.message)
        return
    assert pretty([checked.asset])
    assert isinstance(checked.asset["name"], str)


@given(said=JSON.map(dumps) | st.binary(max_size=30), more=st.dictionaries(st.text(max_size=12), st.text(max_size=40)))
def test_any_asset_is_taken_or_refused(said: bytes, more: dict[str, str]) -> None:
    """Whatever its description and its files are."""
    check_upload(zipped({"asset.json": said, **{name: text for name, text in more.items() if name}}))


@given(
    said=st.fixed_dictionaries(
        {"name": JSON, "version": st.just("1.0.0") | JSON},
        optional=dict.fromkeys(("node_version", "platform", "arch", "description", "minimum_teraslice_version"), JSON),
    ),
    code=st.text(st.sampled_from("ASETS={}:,'\"`/*\\ax.[]()\n "), max_size=80),
)
def test_any_description_is_taken_or_refused(said: dict[str, Any], code: str) -> None:
    """Whatever its members are, and its code."""
    check_upload(asset_zip(dumps(said), **{"index.js": f"ASSETS = {{{code}"}))


GOOD = zipped({"asset.json": '{"name": "x", "version": "1.0.0"}', "a/schema.js": "x", "index.js": "ASSETS = {a: 1}"})


@given(
    changes=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6),
    end=st.integers(0, len(GOOD)),
    after=st.binary(max_size=4),
)
def test_any_bytes_are_an_asset_or_refused(changes: list[tuple[int, int]], end: int, after: bytes) -> None:
    """A zip with bytes changed, cut off and appended."""
    body = bytearray(GOOD)
    for at, value in changes:
        body[at] = value
    check_upload(bytes(body))
    check_upload(bytes(body[:end]) + after)


@given(text=st.text(st.sampled_from("0123456789.x*^~<>=|- vab+"), max_size=20) | st.text())
def test_any_text_is_a_range_or_none(text: str) -> None:
    """No other error than `ValueError`."""
    clean(text)
    try:
        found = Range(text)
    except ValueError:
        return
    version = clean("1.2.3")
    assert version
    found.has(version)
