"""The scenarios that have a name: what each sets besides the defaults, as a scenario file would.

None sets the seed or the epoch: those belong to a run.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from toolkit.world.stories import TALES


class Named(NamedTuple):
    """One scenario.

    Attributes:
        about: What it is for, in a line.
        table: The parameters it sets, as a scenario file has them.
    """

    about: str
    table: dict[str, Any]


_SOON: Final = {"story": "", "at": "1m"}

NAMED: Final = {
    "default": Named("25 jobs, most of them running for hours to months; every 3 minutes one starts or is stopped", {}),
    "empty": Named(
        "a fresh cluster for clients that fill it: two nodes of eight slots, no jobs, no assets",
        {
            "jobs": 0,
            "cluster_name": "real",
            "nodes_least": 2,
            "node_slots": 8,
            "node_version": "v22.23.3",
            "hostnames": "loopback",
            "assets": "none",
            "analytics_every": "15s",
        },
    ),
    "busy": Named(
        "something to see every few seconds: short lives, quick counters, many failures",
        {
            "jobs": 40,
            "young_under": "2s",
            "recent_under": "1m",
            "step_least": "400ms",
            "step_most": "900ms",
            "recovering_for": "4s",
            "failing_for": "30s",
            "stopping_for": "3s",
            "event_every": "4s",
            "active_holds": "10s",
            "slice_every": "1s",
            "failures_share": 0.3,
            "failed_least_ppm": 5_000,
            "failed_most_ppm": 50_000,
            "analytics_every": "5s",
            "totals_from_zero_every": "1h",
        },
    ),
    **{
        name: Named(f"the default world; a minute after its epoch {tale.about}", {"stories": [_SOON | {"story": name}]})
        for name, tale in TALES.items()
    },
}
"""Every named scenario. Source of `empty`: the cluster on which the observations were made."""
