"""The tables of the report, as Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ...demo.scores import Scores
from .evaluate import RENDERED
from .measures import Measure, Summary, difference
from .rows import ROWS, Group, Row

Results = Mapping[str, Mapping[int, Scores]]
"""Row → seed → scores."""

COLUMNS: tuple[tuple[str, str, bool], ...] = (
    ("seen", "mIoU seen", True),
    ("new", "mIoU new", True),
    ("thin", "mIoU thin", True),
    ("frechet", "Fréchet", False),
    ("looks", "looks", True),
    ("new_looks", "new looks", True),
    ("styles", "styles", True),
    ("new_styles", "new styles", True),
)
"""Score, heading, and whether it is a share, shown in percent."""
_OF_SCHEDULES = ("iou", "seen", "new", "thin", "frechet")

PAPER: Mapping[str, tuple[float, float]] = {
    "1-hard": (43.5, 25.3),
    "2-lcm": (48.6, 28.5),
    "3-hard-alpha": (46.2, 26.5),
    "4-hard-sa": (46.7, 27.1),
    "5-lcm-alpha": (50.1, 29.4),
    "6-lcm-alpha-sa": (50.9, 29.9),
    "7-lcm-alpha-lfp": (49.8, 32.8),
    "8-all": (50.7, 33.0),
}
"""mIoU on ADE20K and of new objects in the paper's ablation, percent."""


@dataclass(frozen=True)
class Step:
    """What one part of the method adds: from one row to another."""

    part: str
    before: str
    after: str


STEPS: tuple[Step, ...] = (
    Step("LCM instead of a hard map", "1-hard", "2-lcm"),
    Step("α on the hard map", "1-hard", "3-hard-alpha"),
    Step("SA on the hard map", "1-hard", "4-hard-sa"),
    Step("α on LCM", "2-lcm", "5-lcm-alpha"),
    Step("SA on LCM + α", "5-lcm-alpha", "6-lcm-alpha-sa"),
    Step("LFP on LCM + α", "5-lcm-alpha", "7-lcm-alpha-lfp"),
    Step("LFP on LCM + α + SA", "6-lcm-alpha-sa", "8-all"),
    Step("SA on LCM + α + LFP", "7-lcm-alpha-lfp", "8-all"),
    Step("all", "1-hard", "8-all"),
    Step("SA that moves self-attention only, on LCM + α", "5-lcm-alpha", "6-fixed-fusion"),
    Step("SA with λ₁ = 0.1 on LCM + α", "5-lcm-alpha", "6-tenth"),
    Step("SA with λ₁ = 0.1 on LCM + α + LFP", "7-lcm-alpha-lfp", "8-tenth"),
)


def percent(measure: Measure) -> str:
    """``48.6 ± 0.4``; "–" where nothing was measured."""
    return _with_spread(measure, 100.0, 1)


def points(measure: Measure) -> str:
    """A difference of percents: ``+1.2 ± 0.4``."""
    return _with_spread(measure, 100.0, 1, signed=True)


def shown_rows(best: str) -> list[Row]:
    """The rows in their order, with the best schedule behind the others without training."""
    without = [row for row in ROWS if row.group is Group.WITHOUT_TRAINING]
    chosen = [row for row in ROWS if row.group is Group.SCHEDULES and row.name == best]
    trained = (Group.ABLATION, Group.GENTLE, Group.LORA, Group.FORCED)
    return without + chosen + [row for row in ROWS if row.group in trained]


def main_table(summaries: Mapping[str, Summary], ratios: Mapping[str, float], best: str) -> str:
    """All rows but the schedules, of which the best one is shown.

    Args:
        summaries: by row; rows that are not there are left out.
        ratios: seconds as a ratio to plain.
        best: name of the best schedule, "" for none.
    """
    headings = ["", *(heading for _, heading, _ in COLUMNS), "time"]
    lines = [_line(headings), "|---|" + "---:|" * (len(COLUMNS) + 1)]
    if RENDERED in summaries:
        lines.append(_line(["rendered scenes themselves", *_cells(summaries[RENDERED]), "–"]))
    for row in shown_rows(best):
        if row.name in summaries:
            ratio = ratios.get(_timed_as(row, ratios))
            time = "–" if ratio is None else f"{ratio:.2f}"
            lines.append(_line([_title(row), *_cells(summaries[row.name]), time]))
    return "\n".join(lines)


def schedule_table(schedules: Mapping[str, Summary], best: str) -> str:
    """The schedules on the base without any training; the best one is bold."""
    lines = [_line(["", "mIoU all", "mIoU seen", "mIoU new", "mIoU thin", "Fréchet"])]
    lines.append("|---|" + "---:|" * len(_OF_SCHEDULES))
    for row in ROWS:
        if row.group is Group.SCHEDULES and row.name in schedules:
            cells = [_cell(schedules[row.name][s], s != "frechet") for s in _OF_SCHEDULES]
            title = f"**{row.title}**" if row.name == best else row.title
            lines.append(_line([title, *cells]))
    return "\n".join(lines)


def step_table(results: Results) -> str:
    """What each part adds, seed by seed, beside what it adds in the paper."""
    headings = ["", "mIoU seen", "in the paper", "mIoU new", "in the paper"]
    lines = [_line(headings), "|---|" + "---:|" * 4]
    for step in STEPS:
        if step.before in results and step.after in results:
            paper = paper_difference(step)
            cells = [step.part]
            for place, score in enumerate(("seen", "new")):
                ours = difference(results[step.before], results[step.after], score)
                cells += [points(ours), f"{paper[place]:+.1f}" if paper else "–"]
            lines.append(_line(cells))
    return "\n".join(lines)


def paper_difference(step: Step) -> tuple[float, float] | None:
    """What a step adds to both mIoU in the paper, in points; None for one that is not in it."""
    if step.after not in PAPER:
        return None
    before, after = PAPER[step.before], PAPER[step.after]
    return after[0] - before[0], after[1] - before[1]


def alpha_table(alpha: Tensor, timesteps: Sequence[int], layers: Sequence[str]) -> str:
    """Learned α by layer and timestep.

    Args:
        alpha: ``[seeds, layers, timesteps]``.
        timesteps: falling.
        layers: names of the cross-attention modules.
    """
    lines = [_line(["layer", *(f"t = {t}" for t in timesteps)])]
    lines.append("|---|" + "---:|" * len(timesteps))
    for number, name in enumerate((*layers, "mean of all layers")):
        values = alpha[:, number] if number < len(layers) else alpha.mean(1)
        cells = [
            _with_spread(Measure.of(values[:, i].tolist()), 1.0, 2) for i in range(len(timesteps))
        ]
        short = name.removesuffix(".attn2").replace("transformer_blocks.", "")
        lines.append(_line([short, *cells]))
    return "\n".join(lines)


def _timed_as(row: Row, ratios: Mapping[str, float]) -> str:
    """The row whose seconds a row has: one schedule was timed for all."""
    if row.group is not Group.SCHEDULES:
        return row.name
    return next((r.name for r in ROWS if r.group is row.group and r.name in ratios), row.name)


def _title(row: Row) -> str:
    return f"PLACE without training: {row.title}" if row.group is Group.SCHEDULES else row.title


def _cells(summary: Summary) -> list[str]:
    return [_cell(summary[name], share) for name, _, share in COLUMNS]


def _cell(measure: Measure, share: bool) -> str:
    return percent(measure) if share else _with_spread(measure, 1.0, 3)


def _with_spread(measure: Measure, factor: float, digits: int, signed: bool = False) -> str:
    if math.isnan(measure.mean):
        return "–"
    sign = "+" if signed else ""
    text = f"{factor * measure.mean:{sign}.{digits}f}"
    if math.isnan(measure.spread):
        return text
    return f"{text} ± {factor * measure.spread:.{digits}f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
