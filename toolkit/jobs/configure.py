"""What an execution of a job would be: the job checked, with ids of assets and every default.

Source: Teraslice 3.18.0, observed: texts, statuses, key order, and which check comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.jobs import operations
from toolkit.jobs.formats import Unfit
from toolkit.jobs.job_schema import job_schema
from toolkit.jobs.names import check_name, read_name
from toolkit.jobs.operations import Role
from toolkit.jobs.refusal import refuse_job
from toolkit.jobs.resolution import with_assets
from toolkit.jobs.schema import read, told
from toolkit.jobs.values import number, plain, text, truthy
from toolkit.model.javascript import MISSING

if TYPE_CHECKING:
    from toolkit.jobs.known import Known
    from toolkit.jobs.names import Name
    from toolkit.jobs.schema import Schema
    from toolkit.model.wire import Document

METRICS_PORT: Final = 3333
"""The default of terafoundation's `prom_metrics_port`. Source: observed."""
DEEPEST: Final = 200
"""How deep a job may be nested: orjson, which writes it, goes to 254, lists of answers included."""
_INTEGERS: Final = ("max_retries", "probation_window", "slicers", "workers")
_MOST: Final = 2**31 - 1
"""What OpenSearch's integer holds; a larger number is not stored."""
_BAD: Final = 400
_KINDS: Final = {Role.READER: ("reader", "_op"), Role.PROCESSOR: ("processor", "_op"), Role.API: ("api", "_name")}


class Configured(NamedTuple):
    """A job that Teraslice takes.

    Attributes:
        execution: The execution's document without what its creation adds.
        warnings: Deprecations; with native clustering there are none.
    """

    execution: Document
    warnings: list[Document]


def check_depth(job: object) -> None:
    """Refuse a body that is nested too deeply to be stored.

    Raises:
        JobRefused: If lists and objects stand in each other more than 200 deep.
    """
    depth, level = 0, [job]
    while level := [one for one in level if isinstance(one, list | dict)]:
        depth += 1
        if depth > DEEPEST:
            said = f"Document Nesting Depth ({depth}) Exceeds The Maximum Allowed ({DEEPEST})"
            refuse_job(f"OpenSearch Error: Mapper Parsing: {said}", _BAD)
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]


def stored_job(job: Document) -> Document:
    """Give what Teraslice stores of a posted or put job: with metrics enabled, the metrics port among its ports.

    Source: observed; `prom_metrics_enabled` is looked at with native clustering too.

    Raises:
        JobRefused: If `external_ports` is no list.
    """
    if job.get("prom_metrics_enabled") is not True:
        return job
    wanted = job.get("prom_metrics_port")
    port = wanted if truthy(wanted) else METRICS_PORT
    ports = job.get("external_ports")
    if not truthy(ports):
        ports = []
    if not isinstance(ports, list):
        refuse_job("jobSpec.external_ports is not iterable")
    for one in ports:
        if one is None:
            refuse_job("Cannot read properties of null (reading 'port')")
        if port == (one.get("port") if isinstance(one, dict) else plain(one)):
            return job
    return {**job, "external_ports": [*ports, {"name": "metrics", "port": port}]}


def configure(job: Any, known: Known, *, posted: bool) -> Configured:  # noqa: ANN401 - a body is what it is
    """Check a job, and make the configuration of its execution.

    Args:
        job: What was posted or put (any JSON), or a stored job's document; it is not changed.
        known: What the cluster has.
        posted: True for a job that is submitted: `job_id` is refused, and keys come in the posted order, then the
            defaults. False for a job that is put, started or recovered: the schema's keys come first.

    Raises:
        JobRefused: With Teraslice's status and message, in the order of its checks: `job_id`, assets, the job's
            fields, operations from first to last, APIs, APIs that operations name.
    """
    if posted and isinstance(job, dict):
        if truthy(job.get("job_id")):
            refuse_job("Job cannot include a job_id on submit", 422)
        job = stored_job(job)
    named = with_assets(job, known) if isinstance(job, dict) else job
    valid = _read(job_schema(known.cpus), named, "job config", "name")
    valid["operations"] = [_operation(config, nth, valid, known) for nth, config in enumerate(valid["operations"])]
    valid["apis"] = [_api(config, valid, known) for config in valid["apis"]]
    _check_api_names(valid)
    for field in _INTEGERS:
        if (number(valid[field]) or 0) > _MOST:
            title = field.replace("_", " ").title()
            refuse_job(f"OpenSearch Error: Mapper Parsing: Failed To Parse Field [{title}] Of Type [Integer]", 400)
    # What Teraslice asks the slicer; none of those known can be relocated.
    valid["relocatable"] = False
    check_depth(job)
    return Configured({**{key: valid[key] for key in job}, **valid} if posted else valid, [])


def _read(schema: Schema, config: Any, kind: str, key: str) -> Document:  # noqa: ANN401 - a body is what it is
    try:
        return read(schema, config)
    except Unfit as error:
        name = config.get(key, MISSING) if isinstance(config, dict) else MISSING
        refuse_job(f"Validation failed for {kind}: {text(name)} - {told(list(error.issues))}")


def _locate(name: Name, whole: str, role: Role, job: Document, known: Known) -> None:
    """Find a module where Teraslice looks: in the assets, then among its own; in both or in two is one too many."""
    check_name(name.name)
    where = [name.asset] if name.asset else list(job["assets"] or ())
    assets = [one for one in where if name.name in known.operations.get(one, ())]
    count = len(assets) + (name.name in operations.BUILT_IN)
    if not count:
        refuse_job(f"Unable to find module for operation: {name.name}")
    if name.asset and not assets:
        refuse_job("Cannot read properties of undefined (reading 'path')")
    if count > 1 and not name.asset:
        kind, key = _KINDS[role]
        refuse_job(
            f'Multiple assets containing the same {kind} name {key}: "{whole}", '
            "please specify which specific asset to use on its name"
        )
    if role not in operations.known(name.name).role:
        _refuse_role(name.name, role)


def _refuse_role(name: str, role: Role) -> None:
    if role is Role.API:
        refuse_job(f"Failure to load api module: {name}, requires at least an api.js or observer.js")
    part = "slicer" if role is Role.READER else "processor"
    if name in operations.BUILT_IN:
        folder = "/app/source/packages/job-components/dist/src"
        found = f"Cannot find module '{folder}/builtin/{name}/{part}.cjs'"
        reason = f"{found} imported from {folder}/operation-loader/loader.js"
    else:
        reason = f"Operation {name}, does not have {part.title()} registered"
    refuse_job(f"Failure loading {part} from module: {name}, error: Error: {reason}")


def _operation(config: Document, nth: int, job: Document, known: Known) -> Document:
    whole = config.get("_op", MISSING)
    name = read_name(whole)
    _locate(name, text(whole), Role.PROCESSOR if nth else Role.READER, job, known)
    found = _read(operations.schema_of(name.name, config), config, "operation config", "_op")
    _api_of(found)
    return found


def _api_of(config: Document) -> Any:  # noqa: ANN401 - an `api_name` may be anything
    """Give the name of the API that an operation names, `MISSING` if it names none."""
    if "_api_name" not in config and "api_name" not in config:
        return MISSING
    named = config.get("_api_name")
    named = config.get("api_name") if named is None else plain(named)
    if named is None:
        refuse_job("An operation with a _api_name keyword must link it to a valid api configuration on the job")
    return named


def _api(config: Document, job: Document, known: Known) -> Document:
    whole = config.get("_name", MISSING)
    name = read_name(whole)
    _locate(name, text(whole), Role.API, job, known)
    return _read(operations.api_schema_of(name.name), config, "api config", "_name")


def _check_api_names(job: Document) -> None:
    there = [plain(api["_name"]) for api in job["apis"]]
    for named in map(_api_of, job["operations"]):
        if named is not MISSING and named not in there:
            refuse_job(f"Could not find the associated api for {text(named)}")
