"""The routes of the commands."""

from __future__ import annotations

from typing import Final

from toolkit.answers.assets import not_found
from toolkit.answers.commands import assets, executions, jobs, stopping, workers
from toolkit.answers.latest import of_execution, of_latest
from toolkit.answers.parameters import Parameter
from toolkit.answers.route import Route, Sent
from toolkit.model.commanded import AssetId, Level, Moved, NewJob, Posted, Said, Started
from toolkit.model.records import Job

_TRUTH: Final = ["true", "false"]
_WHOLE: Final = {"type": "integer", "minimum": 0}
START: Final = Parameter("start", "Whether it is started, too.", {"enum": _TRUTH, "default": "true"})
CLEANUP: Final = (
    Parameter(
        "cleanup_type", "Which slices of the old execution are done again; all and then on if left out.",
        {"enum": list(jobs.CLEANUPS)},
    ),
    Parameter("cleanup", "The same under another name.", {"enum": list(jobs.CLEANUPS)}),
)  # fmt: skip
STOP: Final = (
    Parameter("blocking", "Whether the answer comes after the end.", {"enum": _TRUTH, "default": "true"}),
    Parameter("force", "Anything, `false` too, terminates the execution.", {"type": "string"}),
    Parameter("timeout", "Looked at by nobody.", {"type": "string"}),
)
WORKERS: Final = (
    Parameter("add", "How many to add.", _WHOLE),
    Parameter("remove", "How many to remove.", _WHOLE),
    Parameter("total", "How many there shall be. The last of the three in the query counts.", _WHOLE),
)
LOG_LEVEL: Final = Parameter("log_level", "The new level.", {"enum": list(executions.LOG_LEVELS)}, required=True)
BLOCKING: Final = Parameter(
    "blocking", "Whether the answer comes after the zip was looked into.", {"enum": _TRUTH, "default": "false"}
)
JOB: Final = Sent("application/json", "The job.", NewJob)
ZIP: Final = Sent("application/octet-stream", "A zip with `asset.json` at its root.")

MALFORMED: Final = "a parameter that is none of its values, or malformed JSON"
REPLAY: Final = "the server replays a bundle"
JOB_REFUSED: Final = "the job, an operation or an asset of it is refused, or the body was not JSON by its type"
NO_RECORD: Final = (404, "no record of that id")
NOT_ACTIVE: Final = (404, "no execution of that id that is not terminal")
DELETED: Final = (410, "the job is deleted")
CHANGING: Final = (
    (400, MALFORMED), NO_RECORD, (409, f"the job has an execution that is not terminal, or {REPLAY}"), DELETED,
)  # fmt: skip
_COMMON: Final = ((400, MALFORMED), (409, REPLAY))
_BOTH: Final = (
    ("_stop", "stop", "Stop", stopping.stop, Moved, STOP, (*_COMMON, NO_RECORD)),
    (
        "_pause", "pause", "Pause", executions.move("pause", "paused"), Moved, (),
        (*_COMMON, NOT_ACTIVE, (500, "the execution has not begun to run")),
    ),
    (
        "_resume", "resume", "Resume", executions.move("resume", "running"), Moved, (),
        (*_COMMON, NOT_ACTIVE, (500, "the execution has not begun to run")),
    ),
    ("_workers", "workers", "Change the workers of", workers.change, Said, WORKERS, (*_COMMON, NOT_ACTIVE)),
)  # fmt: skip
"""What jobs and executions both obey: last word of the path, name, verb, handler, answer, parameters, failures."""

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST", "/jobs", "post_job", "Store a job and start it", "jobs", jobs.post, Posted, (START,),
        (
            (400, f"no operations, or {MALFORMED}"), (409, REPLAY), (422, "the job brings an id of its own"),
            (500, JOB_REFUSED),
        ),
        body=JOB,
    ),
    Route(
        "PUT", "/jobs/{job_id}", "put_job", "Replace a job", "jobs", jobs.put, Job, (),
        ((400, f"nothing in it, or {MALFORMED}"), NO_RECORD, (409, REPLAY), DELETED, (500, JOB_REFUSED)), body=JOB,
    ),
    Route("DELETE", "/jobs/{job_id}", "delete_job", "Delete a job", "jobs", jobs.delete, Job, (), CHANGING),
    *(
        Route(
            "POST", f"/jobs/{{job_id}}/{word}", name, f"{verb} a job", "jobs", handler, returns, parameters,
            (*CHANGING, (500, JOB_REFUSED)),
        )
        for word, name, verb, handler, returns, parameters in (
            ("_active", "activate_job", "Activate", jobs.set_active(active=True), Job, ()),
            ("_inactive", "deactivate_job", "Deactivate", jobs.set_active(active=False), Job, ()),
            ("_start", "start_job", "Start", jobs.start, Started, ()),
            ("_recover", "recover_job", "Recover", jobs.recover, Started, CLEANUP),
        )
    ),
    *(
        Route(
            "POST", f"/jobs/{{job_id}}/{word}", f"{name}_job", f"{verb} the latest execution of a job", "jobs",
            of_latest(handler), returns, parameters, failures,
        )
        for word, name, verb, handler, returns, parameters, failures in _BOTH
    ),
    Route(
        "POST", "/jobs/{job_id}/_settings", "set_log_level", "Set the log level of the latest execution of a job",
        "jobs", of_latest(executions.set_log_level), Level, (LOG_LEVEL,), (*_COMMON, NOT_ACTIVE),
    ),
    *(
        Route(
            "POST", f"/ex/{{ex_id}}/{word}", f"{name}_execution", f"{verb} an execution", "ex", of_execution(handler),
            returns, parameters, failures,
        )
        for word, name, verb, handler, returns, parameters, failures in _BOTH
    ),
    Route(
        "POST", "/ex/{ex_id}/_recover", "recover_execution", "Recover an execution", "ex", executions.recover, Started,
        CLEANUP, (*_COMMON, NO_RECORD),
    ),
    Route(
        "POST", "/assets", "post_asset", "Upload an asset", "assets", assets.save, AssetId, (BLOCKING,),
        (
            (400, "it came as JSON"), (409, f"one of that name and version is there, or {REPLAY}"),
            (422, "`asset.json` is missing or broken"), (500, "no zip, or one that Teraslice does not take"),
        ),
        body=ZIP, successes=((201, "It was new"),),
    ),
    Route("POST", "/assets{*}", "no_post", "", "assets", assets.post_not_found, None, documented=False),
    Route(
        # OpenAPI has one name for one place in a path, whatever the method.
        "DELETE", "/assets/{name}", "delete_asset", "Delete the asset of this id", "assets", assets.delete, AssetId, (),
        ((400, "the id is not of 40 characters"), NO_RECORD, (409, REPLAY)),
    ),
    Route("DELETE", "/assets{*}", "no_delete", "", "assets", not_found, None, documented=False),
)  # fmt: skip
