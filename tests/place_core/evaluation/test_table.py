"""Results as a table."""

from __future__ import annotations

import math
from pathlib import Path

from place_core.evaluation.settings import Settings
from place_core.evaluation.table import PAPER, Results, table
from place_core.training.config import PairedConfig


def settings(**changes):
    data = PairedConfig("ade20k", Path("ade"), "validation")
    values = {"segmenter": "seg", "clip": "clip", "compare": "ade20k"}
    return Settings(Path("ade20k_best.ckpt"), data, Path("out"), **(values | changes))


def test_the_paper_stands_beside_the_results():
    results = Results(2000, 2000, 0.5, 0.6, 0.9, 21.04, 0.3, iou={"sky": 0.9}, unmeasured=("hat",))
    lines = table(results, settings(), "learned").splitlines()
    assert lines[0] == "# ade20k_best.ckpt"
    assert lines[2:9] == [
        "| | mIoU ↑ | FID ↓ | text-sim ↑ |",
        "|---|---:|---:|---:|",
        "| ControlNet, in the paper | 36.9 | 31.2 | – |",
        "| FreestyleNet, in the paper | 41.9 | 25.0 | – |",
        "| PLACE, in the paper | 50.7 | 22.3 | – |",
        "| **this model, here** | 50.0 | 21.0 | 0.300 |",
        "| the photographs themselves | 60.0 | – | – |",
    ]
    notes = "\n".join(lines[9:])
    assert "without the classes hat" in notes
    assert "Not to be compared" not in notes


def test_what_was_not_measured_is_a_dash():
    text = table(Results(4, 4, math.nan), settings(compare=None), "cosine")
    assert "| **this model, here** | – | – | – |" in text
    assert "in the paper" not in text


def test_what_forbids_a_comparison_is_said():
    text = table(Results(4, 2000, 0.1), settings(steps=10), "learned")
    assert "4 of 2000 maps only; steps 10 instead of 50" in text


def test_table_2_has_all_measures():
    assert PAPER["new-objects"].rows["PLACE"] == (33.0, 18.1, None)
    assert PAPER["new-style"].rows["PLACE"] == (None, None, 0.279)
    assert PAPER["new-attribute"].rows["PLACE"] == (None, None, 0.290)
