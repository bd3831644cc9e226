"""Mean and spread over the seeds, and the choice of a schedule."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from ...demo.scores import Scores

FRECHET_MARGIN = 1.1


@dataclass(frozen=True)
class Measure:
    """A number over the seeds.

    Attributes:
        mean: NaN where there is nothing to measure.
        spread: standard deviation, NaN for one seed.
    """

    mean: float
    spread: float

    @staticmethod
    def of(values: Sequence[float]) -> Measure:
        known = [v for v in values if not math.isnan(v)]
        return Measure(
            statistics.fmean(known) if known else math.nan,
            statistics.stdev(known) if len(known) > 1 else math.nan,
        )

    @property
    def is_clear(self) -> bool:
        """Whether the mean is farther from 0 than the spread; not known for one seed."""
        return abs(self.mean) > self.spread


Summary = Mapping[str, Measure]
"""By the names of :class:`~place_core.demo.scores.Scores`."""


def summarize(results: Mapping[int, Scores]) -> Summary:
    """Mean and spread of each score over the seeds."""
    return {
        f.name: Measure.of([getattr(scores, f.name) for scores in results.values()])
        for f in fields(Scores)
    }


def difference(one: Mapping[int, Scores], other: Mapping[int, Scores], name: str) -> Measure:
    """Of a score, ``other − one``, seed by seed: seeds share their noise and training data."""
    seeds = sorted(one.keys() & other.keys())
    return Measure.of([getattr(other[s], name) - getattr(one[s], name) for s in seeds])


def best_schedule(schedules: Mapping[str, Summary]) -> str:
    """The schedule to use by default: how well pictures follow the layout, without spoiling them.

    Of the schedules whose Fréchet distance is at most 10 % more than the smallest one's, the one
    with the highest mIoU of all classes, seen and new.

    Raises:
        ValueError: no schedules.
    """
    if not schedules:
        raise ValueError("there is no schedule to choose from")
    limit = FRECHET_MARGIN * min(s["frechet"].mean for s in schedules.values())
    good = [name for name, s in schedules.items() if s["frechet"].mean <= limit]
    return max(good, key=lambda name: schedules[name]["iou"].mean)
