"""The fields of a job: what is read from which value, and what is said of the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.jobs.clusters import KNOWN
from toolkit.jobs.configure import configure, stored_job
from toolkit.jobs.refusal import JobRefused
from toolkit.model.wire import Literal, loads

OPERATIONS = [{"_op": "test-reader"}, {"_op": "noop"}]
DURATION = (
    'must be a positive integer or human readable string containing a number and valid unit (e.g. 3000, "5 days")'
)


def refused(job: Any, *, posted: bool = False) -> JobRefused:
    """Give the refusal of a job."""
    with pytest.raises(JobRefused) as found:
        configure(job, KNOWN, posted=posted)
    return found.value


def issues_of(error: JobRefused) -> list[dict[str, Any]]:
    """Give what Zod says in a refusal."""
    found: list[dict[str, Any]] = json.loads(error.message.partition(" - Zod parse error: ")[2])
    return found


def test_a_bare_job_has_every_default() -> None:
    """Source: observed, key order too."""
    made = configure({"operations": OPERATIONS}, KNOWN, posted=True).execution

    assert list(made) == [
        "operations", "active", "analytics", "assets", "autorecover", "lifecycle", "max_retries", "name", "apis",
        "probation_window", "slicers", "workers", "stateful", "labels", "env_vars", "log_level", "relocatable",
    ]  # fmt: skip
    assert (made["name"], made["lifecycle"], made["workers"]) == ("Custom Job", "once", 2)
    many = configure({"operations": OPERATIONS}, KNOWN._replace(cpus=64), posted=True).execution
    assert many["workers"] == 5


@pytest.mark.parametrize(
    ("field", "given", "read"),
    [
        ("active", "true", True), ("active", "0", False), ("active", 1, True), ("active", 0, False),
        ("analytics", "1", True), ("stateful", "false", False), ("autorecover", Literal("1.0"), True),
        ("workers", "2", 2), ("workers", " +7.9 ", 7), ("workers", "1,000", 1), ("workers", Literal("2.5"), 2),
        ("slicers", 3, 3), ("max_retries", 0, 0), ("max_retries", Literal("4.0"), 4),
        ("probation_window", 0, 0), ("probation_window", "300", 300), ("probation_window", "5 minutes", 300_000),
        ("probation_window", "1 day", 86_400_000), ("probation_window", "2 weeks", 1_209_600_000),
        ("probation_window", "1 month", None), ("probation_window", "5 m", 5), ("probation_window", "5 ms", 5),
        ("probation_window", "5 s", 5_000), ("probation_window", "5  minutes", 5_000), ("probation_window", "12x", 12),
        ("probation_window", "5 d", "5 d"), ("probation_window", "5 M", "5 M"), ("probation_window", "0 years", 0),
        ("labels", None, None), ("labels", {"a": 1}, {"a": 1}), ("env_vars", {"A": "b"}, {"A": "b"}),
        ("log_level", "warn", "warn"), ("log_level", "", ""), ("log_level", None, None), ("assets", [], []),
        ("assets", None, None), ("name", "x", "x"), ("name", Literal('"\\ud800"'), Literal('"\\ud800"')),
        ("apis", [], []), ("lifecycle", "persistent", "persistent"), ("whatever", {"a": [1]}, {"a": [1]}),
        ("cpu", "many", "many"), ("relocatable", True, False),
    ],
)  # fmt: skip
def test_a_value_is_read(field: str, given: object, read: object) -> None:
    """Coerced as Teraslice does; what is Kubernetes' is an unknown key."""
    job = {field: given, "operations": OPERATIONS}
    if read is None and given is not None:
        error = refused(job)
        assert (error.status, error.message) == (
            400,
            "OpenSearch Error: Mapper Parsing: Failed To Parse Field [Probation Window] Of Type [Integer]",
        )
        return
    made = configure(job, KNOWN, posted=True).execution[field]
    assert made == read
    assert type(made) is type(read)


@pytest.mark.parametrize(
    ("unit", "ms"),
    [("months", 5_270_400_000), ("quarter", 15_811_200_000), ("years", 63_072_000_000), ("hour", 7_200_000)],
)
def test_a_long_delay_is_counted_in_days(unit: str, ms: int) -> None:
    """As moment counts months; a delay is not stored as a number of 32 bits."""
    operations = [{"_op": "test-reader"}, {"_op": "delay", "ms": f"2 {unit}"}]

    assert configure({"operations": operations}, KNOWN, posted=False).execution["operations"][1]["ms"] == ms


@pytest.mark.parametrize(
    ("field", "given", "message"),
    [
        ("name", "", "This field is required and must be of type string"),
        ("name", 5, "This field is required and must be of type string"),
        ("name", None, "This field is required and must be of type string"),
        ("workers", 0, "must be valid integer greater than zero"),
        ("workers", True, "must be valid integer greater than zero"),
        ("workers", None, "must be valid integer greater than zero"),
        ("workers", "abc", "must be valid integer greater than zero"),
        ("workers", ",", "must be valid integer greater than zero"),
        ("workers", "99999999999999999999", "must be valid integer greater than zero"),
        ("workers", Literal("1e999"), "must be valid integer greater than zero"),
        ("slicers", 0, "must be valid integer greater than zero"),
        ("slicers", -(10**400), "must be valid integer greater than zero"),
        ("probation_window", -1, DURATION),
        ("probation_window", "abc", DURATION),
        ("probation_window", "abc minutes", DURATION),
        ("probation_window", "abc years", DURATION),
        ("probation_window", "-5 minutes", DURATION),
        ("probation_window", "x d", DURATION),
        ("probation_window", Literal("1.5"), DURATION),
        ("probation_window", None, DURATION),
        ("probation_window", [], DURATION),
        ("probation_window", "5 fortnights", "Invalid duration unit: fortnights"),
    ],
)
def test_a_named_format_says_its_field_twice(field: str, given: object, message: str) -> None:
    """Code, path, message."""
    error = refused({field: given, "operations": OPERATIONS})

    assert error.status == 500
    assert json.dumps(issues_of(error)) == json.dumps([{"code": "custom", "path": [field, field], "message": message}])


@pytest.mark.parametrize(
    ("field", "given", "message"),
    [
        ("assets", {}, None),
        ("assets", "", "assets need to be of type array"),
        ("assets", False, "assets need to be of type array"),
        ("operations", [], "Operations need to be of type array with at least two operations in it"),
        ("operations", [None, 1], "Invalid Operation config in operations, got null"),
        ("operations", [[], 1], "Invalid Operation config in operations, got Array"),
        ("operations", [{"_op": "a", "_connection": "x"}, {}],
         'Operation a refers to connection "x" which is unavailable'),
        ("operations", [{"_op": "a", "connection": [1, [2, None]]}, {}],
         'Operation a refers to connection "1,2," which is unavailable'),
        ("apis", None, "APIs is required to be an array"),
        ("apis", [True], "Invalid API config in apis, got Boolean"),
        ("apis", [{}], "API requires an _name"),
        ("apis", [{"_name": "x"}, {"_name": "x"}], "Duplicate API configurations for x found"),
        ("apis", [{"_name": []}, {"_name": []}, {"_name": 1}, {"_name": 2}, {"_name": Literal("1.0")}],
         "Duplicate API configurations for 1 found"),
        ("apis", [{"_name": "x", "_connection": "y"}], 'API x refers to connection "y" which is unavailable'),
        ("labels", [], "must be object"),
        ("labels", {"": 1}, "key must be not empty"),
        ("labels", {"a": None}, 'value for key "a" must be not empty'),
        ("env_vars", None, "must be object"),
        ("env_vars", {"a": ""}, 'value for key "a" must be not empty'),
        ("log_level", 5, "must be one of the following: trace,debug,info,warn,error,fatal"),
        ("log_level", [], "must be one of the following: trace,debug,info,warn,error,fatal"),
    ],
)  # fmt: skip
def test_a_format_of_its_own_says_its_field_once(field: str, given: object, message: str | None) -> None:
    """Code, message, path."""
    error = refused({"operations": OPERATIONS, field: given})

    if message is None:
        assert error.message == "object is not iterable (cannot read property Symbol(Symbol.iterator))"
        return
    assert json.dumps(issues_of(error)) == json.dumps([{"code": "custom", "message": message, "path": [field]}])


TYPE = {"expected": "number", "code": "invalid_type", "path": ["max_retries"]}
SMALL = {
    "origin": "number", "code": "too_small", "minimum": 0, "inclusive": True, "path": ["max_retries"],
    "message": "Too small: expected number to be >=0",
}  # fmt: skip
LIMIT = 9007199254740991
NOTE = "Integers must be within the safe integer range."


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("3", [{**TYPE, "message": "Invalid input: expected number, received string"}]),
        (None, [{**TYPE, "message": "Invalid input: expected number, received null"}]),
        ([], [{**TYPE, "message": "Invalid input: expected number, received array"}]),
        ({}, [{**TYPE, "message": "Invalid input: expected number, received object"}]),
        (True, [{**TYPE, "message": "Invalid input: expected number, received boolean"}]),
        (-1, [SMALL]),
        (Literal("1.5"), [{"expected": "int", "format": "safeint", "code": "invalid_type", "path": ["max_retries"],
                           "message": "Invalid input: expected int, received number"}]),
        (Literal("1e20"), [{"code": "too_big", "maximum": LIMIT, "note": NOTE, "origin": "int", "inclusive": True,
                            "path": ["max_retries"], "message": f"Too big: expected int to be <={LIMIT}"}]),
        (-(10**20), [{"code": "too_small", "minimum": -LIMIT, "note": NOTE, "origin": "int", "inclusive": True,
                      "path": ["max_retries"], "message": f"Too small: expected int to be >=-{LIMIT}"}, SMALL]),
    ],
)  # fmt: skip
def test_a_natural_number_is_zods(given: object, said: list[dict[str, Any]]) -> None:
    """Source: Zod 4.4.3, run with such a schema."""
    error = refused({"operations": OPERATIONS, "max_retries": given})

    assert json.dumps(issues_of(error)) == json.dumps(said)


def test_all_fields_are_told_at_once_in_the_schemas_order() -> None:
    """One array, the job's name before it."""
    error = refused({"name": "n\u00e9", "workers": 0, "operations": 5, "active": None, "lifecycle": None})

    assert error.message.startswith("Validation failed for job config: n\u00e9 - Zod parse error: [\n  {\n    ")
    assert [one["path"][0] for one in issues_of(error)] == ["active", "lifecycle", "operations", "workers"]


@pytest.mark.parametrize(
    ("name", "printed"), [(None, "null"), ({}, "[object Object]"), (5, "5"), ([[], [1, []]], ",1,")]
)
def test_a_name_is_printed_as_a_template_does(name: object, printed: str) -> None:
    """`undefined` is in the observed ones."""
    assert refused({"name": name}).message.startswith(f"Validation failed for job config: {printed} - Zod")


@pytest.mark.parametrize(("body", "kind"), [([1], "array"), (5, "number"), ("x", "string"), (None, "null")])
def test_a_body_that_is_no_object_is_refused(body: object, kind: str) -> None:
    """As the validation of a put array is."""
    for posted in (True, False):
        error = refused(body, posted=posted)
        assert issues_of(error)[0]["message"] == f"Invalid input: expected object, received {kind}"
        assert issues_of(error)[0]["path"] == []


def test_job_id_is_looked_at_first_and_only_when_posted() -> None:
    """422; an empty one is a key like any other."""
    error = refused({"job_id": "x", "assets": ["nothing"]}, posted=True)

    assert (error.status, error.message) == (422, "Job cannot include a job_id on submit")
    assert configure({"job_id": "", "operations": OPERATIONS}, KNOWN, posted=True).execution["job_id"] == ""
    assert configure({"job_id": "x", "operations": OPERATIONS}, KNOWN, posted=False).execution["job_id"] == "x"


@pytest.mark.parametrize(
    ("job", "ports"),
    [
        ({"prom_metrics_enabled": True}, [{"name": "metrics", "port": 3333}]),
        ({"external_ports": [9090], "prom_metrics_enabled": True}, [9090, {"name": "metrics", "port": 3333}]),
        ({"prom_metrics_enabled": True, "prom_metrics_port": 80, "external_ports": [80]}, [80]),
        ({"prom_metrics_enabled": True, "external_ports": [{"name": "a", "port": 3333}]},
         [{"name": "a", "port": 3333}]),
        ({"prom_metrics_enabled": "true", "external_ports": None}, None),
    ],
)  # fmt: skip
def test_enabled_metrics_have_a_port(job: dict[str, Any], ports: object) -> None:
    """It is stored with the job, and so comes to the execution. Source: observed."""
    before = json.dumps(job)
    assert stored_job(job).get("external_ports") == ports
    assert json.dumps(job) == before
    assert configure({**job, "operations": OPERATIONS}, KNOWN, posted=True).execution.get("external_ports") == ports


@pytest.mark.parametrize(
    ("ports", "message"),
    [({"a": 1}, "jobSpec.external_ports is not iterable"), ([None], "Cannot read properties of null (reading 'port')")],
)
def test_ports_that_cannot_be_read_are_refused(ports: object, message: str) -> None:
    """In V8's words."""
    assert refused({"prom_metrics_enabled": True, "external_ports": ports}, posted=True).message == message


@pytest.mark.parametrize("workers", [2**31, Literal("1e300"), "4000000000"])
def test_a_number_that_is_not_stored_is_refused(workers: object) -> None:
    """OpenSearch's integers have 32 bits."""
    assert refused({"workers": workers, "operations": OPERATIONS}).status == 400


def test_a_long_message_is_cut() -> None:
    """At 3,000 characters; what is no character is not sent."""
    error = refused({"name": "\ud800" + "x" * 5_000})

    assert error.message == "Validation failed for job config: \ufffd" + "x" * (3_000 - 35) + " ..."


def test_a_config_is_json() -> None:
    """What a body held that a parser would change is written back letter by letter."""
    job = loads(b'{"operations":[{"_op":"test-reader"},{"_op":"delay","ms":1e30}],"f":1.50,"s":"\\ud800"}')
    made = configure(job, KNOWN, posted=True).execution

    assert (made["f"], made["s"]) == (Literal("1.50"), Literal('"\\ud800"'))
    assert made["operations"][1]["ms"] == Literal("1e+30")
