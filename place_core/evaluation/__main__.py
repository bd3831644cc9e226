"""Measure a model as the paper does: mIoU, FID, text alignment (see docs/evaluation.md)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .settings import Settings

# What the extra [evaluate] of pyproject.toml brings.
_EXTRA = ("accelerate", "diffusers", "tqdm", "transformers", "yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 a problem that the user can solve, 130 stopped."""
    try:
        options = _parser().parse_args(arguments)
        # Not before: torch, diffusers and transformers take ten seconds to import.
        from ..checkpoint import CheckpointError
        from ..training.config import ConfigError
        from ..training.data import DataError, Unreadable
        from .errors import EvaluationError
        from .run import evaluate
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in _EXTRA:
            return _fail(f"{error.name} is not installed; `pip install -e '.[evaluate]'` brings it")
        raise
    import torch

    problems = (EvaluationError, ConfigError, CheckpointError, DataError, Unreadable, OSError)
    try:
        settings = _settings(options)
        evaluate(settings)
    except problems as error:
        return _fail(str(error))
    except torch.cuda.OutOfMemoryError as error:
        return _fail(f"the graphics card is full; lower --batch and go on. ({error})")
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where it was.", file=sys.stderr)
        return 130
    print((settings.output / "table.md").read_text(encoding="utf-8"))
    print(f"Wrote {settings.output / 'table.md'} and results.json beside it")
    return 0


def _parser() -> argparse.ArgumentParser:
    from ..training.config import CLIP_TOKENIZER
    from .settings import ALPHAS, DATA_KINDS, DEFAULT_CLIP, MEASURES
    from .table import PAPER

    parser = argparse.ArgumentParser(prog="python -m place_core.evaluation", description=__doc__)
    add = parser.add_argument
    add("--model", type=Path, required=True, help="a single file, or a diffusers folder")
    add("--data", choices=DATA_KINDS, required=True, help="kind of data")
    add("--path", type=Path, required=True, help="folder of the data")
    add("--split", help="part of the data; by default validation (ADE20K), val2017 (COCO-Stuff)")
    add("--output", type=Path, required=True, help="folder of pictures and results")
    add("--limit", type=int, help="so many of the first maps; all by default")
    add("--words", type=Path, help="file of lines 'class = words', in place of the table's words")
    add("--global-prompt", default="", help="free words for every picture, such as a style")
    add(
        "--compare",
        choices=tuple(PAPER),
        help="the paper's numbers beside the results; by default those of the data, where the "
        "words are the table's",
    )
    add(
        "--without",
        action="append",
        choices=MEASURES,
        default=[],
        help="leave out a measure; may be repeated",
    )
    add("--segmenter", help="hub name or folder; by default one for ADE20K or COCO-Stuff")
    add("--clip", default=DEFAULT_CLIP, help="hub name or folder; by default %(default)s")
    add("--tokenizer", default=CLIP_TOKENIZER, help="hub name or folder; by default %(default)s")
    add("--alpha", choices=ALPHAS, help="by default learned, or constant for a model without heads")
    add("--steps", type=int, default=50, help="of PLMS; by default %(default)s")
    add("--guidance", type=float, default=2.0, help="by default %(default)s")
    add("--resolution", type=int, default=512, help="side of the pictures; by default %(default)s")
    add("--seed", type=int, default=0, help="of the noise; by default %(default)s")
    add("--batch", type=int, default=4, help="pictures at a time; by default %(default)s")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    """Raises EvaluationError, DataError."""
    from ..training.config import PairedConfig
    from ..training.data import paired
    from .errors import EvaluationError
    from .pictures import read_words
    from .settings import DEFAULT_SEGMENTERS, DEFAULT_SPLITS, MEASURES, Settings

    measured = set(MEASURES) - set(options.without)
    segmenter = options.segmenter or DEFAULT_SEGMENTERS.get(options.data)
    if "miou" in measured and segmenter is None:
        raise EvaluationError(
            "data of the kind folder have classes of their own: name a network that knows them "
            "with --segmenter, or leave mIoU out: --without miou."
        )
    data = PairedConfig(
        options.data, options.path, options.split or DEFAULT_SPLITS.get(options.data)
    )
    words = None
    if options.words is not None:
        words = read_words(options.words, paired(data.kind, data.path, data.split))
    plain = options.words is None and not options.global_prompt and data.kind != "folder"
    return Settings(
        model=options.model,
        data=data,
        output=options.output,
        tokenizer=options.tokenizer,
        segmenter=segmenter if "miou" in measured else None,
        clip=options.clip if "clip" in measured else None,
        fid="fid" in measured,
        steps=options.steps,
        guidance=options.guidance,
        resolution=options.resolution,
        alpha=options.alpha,
        words=words,
        global_prompt=options.global_prompt,
        limit=options.limit,
        seed=options.seed,
        batch=options.batch,
        compare=options.compare or (data.kind if plain else None),
    )


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
