"""Few steps for painting live: what each sampler keeps of a layout at each number of steps.

    PLACE_LAYOUTS=100 python3 tools bench samplers

The nodes sample unseen scenes in a real ComfyUI, with the bundled demo model at cfg 3; the model's
judge looks at the pictures. Time is told as calls of the model for a picture: a busy machine does
not change them. Each row is kept as soon as it is done (`output/samplers.csv`), and a run that was
stopped goes on behind it.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from pack_in_process import REPOSITORY, load_pack

KEPT = REPOSITORY / "output" / "samplers.csv"
LAYOUTS = int(os.environ.get("PLACE_LAYOUTS", "5"))
CFG = 3.0

# What decides comes first. "simple" is the best schedule of the three for few steps, or as good.
RUNS = [
    ("plms", "ddim_uniform", (30, 10)),
    ("euler", "simple", (8,)),
    ("dpmpp_2m", "simple", (8, 6, 10)),
    ("uni_pc", "simple", (8,)),
    ("euler", "simple", (4, 6, 10, 14)),
    ("dpmpp_2m", "simple", (4, 14)),
    ("plms", "ddim_uniform", (14,)),
]


@dataclass(frozen=True)
class Row:
    """One sampler at one number of steps; shares and IoU in 0..1."""

    sampler: str
    scheduler: str
    steps: int
    layouts: int
    calls: float
    iou: float
    thin: float
    looks: float
    frechet: float

    @property
    def key(self) -> tuple[str, str, int, int]:
        return self.sampler, self.scheduler, self.steps, self.layouts


def main() -> None:
    kept = {row.key: row for row in read_kept()}
    with tempfile.TemporaryDirectory() as base:
        cpu = ["--cpu"] if not torch.cuda.is_available() else []
        load_pack(Path(os.environ["PLACE_COMFYUI_PATH"]), Path(base), cpu)
        import comfy.utils

        comfy.utils.set_progress_bar_enabled(False)
        studio = None
        print("| sampler | scheduler | steps | calls | iou | thin | looks | frechet |")
        print("|---|---|---:|---:|---:|---:|---:|---:|")
        for sampler, scheduler, counts in RUNS:
            for steps in counts:
                row = kept.get((sampler, scheduler, steps, LAYOUTS))
                if row is None:
                    studio = studio or Studio()
                    row = studio.row(sampler, scheduler, steps)
                    keep(row)
                print(line(row), flush=True)


class Studio:
    """The model, the words and maps, and who looks at the pictures."""

    def __init__(self) -> None:
        from place_pack.nodes.loaders import PLACEModelLoader
        from place_pack.nodes.prompt import PLACEPromptEncoder
        from place_pack.place_core.demo.bundled import MODEL, load_judge
        from place_pack.place_core.demo.requests import unseen_scenes
        from place_pack.place_core.demo.scores import Scorer

        from in_host import record

        requests = unseen_scenes(LAYOUTS)
        self.scorer = Scorer(load_judge(), requests)
        loaded = PLACEModelLoader.execute(f"bundled: {MODEL.name}")
        self.vae, clip = loaded[2], loaded[1]
        self.model, self.recorded = record(loaded[0])
        self.negative = clip.encode_from_tokens_scheduled(clip.tokenize(""))
        self.positives = []
        for wanted in (r.request for r in requests):
            names = {c.id: c.name for c in wanted.layout.classes}
            words = "\n".join(f"{names[i]} = {words}" for i, words in wanted.words.items())
            encoded = PLACEPromptEncoder.execute(clip, wanted.layout, words, wanted.global_prompt)
            self.positives.append((encoded[0], wanted.layout))

    def row(self, sampler: str, scheduler: str, steps: int) -> Row:
        self.recorded.inputs.clear()
        pictures = list(self._pictures(sampler, scheduler, steps))
        scores = self.scorer.score(pictures)
        calls = len(self.recorded.inputs) / len(pictures)
        measured = (scores.iou, scores.thin, scores.looks, scores.frechet)
        return Row(sampler, scheduler, steps, len(pictures), calls, *measured)

    def _pictures(self, sampler: str, scheduler: str, steps: int) -> Iterator[torch.Tensor]:
        """``[H, W, 3]`` in 0..1, one for each layout."""
        from place_pack.nodes.sampling import PLACEKSampler

        for seed, (positive, layout) in enumerate(self.positives):
            latent: dict[str, Any] = {
                "samples": torch.zeros(1, 4, layout.height // 8, layout.width // 8)
            }
            settings = {"steps": steps, "cfg": CFG}
            settings |= {"sampler_name": sampler, "scheduler": scheduler}
            made = PLACEKSampler.execute(
                self.model, positive, self.negative, latent, seed, **settings
            )
            yield self.vae.decode(made[0]["samples"])[0]


def line(row: Row) -> str:
    measured = " | ".join(f"{value:.3f}" for value in (row.iou, row.thin, row.looks, row.frechet))
    return f"| {row.sampler} | {row.scheduler} | {row.steps} | {row.calls:g} | {measured} |"


def read_kept() -> list[Row]:
    if not KEPT.exists():
        return []
    kinds = {"str": str, "int": int, "float": float}
    with KEPT.open(encoding="utf-8", newline="") as file:
        return [
            Row(**{field.name: kinds[field.type](found[field.name]) for field in fields(Row)})
            for found in csv.DictReader(file)
        ]


def keep(row: Row) -> None:
    KEPT.parent.mkdir(exist_ok=True)
    is_new = not KEPT.exists()
    with KEPT.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(field.name for field in fields(Row))
        writer.writerow(astuple(row))


if __name__ == "__main__":
    main()
