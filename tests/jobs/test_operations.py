"""Operations, APIs and the assets that a job lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.jobs.clusters import BESIDE, ELASTICSEARCH, EX1, EX1_OLD, KNOWN, STANDARD, TINY, asset
from tests.jobs.test_fields import OPERATIONS, issues_of, refused
from toolkit.jobs.configure import configure
from toolkit.jobs.names import read_name
from toolkit.jobs.versions import Range, clean, version
from toolkit.model.wire import Literal
from toolkit.world.catalogue import ASSETS, TEMPLATES, operations_of

READER = {"_op": "test-reader"}
SENDER = {"_op": "elasticsearch_bulk", "_api_name": "elasticsearch_sender_api"}


def job(*operations: Any, assets: Any = None, **more: Any) -> dict[str, Any]:
    """Make a job."""
    return {"operations": list(operations), "assets": assets, **more}


def made(*operations: Any, assets: Any = None, **more: Any) -> dict[str, Any]:
    """Make the execution of a job."""
    return configure(job(*operations, assets=assets, **more), KNOWN, posted=False).execution


@pytest.mark.parametrize(
    ("assets", "ids"),
    [
        (["ex1"], [EX1]), (["ex1:latest"], [EX1]), (["ex1:*"], [EX1]), (["ex1:0.0.1"], [EX1_OLD]),
        (["ex1:v0.0.1:more"], [EX1_OLD]), (["ex1:^0.0.1"], [EX1_OLD]), (["ex1:>= 0.0.1"], [EX1]),
        (["ex1:~>0.0.1"], [EX1_OLD]), (["ex1:0.0.1 - 0.1.0"], [EX1_OLD]), (["ex1: 0.x"], [EX1]),
        (["ex1:<0.1 || 9"], [EX1_OLD]), (["ex1:=0.1.1"], [EX1]), ([EX1_OLD], [EX1_OLD]),
        (["tiny", "tiny", "standard"], [TINY, STANDARD]), (["ex1", "ex1:0.1.1"], [EX1, EX1]),
        (["beside:2.0.0-rc.1"], [BESIDE]), ("n", ["a" * 40]),
    ],
)  # fmt: skip
def test_the_newest_asset_that_fits_is_meant(assets: object, ids: list[str]) -> None:
    """Ids, names, versions and ranges; a text is looked up letter by letter."""
    assert made(READER, {"_op": "delay"}, assets=assets)["assets"] == ids


def test_of_equal_versions_the_newest_asset_is_meant() -> None:
    """Records come newest first."""
    known = KNOWN._replace(assets=[asset("twice", "1.0.0", "1" * 40), asset("twice", "1.0.0", "2" * 40)])

    assert configure(job(*OPERATIONS, assets=["twice"]), known, posted=False).execution["assets"] == ["1" * 40]


@pytest.mark.parametrize(
    ("assets", "cause", "nth"),
    [
        (["nothing"], 'TSError: No assets found for "nothing"', 0),
        (["ex1", "ex1:7.x"], 'TSError: No assets found for "ex1:7.x"', 1),
        (["badplat"], 'TSError: No assets found for "badplat"', 0),
        (["future"], 'TSError: No assets found for "future"', 0),
        (["beside"], 'TSError: No assets found for "beside"', 0),
        (["0" * 40], f'TSError: No assets found for "{"0" * 40}"', 0),
        (["ex1:bogus"], "TypeError: Invalid comparator: bogus", 0),
        ([f"ex1:{'9' * 300}"], f"TypeError: Invalid comparator: {'9' * 300}", 0),
        ([None], "TypeError: Cannot read properties of null (reading 'length')", 0),
        ([["ex1"]], "TypeError: assetIdentifier.split is not a function", 0),
        ([EX1, {}, {}], "TypeError: assetIdentifier.split is not a function", 1),
        ("nn1", 'TSError: No assets found for "1"', 1),
    ],
)
def test_an_asset_that_is_not_found_is_named(assets: object, cause: str, nth: int) -> None:
    """With the stack of the loader and the hint, as observed."""
    lines = refused(job(*OPERATIONS, assets=assets)).message.split("\n")

    assert lines[0] == f"Failure to get assets, caused by {cause}"
    assert lines[3] == f"    at async Promise.all (index {nth})"
    assert lines[-1].startswith("If running out of memory")
    assert lines[6:-1] == ([f"Caused by: {cause.partition(': ')[2]}"] if cause.startswith("TSError") else [])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"assets": 5}, "number 5 is not iterable (cannot read property Symbol(Symbol.iterator))"),
        ({"assets": True}, "boolean true is not iterable (cannot read property Symbol(Symbol.iterator))"),
        ({"assets": ["ex1"]}, "Cannot read properties of undefined (reading 'map')"),
        ({"assets": ["ex1"], "operations": None}, "Cannot read properties of null (reading 'map')"),
        ({"assets": ["ex1"], "operations": "ab"}, "jobConfig.operations.map is not a function"),
        ({"assets": ["ex1"], "operations": [None]}, "Cannot read properties of null (reading '_api_name')"),
        ({"assets": ["ex1"], "operations": ["a"]}, "Cannot read properties of undefined (reading 'includes')"),
        ({"assets": ["ex1"], "operations": [{"_op": None}]}, "Cannot read properties of null (reading 'includes')"),
        ({"assets": ["ex1"], "operations": [{"_op": 5}]}, "op._op.includes is not a function"),
        ({"assets": ["ex1"], "operations": [{"_op": "a", "_api_name": 5}]}, "op._api_name?.includes is not a function"),
        ({"assets": ["ex1"], "operations": [], "apis": 5}, "jobConfig.apis.map is not a function"),
        ({"assets": ["ex1"], "operations": [], "apis": [None]}, "Cannot read properties of null (reading '_name')"),
        ({"assets": ["ex1"], "operations": [], "apis": [{"_name": {}}]}, "api._name.includes is not a function"),
        ({"assets": ["ex1"], "operations": [{"_op": "x@tiny"}]},
         "Invalid operation name for _op: x, could not find the hashID for asset identifier tiny"),
        ({"assets": ["ex1"], "operations": [{"_op": "x@"}]},
         "Invalid operation name for _op: x, could not find the hashID for asset identifier "),
        ({"assets": ["ex1"], "operations": [{"_op": "y", "_api_name": "x@tiny"}]},
         "Invalid operation _api_name for _op: x, could not find the hashID for asset identifier tiny"),
        ({"assets": ["ex1"], "operations": [], "apis": [{"_name": "x@tiny:0"}]},
         "Invalid api name for _name: x, could not find the hashID for asset identifier tiny:0"),
        ({"assets": ["ex1"], "operations": [{"_op": "x@a:b:c:d"}]},
         'Invalid name for "x@a:b:c:d", it has to many ":" characters'),
        (job({"_op": 5}, {}), "identifier.includes is not a function"),
        (job({"_op": []}, {}), "identifier.split is not a function"),
        (job({"_op": "_private"}, {}), "Invalid name: _private, it is private or otherwise restricted"),
        (job({"_op": "node_modules"}, {}), "Invalid name: node_modules, it is private or otherwise restricted"),
        (job({"_op": "data_generator"}, {"_op": "noop"}), "Unable to find module for operation: data_generator"),
        (job(READER, {"_op": "noop@standard"}), "Cannot read properties of undefined (reading 'path')"),
        (job(READER, {"_op": "drop_property@standard"}, assets=["standard"]),
         "Unable to find module for operation: drop_property"),
        (job(READER, {"_op": "drop_property"}, assets=["ex1:0.0.1", "ex1:0.1.1"]),
         ('Multiple assets containing the same processor name _op: "drop_property", '
         "please specify which specific asset to use on its name")),
        (job({"_op": "noop"}, READER, assets=["beside:2.0.0-rc.1"]),
         ('Multiple assets containing the same reader name _op: "noop", '
         "please specify which specific asset to use on its name")),
        (job(*OPERATIONS, apis=[{"_name": "elasticsearch_sender_api:a"}], assets=["elasticsearch"]), None),
        (job(*OPERATIONS, apis=[{"_name": "noop"}]),
         "Failure to load api module: noop, requires at least an api.js or observer.js"),
        (job({"_op": "noop"}, READER),
         ("Failure loading slicer from module: noop, error: Error: Cannot find module "
         "'/app/source/packages/job-components/dist/src/builtin/noop/slicer.cjs' imported from "
         "/app/source/packages/job-components/dist/src/operation-loader/loader.js")),
        (job(READER, {"_op": "data_generator"}, assets=["standard"]),
         ("Failure loading processor from module: data_generator, error: Error: Operation data_generator, "
         "does not have Processor registered")),
        (job(READER, {"_op": "noop", "_api_name": None}),
         "An operation with a _api_name keyword must link it to a valid api configuration on the job"),
        (job(READER, {"_op": "noop", "_api_name": "x"}), "Could not find the associated api for x"),
        (job(READER, {"_op": "noop", "api_name": [1]}), "Could not find the associated api for 1"),
    ],
)  # fmt: skip
def test_a_job_is_refused_in_teraslices_words(body: dict[str, Any], message: str | None) -> None:
    """Status 500, as of every plain JavaScript error."""
    error = refused(body)

    assert error.status == 500
    if message is None:
        assert issues_of(error)[0]["path"] == ["index"]
    else:
        assert error.message == message


def test_a_name_with_an_asset_gets_its_id() -> None:
    """On the execution it is `op@<id>`."""
    two = ["ex1:0.0.1", "ex1:0.1.1"]
    drop = {"property": "ip"}
    execution = made(READER, {"_op": "drop_property@ex1:0.0.1", **drop}, assets=two)
    assert execution["operations"][1]["_op"] == f"drop_property@{EX1_OLD}"

    execution = made(READER, {"_op": f"drop_property@{EX1}", **drop}, assets=[EX1])
    assert execution["operations"][1]["_op"] == f"drop_property@{EX1}"

    execution = made(READER, {"_op": f"drop_property@{EX1}", **drop})
    assert (execution["operations"][1]["_op"], execution["assets"]) == (f"drop_property@{EX1}", None)

    name = "elasticsearch_sender_api@elasticsearch"
    apis = [{"_name": name, "index": "a"}, {"_name": f"elasticsearch_sender_api@{ELASTICSEARCH}:b", "index": "b"}]
    execution = made(READER, {**SENDER, "_api_name": name}, assets=["elasticsearch"], apis=apis[:1])
    assert execution["operations"][1]["_api_name"] == f"elasticsearch_sender_api@{ELASTICSEARCH}"
    assert execution["apis"][0]["_name"] == f"elasticsearch_sender_api@{ELASTICSEARCH}"
    execution = made(READER, {"_op": "delay"}, assets=[ELASTICSEARCH], apis=apis[1:])
    assert execution["apis"][0]["_name"] == f"elasticsearch_sender_api@{ELASTICSEARCH}:b"


def test_an_api_takes_its_options_and_the_operation_those_of_the_api() -> None:
    """An index is asked for on one of the two."""
    execution = made(
        {"_op": "elasticsearch_reader", "_api_name": "elasticsearch_reader_api:in", "index": "", "more": 1},
        SENDER,
        assets=["elasticsearch"],
        apis=[
            {"_name": "elasticsearch_reader_api:in", "index": "a", "date_field_name": "created", "_encoding": "raw"},
            {"_name": "elasticsearch_sender_api", "index": "b", "size": 50, "_encoding": None},
        ],
    )

    common = {"_encoding": "json", "_dead_letter_action": "throw"}
    assert execution["operations"] == [
        {"_op": "elasticsearch_reader", **common, "_api_name": "elasticsearch_reader_api:in", "index": "", "more": 1},
        {"_op": "elasticsearch_bulk", **common, "_api_name": "elasticsearch_sender_api"},
    ]
    assert execution["apis"] == [
        {"_name": "elasticsearch_reader_api:in", "_encoding": "raw", "_dead_letter_action": "throw", "index": "a",
         "size": 5_000, "date_field_name": "created", "interval": "auto"},
        {"_name": "elasticsearch_sender_api", "_encoding": None, "_dead_letter_action": "throw", "index": "b",
         "size": 50, "connection": "default"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("config", "issue"),
    [
        ({"index": ""}, "Invalid index parameter, must not be an empty string"),
        ({}, "Invalid index parameter, must be of type string"),
        ({"index": "Logs"}, "Invalid index parameter, must be lowercase"),
        ({"index": "a", "_encoding": "xml"},
         "Invalid parameter _encoding, expected values json , raw, was given xml"),
        ({"index": "a", "_encoding": 5}, "Invalid parameter _encoding, expect type string, was given Number"),
        ({"index": "a", "_dead_letter_action": 5},
         "This field is optional but if specified it must be of type string"),
    ],
)  # fmt: skip
def test_an_api_is_checked(config: dict[str, Any], issue: str) -> None:
    """An empty index in an API is a 500."""
    api = {"_name": "elasticsearch_sender_api", **config}
    error = refused(job(READER, SENDER, assets=["elasticsearch"], apis=[api]))

    assert error.message.startswith("Validation failed for api config: elasticsearch_sender_api - Zod parse error: [")
    assert issues_of(error)[0]["message"] == issue


@pytest.mark.parametrize(
    ("config", "issue"),
    [
        ({"_op": "delay", "ms": -1}, {"code": "custom", "path": ["ms", "ms"]}),
        ({"_op": "delay", "_encoding": "xml"}, {"code": "invalid_value", "values": ["json", "raw"]}),
        ({"_op": "delay", "_connection": ["default"]}, None),
        ({"_op": "collect"}, {"expected": "number", "code": "invalid_type"}),
        ({"_op": "collect", "size": Literal("1e999"), "wait": 1}, {"expected": "number"}),
        ({"_op": "elasticsearch_bulk"}, {"code": "custom", "path": ["index"]}),
    ],
)
def test_an_operation_is_checked(config: dict[str, Any], issue: dict[str, Any] | None) -> None:
    """With its name before what is said."""
    error = refused(job(READER, config, assets=["elasticsearch"]))

    if issue is None:
        assert issues_of(error)[0]["message"] == 'Operation delay refers to connection "default" which is unavailable'
        return
    assert error.message.startswith(f"Validation failed for operation config: {config['_op']} - Zod parse error: [")
    assert issue.items() <= issues_of(error)[0].items()


def test_a_reader_without_a_format_keeps_the_type_of_its_default() -> None:
    """`passthrough_slice` is of type Boolean."""
    error = refused(job({**READER, "passthrough_slice": "true"}, {"_op": "noop"}))

    assert issues_of(error)[0]["message"] == " should be of type Boolean"
    assert made({**READER, "passthrough_slice": True}, {"_op": "noop"})["operations"][0]["passthrough_slice"] is True


def test_what_is_only_known_by_name_is_taken_as_it_is() -> None:
    """Anywhere in the job, with any options."""
    made(READER, {"_op": "something", "a": [1]}, assets=["beside:2.0.0-rc.1"])
    made({"_op": "something"}, {"_op": "delay"}, assets=["beside:2.0.0-rc.1"], apis=[{"_name": "something:x"}])
    assert made(READER, {"_op": "collect", "size": 1, "wait": Literal("1.5")})["operations"][1]["wait"] == Literal(
        "1.5"
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.prefix)
def test_a_generated_job_can_be_started(template: Any) -> None:
    """Its operations keep every option they have."""
    listed = [plan.described for plan in ASSETS.values()]
    names = [str(operation["_op"]) for one in TEMPLATES for operation in one.operations]
    provided = {ASSETS[one].id: tuple(set(names) - {"noop", "delay"}) for one in template.assets[:1]}
    known = KNOWN._replace(assets=listed, operations=provided)
    operations = operations_of(template, "orders")

    execution = configure(job(*operations, assets=list(template.assets)), known, posted=False).execution

    for before, after in zip(operations, execution["operations"], strict=True):
        assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a", ("a", None, None)), ("a:b:c", ("a", None, "b")), ("a@b@c", ("a", "b", None)),
        ("a@b:1:c", ("a", "b:1", "c")), ("a@b:1", ("a", "b:1", None)), (f"a@{EX1}:t", ("a", EX1, "t")),
    ],
)  # fmt: skip
def test_a_name_is_taken_apart(text: str, read: tuple[str, str | None, str | None]) -> None:
    """Name, asset, tag."""
    assert tuple(read_name(text)) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (" v1.2.3 ", "1.2.3"), ("=v1.2.3+build", "1.2.3"), ("1.2.3-a.1", "1.2.3-a.1"), ("1.2", None), ("01.2.3", None),
        ("1.2.3.4", None), ("1.2.3-a.", None), ("9999999999999999.0.0", None), ("1.0.0-" + "a" * 300, None),
    ],
)  # fmt: skip
def test_versions_are_npms(text: str, read: str | None) -> None:
    """Source: npm's semver 7, `clean`."""
    found = clean(text)
    assert (str(found) if found else None) == read


@pytest.mark.parametrize(
    ("text", "within", "without"),
    [
        ("1.x", "1.2.3", "2.0.0"), ("^0.0.1", "0.0.1", "0.0.2"), ("~1.2", "1.2.9", "1.3.0"),
        (">=1.2.3-0", "1.2.3-beta.1", "1.2.2"), ("1.2.3-beta.1", "1.2.3-beta.1", "1.2.3"), ("<=1.x", "1.9.9", "2.0.0"),
        ("1.2.3 || ", "4.1.0", "3.0.0-rc.1"), ("1.2.3+x", "1.2.3", "1.2.4"), (">1 <3 || >=4.0.0", "4.0.0", "3.0.0"),
    ],
)  # fmt: skip
def test_ranges_are_npms(text: str, within: str, without: str) -> None:
    """Source: npm's semver 7, `satisfies`."""
    found = Range(text)
    assert found.has(version(within))
    assert not found.has(version(without))
