"""Ratios that mean something on a machine that is doing other things too."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def timed(run: Callable[[], object]) -> Callable[[], float]:
    """The function, as one that returns the seconds it took."""

    def measured() -> float:
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    return measured


def interleaved_medians(variants: dict[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """Median of the seconds that each variant returns, over rounds that run every variant once.

    A first round warms up and does not count.
    """
    rounds = [{name: run() for name, run in variants.items()} for _ in range(repeats + 1)]
    return {name: statistics.median(r[name] for r in rounds[1:]) for name in variants}
