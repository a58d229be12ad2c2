"""Where a bundle comes from, in facts: the scenario it was generated from, or the cluster it was recorded from."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median_low
from typing import TYPE_CHECKING, Any, Final

from toolkit.model.wire import dumps, dumps_sorted
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.bundle.reader import Bundle
    from toolkit.tracks.frames import Gap

_OWN: Final = frozenset({"seed", "epoch", "jobs"})
"""What is given beside a scenario so often that it does not make another one of it."""


@dataclass(frozen=True)
class Generated:
    """A bundle made from a seed.

    Attributes:
        seed: The seed.
        epoch: The date at which its world begins.
        jobs: How many jobs it has.
        revision: The generator's.
        scenario: The scenario's name, empty if it has none; seed, epoch and number of jobs do not count for it.
        differs: Of a scenario without a name, the further parameters that are not the default ones.
        commands: How many commands of a session are in it.
    """

    seed: object
    epoch: object
    jobs: object
    revision: object
    scenario: str
    differs: dict[str, Any]
    commands: int


@dataclass(frozen=True)
class Recorded:
    """A bundle recorded from a cluster.

    Attributes:
        cluster: What the cluster says of itself.
        address: Where it was, a pseudonym if redacted.
        toolkit: The version that recorded it.
        every_ms: From one tick to the next.
        frames: How many there are.
        late: Ticks that began late.
        missed: Ticks that were left out.
        skew_median_ms: From a frame's first answer to its last: half of the frames took no longer.
        skew_highest_ms: The longest.
        gaps: What is missing, and when.
        absent: What the cluster does not have.
        cut: Lists that reached further than could be read, with what is known about it.
        errors: Whether error records were recorded.
        resumed: How often it was cut off and went on.
        insecure: Whether nobody checked that it was really the cluster.
        redacted: Whether names and credentials were replaced.
        scanned: Whether it was looked through for what looks like a secret before it was written.
        redaction: The redaction's report.
    """

    cluster: dict[str, Any]
    address: str
    toolkit: str
    every_ms: int | None
    frames: int
    late: int
    missed: int
    skew_median_ms: int
    skew_highest_ms: int
    gaps: Sequence[Gap]
    absent: list[str]
    cut: dict[str, str]
    errors: bool
    resumed: int
    insecure: bool
    redacted: bool
    scanned: bool
    redaction: dict[str, Any]


def origin_of(bundle: Bundle) -> Generated | Recorded:
    """Read where a bundle comes from; what its manifest does not say, or says oddly, stays empty."""
    origin = bundle.manifest.origin
    return _generated(origin) if bundle.manifest.generated else _recorded(origin, bundle)


def _generated(origin: dict[str, Any]) -> Generated:
    table = _object(origin.get("scenario"))
    defaults = Scenario().to_table()
    # The texts are compared: a file's numbers may have come as such.
    differs = {
        name: value
        for name, value in table.items()
        if name not in _OWN and (name not in defaults or dumps(defaults[name]) != dumps(value))
    }
    named = [
        name
        for name, known in NAMED.items()
        if dumps_sorted({key: value for key, value in known.table.items() if key not in _OWN}) == dumps_sorted(differs)
    ]
    return Generated(
        table.get("seed"),
        table.get("epoch"),
        table.get("jobs"),
        origin.get("generator_revision"),
        named[0] if named else "",
        {} if named else differs,
        _whole(_object(origin.get("commands")).get("number")),
    )


def _recorded(origin: dict[str, Any], bundle: Bundle) -> Recorded:
    frames = bundle.frames
    ticks = _object(origin.get("ticks"))
    cut = origin.get("cut")
    every = origin.get("every_ms")
    redaction = _object(origin.get("redaction"))
    return Recorded(
        cluster=_object(origin.get("cluster")),
        address=str(origin.get("address", "")),
        toolkit=str(origin.get("toolkit", "")),
        every_ms=every if type(every) is int else None,
        frames=len(frames.instants),
        late=_whole(ticks.get("late")),
        missed=_whole(ticks.get("missed")),
        skew_median_ms=median_low(frames.skews) if frames.skews else 0,
        skew_highest_ms=max(frames.skews, default=0),
        gaps=frames.gaps,
        absent=[str(name) for name in _list(origin.get("absent"))],
        cut={str(name): str(why) for name, why in cut.items()}
        if isinstance(cut, dict)
        else {str(name): "" for name in _list(cut)},
        errors=origin.get("errors") is True,
        resumed=_whole(origin.get("resumed")),
        insecure=origin.get("insecure", False) is not False,
        redacted=origin.get("redacted") is True,
        scanned=origin.get("redacted") is True and redaction.get("scanned", True) is True,
        redaction=redaction,
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: object) -> int:
    return value if type(value) is int else 0
