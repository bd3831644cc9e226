"""What all stages of the study share."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...checkpoint.diffusers_model import Model
from ...demo.segmenter import Segmenter
from ...files import write_text
from ...training.tokenizer import PromptTokenizer
from ..sampling import SamplingSettings


@dataclass(frozen=True)
class Scale:
    """How large the study is.

    Attributes:
        seeds: of training and sampling: 0 to ``seeds − 1``.
        count: layouts for each row and seed.
        training_steps: of each fine-tune.
        training_batch: pairs of a step, and as many captioned scenes where L_LFP is used.
        pairs: scenes with maps that the fine-tunes learn from.
        sampling: of the pictures; the seed of a row replaces its own.
    """

    seeds: int = 3
    count: int = 100
    training_steps: int = 800
    training_batch: int = 8
    pairs: int = 4000
    sampling: SamplingSettings = SamplingSettings()


@dataclass(frozen=True)
class Study:
    """A study in progress.

    Attributes:
        work: folder of the demo model's stages, with what its base was trained on.
        base: the demo model before it knew of layouts. No stage changes it.
        tokenizer: of its text encoder.
        judge: what looks at the pictures.
        judge_digest: tells its file from those of other judges.
        scale: how large the study is.
    """

    work: Path
    base: Model
    tokenizer: PromptTokenizer
    judge: Segmenter
    judge_digest: str
    scale: Scale

    @property
    def folder(self) -> Path:
        """Where the study's own files are."""
        return self.work / "study"


class StudyError(ValueError):
    """The study cannot go on; the message says what to do."""


def keep_to_scale(study: Study) -> None:
    """Make the study's folder, or check that its results are of the same scale.

    More seeds may be added later.

    Raises:
        StudyError: results of another number of layouts, or of other steps or sampling, are there.
    """
    scale = json.loads(json.dumps({**asdict(study.scale), "seeds": None}))
    path = study.folder / "scale.json"
    if not path.exists():
        write_json(path, scale)
    elif (before := json.loads(path.read_text(encoding="utf-8"))) != scale:
        raise StudyError(
            f"{study.folder} holds results for {before}, asked are {scale}. Ask for the same, or "
            "move the folder away."
        )


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file whole or not at all. NaN becomes null, alone or in a mapping of numbers."""
    text = json.dumps(_without_nan(content), indent=1, allow_nan=False)
    write_text(path, f"{text}\n")


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(v) for key, v in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
