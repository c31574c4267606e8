"""What a step measured, kept as JSON with its machine, so that the report can be made later."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import UTC, datetime
from typing import Any

from benchmarks.machine import KEPT, this_machine

FOLDER = KEPT / "results"


def keep(step: str, measured: dict[str, Any]) -> None:
    """Write what a step measured, in place of what it measured before."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    document = {
        "step": step,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": os.getloadavg()[1],
        "machine": dataclasses.asdict(this_machine()),
        **measured,
    }
    (FOLDER / f"{step}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def kept(step: str) -> dict[str, Any] | None:
    """Return what a step measured last, or None."""
    path = FOLDER / f"{step}.json"
    if not path.exists():
        return None
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def machine_lines(measured: list[dict[str, Any]]) -> str:
    """Say once what all steps share; a step that was measured elsewhere gets its own line."""
    steps_by_machine: dict[str, list[str]] = {}
    for step in measured:
        machine = step["machine"]
        versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
        text = (
            f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']:.0f} GiB, "
            f"{machine['system']}, Python {machine['python']}; Takeback at {machine['commit']}; "
            f"{versions}"
        )
        steps_by_machine.setdefault(text, []).append(
            f"{step['step']} ({step['measured_at'][:10]}, load average {step['load_average']:.1f})"
        )
    return "".join(f"- {', '.join(steps)}: {text}.\n" for text, steps in steps_by_machine.items())
