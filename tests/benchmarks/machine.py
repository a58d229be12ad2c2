"""What the kernel says about processes and about this machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

PROC = Path("/proc")
_PACKAGES = ("teraslice-toolkit", "sanic", "uvloop", "orjson", "msgspec", "numpy", "ts-topy")
_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USED = 1, slice(11, 15)
"""Where `stat` has the parent, and user and system time, own and of the children waited for, after the name."""


def _stat(pid: int) -> list[str] | None:
    try:
        # The name in parentheses may hold anything, parentheses included.
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def tree(pid: int) -> list[int]:
    """Give a process and its descendants that live now."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))) is not None:
            children.setdefault(int(stat[_PARENT]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Give the user and system time that a process and its descendants have used so far."""
    stats = [stat for one in tree(pid) if (stat := _stat(one)) is not None]
    return sum(int(ticks) for stat in stats for ticks in stat[_USED]) / _TICKS


def resident_bytes(pid: int, line: str = "VmRSS") -> int:
    """Give the memory that a process and its descendants hold; `VmHWM` is the most they ever held."""
    total = 0
    for one in tree(pid):
        try:
            text = (PROC / str(one) / "status").read_text()
        except OSError:
            continue
        total += sum(int(row.split()[1]) * 1024 for row in text.splitlines() if row.startswith(f"{line}:"))
    return total


def described() -> dict[str, Any]:
    """Say what machine this is, what it runs, and how busy it is."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _processor(),
        "cpus": os.cpu_count(),
        "load": busy(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
    }


def busy() -> list[float]:
    """Give the machine's load averages."""
    return [round(load, 2) for load in os.getloadavg()]


def _processor() -> str:
    lines = (PROC / "cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
