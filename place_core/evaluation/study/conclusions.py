"""Sentences that follow from the numbers alone."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from .measures import FRECHET_MARGIN, Summary, difference
from .rows import ROW_OF, SCHEDULE_SETTINGS, Group
from .tables import STEPS, Results, paper_difference, percent, points
from .variants import LORA, WHOLE


def about_the_ablation(results: Results, summaries: Mapping[str, Summary]) -> list[str]:
    """Which row is best, and where the parts do what they do in the paper."""
    rows = [name for name in summaries if name in ROW_OF]
    trained = [name for name in rows if ROW_OF[name].group is Group.ABLATION]
    sentences = []
    if trained:
        for score in ("seen", "new", "thin"):
            measured = [n for n in trained if not math.isnan(summaries[n][score].mean)]
            if not measured:
                continue
            best = max(measured, key=lambda name: summaries[name][score].mean)
            kind = "structures" if score == "thin" else "classes"
            value = percent(summaries[best][score])
            sentences.append(f"Best at {score} {kind}: {ROW_OF[best].title}, {value} %.")
    sentences += [_compared(results, score, place) for score, place in (("seen", 0), ("new", 1))]
    return [s for s in sentences if s]


def _compared(results: Results, score: str, place: int) -> str:
    """In how many steps the sign is the paper's."""
    kinds: dict[str, list[str]] = {
        "as in the paper": [],
        "the other way": [],
        "within the spread": [],
    }
    for step in STEPS:
        paper = paper_difference(step)
        if paper and step.before in results and step.after in results:
            ours = difference(results[step.before], results[step.after], score)
            if not ours.is_clear:
                kind = "within the spread"
            elif (ours.mean > 0) == (paper[place] > 0):
                kind = "as in the paper"
            else:
                kind = "the other way"
            kinds[kind].append(step.part)
    found = [f"{kind} for {', '.join(parts)}" for kind, parts in kinds.items() if parts]
    return f"Effect on mIoU of {score} classes: {'; '.join(found)}." if found else ""


def about_schedules(results: Results, schedules: Mapping[str, Summary], best: str) -> list[str]:
    """The schedule that was chosen, by which rule, and beside what."""
    if not best:
        return []
    chosen = schedules[best]
    margin = round(100 * (FRECHET_MARGIN - 1))
    sentences = [
        f"Of the schedules whose Fréchet distance is within {margin} % of the smallest one's, the "
        f"one with the highest mIoU of all classes is **{ROW_OF[best].title}**: "
        f"{percent(chosen['iou'])} %, at a distance of {chosen['frechet'].mean:.3f}."
    ]
    for name, row in ROW_OF.items():
        if row.group is Group.WITHOUT_TRAINING and name in results:
            gain = points(difference(results[name], results[best], "iou"))
            sentences.append(f"mIoU against {row.title}: {gain} points.")
    return sentences


def about_lora(results: Results) -> list[str]:
    """How far the LoRA is from the full fine-tune."""
    if LORA.name not in results or WHOLE.name not in results:
        return []
    seen, new = (
        points(difference(results[WHOLE.name], results[LORA.name], score))
        for score in ("seen", "new")
    )
    return [
        f"The LoRA of rank {LORA.lora_rank} with its heads against the full fine-tune: {seen} "
        f"points of mIoU on seen classes, {new} on new ones."
    ]


def about_alpha(alpha: Tensor, summaries: Mapping[str, Summary]) -> list[str]:
    """Whether α falls, and whether a fixed one is better.

    Args:
        alpha: ``[seeds, layers, timesteps]`` from noise to clean.
        summaries: by row.
    """
    mean = alpha.mean(0)
    falls = int((mean[:, -1] < mean[:, 0]).sum())
    start, middle, end = (float(mean[:, i].mean()) for i in (0, mean.shape[1] // 2, -1))
    sentences = [
        f"α falls from noise to clean in {falls} of {len(mean)} layers; the mean of all layers is "
        f"{start:.2f} at noise, {middle:.2f} in the middle and {end:.2f} at the end."
    ]
    forced = [n for n in summaries if n in ROW_OF and ROW_OF[n].group is Group.FORCED]
    if forced and WHOLE.name in summaries:
        ways = {n: percent(summaries[n]["iou"]) for n in forced}
        told = ", ".join(f"{value} % {ROW_OF[n].title[4:]}" for n, value in ways.items())
        learned = percent(summaries[WHOLE.name]["iou"])
        sentences.append(f"mIoU of all classes with the learned α: {learned} %; {told}.")
    return sentences


def schedule_names() -> list[str]:
    """Rows that the default is chosen from."""
    return [settings.name for settings in SCHEDULE_SETTINGS]
