"""`python -m place_core.evaluation.study --work FOLDER --tokenizer FOLDER`: the study in small.

The folder is the one of `python -m place_core.demo`. Each stage writes to `study` in it and goes on
there when it was stopped: scenes with maps, fine-tunes, pictures and their scores, seconds per
picture, the report. When the folder has another judge, only the scores are made anew.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from ...checkpoint.diffusers_model import load_model
from ...demo.__main__ import BASE, JUDGE
from ...demo.bundled import load_judge
from ...demo.loop import training_device
from ...demo.requests import DemoRequest, unseen_scenes
from ...demo.scores import Scorer
from ...training.config import CLIP_TOKENIZER
from ...training.tokenizer import load_tokenizer
from ..sampling import SamplingSettings
from .context import Scale, Study, StudyError, keep_to_scale
from .evaluate import evaluate_rendered, evaluate_row
from .report import write_report
from .rows import ROWS, Row, rows_like
from .timing import measure_seconds, read_ratios, rows_to_time


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m place_core.evaluation.study",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--work", type=Path, required=True, help="folder of the demo model")
    parser.add_argument("--tokenizer", default=CLIP_TOKENIZER, help="as in docs/training.md")
    parser.add_argument("--output", type=Path, default=Path("docs"), help="of the report")
    parser.add_argument("--seeds", type=int, default=Scale.seeds)
    parser.add_argument("--count", type=int, default=Scale.count, help="layouts for each row")
    parser.add_argument("--steps-of-training", type=int, default=Scale.training_steps)
    parser.add_argument("--batch-of-training", type=int, default=Scale.training_batch)
    parser.add_argument("--steps", type=int, default=SamplingSettings.steps, help="of sampling")
    some = parser.add_mutually_exclusive_group()
    some.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="ROW",
        help="only these rows (such as 8-all or 'cosine-*'), and no report: so processes can share "
        "the work; rows of one fine-tune (8-all, alpha-*) belong to the same process",
    )
    some.add_argument(
        "--timing", action="store_true", help="only measure the seconds anew, and write the report"
    )
    options = parser.parse_args(arguments)
    numbers = (options.seeds, options.steps_of_training, options.batch_of_training, options.steps)
    if min(numbers) < 1 or options.count < 2:
        parser.error(
            "--seeds, --batch-of-training and both --steps must be 1 or more, --count 2 or more"
        )
    try:
        rows = rows_like(options.only)
        scale = Scale(
            options.seeds,
            options.count,
            options.steps_of_training,
            options.batch_of_training,
            sampling=SamplingSettings(options.steps),
        )
        study = load_study(options.work, options.tokenizer, scale)
        requests = unseen_scenes(scale.count)
        if not options.timing:
            evaluate_rows(study, rows, requests)
        if not options.only:
            finish(study, ROWS, requests, options.output, options.timing)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def load_study(work: Path, tokenizer: str, scale: Scale) -> Study:
    """The demo model's base and judge, ready for the study.

    Raises:
        StudyError: the demo model is not that far, or the folder has results of another scale.
    """
    for name in (BASE, JUDGE, "latents.npy", "tokens.npy"):
        if not (work / name).exists():
            raise StudyError(f"{work} has no {name}; run python -m place_core.demo there first")
    device = training_device()
    base = load_model(work / BASE).to(device)
    digest = hashlib.sha256((work / JUDGE).read_bytes()).hexdigest()[:12]
    study = Study(
        work,
        base,
        load_tokenizer(tokenizer, base.tokenizer_folder),
        load_judge(work / JUDGE).to(device),
        digest,
        scale,
    )
    keep_to_scale(study)
    return study


def evaluate_rows(study: Study, rows: Sequence[Row], requests: Sequence[DemoRequest]) -> None:
    """Fine-tune what the rows need, sample and judge; seed by seed, so that all rows come soon."""
    scorer = Scorer(study.judge, requests)
    evaluate_rendered(study, scorer)
    for seed in range(study.scale.seeds):
        for row in rows:
            evaluate_row(study, row, seed, scorer)


def finish(
    study: Study,
    rows: Sequence[Row],
    requests: Sequence[DemoRequest],
    output: Path,
    timing: bool = False,
) -> None:
    """Measure seconds where they are missing or asked for, and write the report."""
    if timing or not read_ratios(study):
        measure_seconds(study, rows_to_time(rows), requests)
    print(f"Wrote {write_report(study, requests, output)}")


if __name__ == "__main__":
    sys.exit(main())
