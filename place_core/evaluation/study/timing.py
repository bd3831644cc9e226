"""Seconds per picture of each row, as a ratio to plain sampling on the same machine."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence

from ...demo.requests import DemoRequest
from ..sampling import sample_requests
from .context import Study, write_json
from .evaluate import network_of
from .rows import PLAIN, Group, Row

ROUNDS = 5


def rows_to_time(rows: Sequence[Row]) -> list[Row]:
    """All but the schedules, of which the first stands for all: they differ in a number only."""
    schedules = [row for row in rows if row.group is Group.SCHEDULES]
    others = [row for row in rows if row.group is not Group.SCHEDULES and row is not PLAIN]
    return [PLAIN, *others, *schedules[:1]]


def measure_seconds(
    study: Study, rows: Sequence[Row], requests: Sequence[DemoRequest], rounds: int = ROUNDS
) -> None:
    """Write ``timing.json``: by row, the median of seconds and of the ratio to plain.

    One picture at a time. The rows take turns, so that whatever else the machine does meets all of
    them alike; a first round is not counted.

    Args:
        study: its fine-tunes of seed 0 must be finished.
        rows: the first is plain.
        requests: the layouts take turns over the rounds.
        rounds: that count.
    """
    networks = {row.name: network_of(study, row, 0) for row in rows}
    seconds: dict[str, list[float]] = {row.name: [] for row in rows}
    for number in range(rounds + 1):
        wanted = [requests[number % len(requests)].request]
        for row in rows:
            unet, settings = networks[row.name], study.scale.sampling
            start = time.perf_counter()
            sample_requests(study.base, unet, study.tokenizer, wanted, row.control, settings)
            if number > 0:
                seconds[row.name].append(time.perf_counter() - start)
    plain = seconds[rows[0].name]
    medians = {
        name: {
            "seconds": statistics.median(taken),
            "ratio": statistics.median(t / p for t, p in zip(taken, plain, strict=True)),
        }
        for name, taken in seconds.items()
    }
    write_json(study.folder / "timing.json", medians)


def read_ratios(study: Study) -> dict[str, float]:
    """Row → seconds as a ratio to plain; empty before they were measured."""
    path = study.folder / "timing.json"
    if not path.exists():
        return {}
    medians = json.loads(path.read_text(encoding="utf-8"))
    return {name: values["ratio"] for name, values in medians.items()}
