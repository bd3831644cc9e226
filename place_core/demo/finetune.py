"""Fine-tuning the base with the project's own trainer, on maps that leave something out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from ..checkpoint.files import written_whole
from .classes import CLASSES
from .loop import training_device
from .precision import computes_in_bfloat16
from .recipe import Recipe, Training
from .scenes import (
    ALL,
    DETAIL,
    RESOLUTION,
    SEEN,
    VOID_BYTE,
    Scene,
    Vocabulary,
    render_detail,
    render_scene,
    to_bytes,
)

_WRITTEN_AT_ONCE = 50


@dataclass(frozen=True)
class Subjects:
    """What the pictures of a fine-tune show.

    Attributes:
        render: seed, size and vocabulary → scene.
        resolution: their width and height in pixels.
        paired_seed, captioned_seed: of the first picture with a map, and without; those of the
            others follow.
    """

    render: Callable[[int, tuple[int, int], Vocabulary], Scene]
    resolution: int
    paired_seed: int
    captioned_seed: int


SCENES = Subjects(render_scene, RESOLUTION, 30_000_000, 40_000_000)
DETAILS = Subjects(render_detail, DETAIL, 70_000_000, 80_000_000)


def write_pairs(
    folder: Path, count: int, subjects: Subjects = SCENES, vocabulary: Vocabulary = SEEN
) -> Path:
    """Pictures of the seen vocabulary with maps and words, as a plain folder; on all cores."""
    if folder.exists():
        return folder
    table = [{"id": c.id, "name": c.name, "words": c.words} for c in CLASSES]
    with written_whole(folder) as part:
        for name in ("images", "maps", "class_prompts", "global_prompts"):
            (part / name).mkdir(parents=True)
        (part / "classes.json").write_text(
            json.dumps({"void": VOID_BYTE, "classes": table}, indent=1)
        )
        _on_all_cores(partial(_write_pair, part, subjects, vocabulary), count)
    return folder


def write_captioned(folder: Path, count: int, subjects: Subjects = SCENES) -> Path:
    """Pictures of the whole vocabulary with captions, without maps; on all cores."""
    if folder.exists():
        return folder
    with written_whole(folder) as part:
        part.mkdir()
        _on_all_cores(partial(_write_captioned, part, subjects), count)
    return folder


def write_config(
    work: Path, name: str, tokenizer: str, recipe: Recipe, training: Training, **changes: Any
) -> Path:
    """The trainer's configuration of a fine-tune in ``work``, with some values of its own.

    Args:
        work: folder with the base, and where the trainer writes to.
        name: of the configuration and of the trainer's folder.
        tokenizer: as the trainer takes it.
        recipe: how pictures are loaded and how often checkpoints are written.
        training: how long it learns.
        changes: other values of the configuration, by name.
    """
    values = {
        "model": "base.safetensors",
        "output": name,
        "paired": {"kind": "folder", "path": "pairs"},
        "captioned": "captioned",
        "tokenizer": tokenizer,
        "resolution": RESOLUTION,
        "steps": training.steps,
        "batch_size": training.batch,
        "learning_rate": training.rate,
        "learning_rate_decay": "cosine",
        "loss_weighting": "velocity",
        # At 1, the paper's weight, it costs a young model a fifth of its agreement: docs/study.md.
        "alignment_weight": 0.1,
        # At 1e-3 α is at 0.1 after 200 steps, before the UNet has learned to use layouts; at 1e-5
        # it hardly leaves 0.5.
        "heads_learning_rate": 5e-5,
        "warmup_steps": 100,
        "ema_decay": 0.998,
        "mixed_precision": "bf16" if computes_in_bfloat16(training_device()) else "no",
        "crop": False,
        "flip": False,
        "cache_latents": True,
        "workers": recipe.workers,
        "checkpoint_every": recipe.checkpoint_every,
        "keep_checkpoints": 1,
        "validate_every": 500,
        "license": "Apache-2.0",
        **changes,
    }
    path = work / f"{name}.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    return path


def _on_all_cores(write: Callable[[int], None], count: int) -> None:
    """Call it with each number below ``count``."""
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for _ in workers.map(write, range(count), chunksize=_WRITTEN_AT_ONCE):
            pass


def _write_captioned(folder: Path, subjects: Subjects, number: int) -> None:
    size = (subjects.resolution, subjects.resolution)
    scene = subjects.render(subjects.captioned_seed + number, size, ALL)
    Image.fromarray(scene.picture).save(folder / f"{number:05}.png")
    (folder / f"{number:05}.txt").write_text(scene.caption)


def _write_pair(folder: Path, subjects: Subjects, vocabulary: Vocabulary, number: int) -> None:
    size = (subjects.resolution, subjects.resolution)
    scene = subjects.render(subjects.paired_seed + number, size, vocabulary)
    name = f"{number:05}"
    Image.fromarray(scene.picture).save(folder / "images" / f"{name}.png")
    Image.fromarray(to_bytes(scene.labels)).save(folder / "maps" / f"{name}.png")
    lines = [f"{class_id} = {words}" for class_id, words in scene.words.items()]
    (folder / "class_prompts" / f"{name}.txt").write_text("\n".join(lines))
    if scene.style:
        (folder / "global_prompts" / f"{name}.txt").write_text(scene.style)


def run_trainer(config: Path, output: Path) -> None:
    """The trainer by its command line, or on from the newest checkpoint in ``output``."""
    command = [sys.executable, "-m", "place_core.training", "--config", str(config)]
    if list(output.glob("checkpoints/step-*[0-9]")):
        command.append("--resume")
    subprocess.run(command, check=True)
