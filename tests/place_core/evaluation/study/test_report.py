"""What the report says of numbers that somebody made up."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from place_core.demo.scores import Scores
from place_core.evaluation.study.context import Scale
from place_core.evaluation.study.evaluate import RENDERED
from place_core.evaluation.study.figure import row_caption
from place_core.evaluation.study.measures import (
    Measure,
    best_schedule,
    difference,
    summarize,
)
from place_core.evaluation.study.report import TIMESTEPS, LearnedAlpha, report
from place_core.evaluation.study.rows import ROWS
from place_core.evaluation.study.tables import PAPER, STEPS, paper_difference

NONE = Scores(*([math.nan] * len(dataclasses.fields(Scores))))


def scores(iou, frechet=1.0, new=0.2):
    return dataclasses.replace(NONE, iou=iou, seen=iou, new=new, thin=iou / 2, frechet=frechet)


def seeds(iou, frechet=1.0, new=0.2):
    """Three seeds with a spread of 0.01."""
    return {s: scores(iou + 0.01 * (s - 1), frechet, new) for s in range(3)}


def summary(iou, frechet):
    return summarize(seeds(iou, frechet))


def test_the_schedule_follows_the_layout_best_among_those_that_keep_the_pictures():
    schedules = {
        "spoils": summary(0.6, 1.2),
        "follows": summary(0.5, 1.09),
        "cleanest": summary(0.4, 1.0),
    }
    assert best_schedule(schedules) == "follows"
    assert best_schedule({**schedules, "cleaner": summary(0.1, 0.5)}) == "cleaner"
    with pytest.raises(ValueError, match="no schedule"):
        best_schedule({})


def test_mean_and_spread():
    measure = Measure.of([1.0, 2.0, 3.0])
    assert (measure.mean, measure.spread) == (2.0, 1.0) and measure.is_clear
    one = Measure.of([2.0])
    assert one.mean == 2.0 and math.isnan(one.spread) and not one.is_clear
    assert math.isnan(Measure.of([math.nan]).mean)


def test_differences_are_taken_seed_by_seed():
    one, other = {0: scores(0.1), 1: scores(0.5)}, {0: scores(0.2), 1: scores(0.6), 2: scores(0.9)}
    measure = difference(one, other, "iou")
    assert measure.mean == pytest.approx(0.1) and measure.spread == pytest.approx(0, abs=1e-9)


def made_up():
    """Rows as in the paper, but LFP hurts new classes; schedules grow better with their number."""
    results = {RENDERED: {0: scores(0.95, 0.0)}}
    for number, row in enumerate(ROWS):
        seen, new = (v / 100 for v in PAPER.get(row.name, (30 + 0.1 * number, 20)))
        if row.name in ("7-lcm-alpha-lfp", "8-all"):
            new -= 0.2
        results[row.name] = {s: scores(seen + 0.001 * s, 1.0, new + 0.001 * s) for s in range(3)}
    return results


def alpha(falls=True):
    values = torch.linspace(0.8, 0.2, len(TIMESTEPS)).expand(3, 2, -1).clone()
    if not falls:
        values[:, 1] = values[:, 1].flip(-1)
    return LearnedAlpha(values, ("down.attn2", "up.attn2"))


def written(**changes):
    arguments = {
        "results": made_up(),
        "ratios": {"plain": 1.0, "set-mask": 3.456, "8-all": 1.05, "constant-0.5-0.5": 1.1},
        "alpha": alpha(),
        "scale": Scale(),
    }
    return report(**{**arguments, **changes})


def tables(text):
    """Cells of each row of each table."""
    blocks = [b.splitlines() for b in text.split("\n\n") if b.startswith("|")]
    return [[[c.strip() for c in line.strip("|").split("|")] for line in b] for b in blocks]


def test_tables_are_whole():
    rows, steps, learned, schedules = tables(written())
    for table in (rows, steps, learned, schedules):
        assert {len(cells) for cells in table} == {len(table[0])}
    # Heading and rule; the scenes, four without training, a schedule, the paper's eight and three
    # more, a LoRA, three forced.
    assert len(rows) == 2 + 1 + 4 + 1 + 8 + 3 + 1 + 3
    assert len(steps) == 2 + len(STEPS) and len(schedules) == 2 + 27
    titles = [cells[0] for cells in rows[2:]]
    assert titles[0] == "rendered scenes themselves" and titles[5].startswith("PLACE without")
    whole = next(cells for cells in rows if cells[0] == "(8) all: PLACE")
    assert whole[1] == "50.8 ± 0.1" and whole[-1] == "1.05"
    assert rows[7][-1] == "1.10", "one schedule was timed for all"
    assert learned[-1][:2] == ["mean of all layers", "0.80 ± 0.00"]


def test_the_best_rows_and_schedule_are_named():
    text = written()
    assert "Best at seen classes: (6) LCM + α + SA, 51.0 ± 0.1 %." in text
    assert "Best at new classes: (6) LCM + α + SA" in text
    assert "**cosine, strength 1, to 100 %**" in text


def test_schedules_are_compared_by_the_seeds_that_all_have():
    results = made_up()
    results["linear-1-1"] = {**results["linear-1-1"], 3: scores(0.99)}
    text = written(results=results)
    assert "**cosine, strength 1, to 100 %**" in text
    assert tables(text)[-1] == tables(written())[-1]


def test_signs_are_compared_with_the_paper():
    text = written()
    assert "mIoU of seen classes: as in the paper for LCM instead of a hard map" in text
    assert "the other way for LFP on LCM + α, LFP on LCM + α + SA, all" in text
    assert paper_difference(STEPS[0]) == (pytest.approx(5.1), pytest.approx(3.2))


def test_what_is_not_in_the_paper_is_not_compared_with_it():
    text = written()
    line = next(x for x in text.splitlines() if x.startswith("| SA with λ₁ = 0.1 on LCM + α |"))
    assert [cell.strip() for cell in line.strip("|").split("|")][2::2] == ["–", "–"]
    assert "λ₁" not in next(x for x in text.splitlines() if "mIoU of seen classes:" in x)


def test_alpha_that_falls_and_that_does_not():
    assert "falls from noise to clean in 2 of 2 layers" in written()
    text = written(alpha=alpha(falls=False))
    assert "falls from noise to clean in 1 of 2 layers" in text
    assert "% with α = 0.25" in text


def test_findings_stand_as_they_are_and_what_is_missing_is_left_out():
    text = written(findings="## Ours\n\n*As written.*")
    assert "\n\n## Ours\n\n*As written.*\n\n" in text
    few = {name: made_up()[name] for name in ("plain", "1-hard")}
    text = written(results=few, alpha=None, ratios={})
    assert "(1) hard map" in text and "(2) LCM" not in text
    assert "The learned α" not in text and "schedules" not in text
    assert "nan" not in text


def test_pillow_can_draw_every_caption():
    """Its own font has no Greek: boxes would stand in the picture."""
    assert all(row_caption(row).isascii() for row in ROWS)
