"""`python -m place_core.demo.measure --tokenizer FOLDER`: does the demo model follow its layouts?

Prints a table. The judge looks at rendered scenes too, as they are and through the model's VAE: no
model can do better than it sees there.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from ..checkpoint.diffusers_model import load_model
from ..evaluation.controls import Control, place, plain
from ..evaluation.sampling import SamplingSettings, sample_requests
from ..pixels import to_unit
from ..training.config import CLIP_TOKENIZER
from ..training.diffusion import decode_latents
from ..training.model import PlaceUNet
from ..training.tokenizer import load_tokenizer
from .base import encode_pictures
from .bundled import JUDGE, MODEL, load_judge
from .loop import training_device
from .requests import NOT_SQUARE, hand_drawn, unseen_scenes
from .scores import Scorer, Scores


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m place_core.demo.measure", description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL, help="default: the bundled one")
    parser.add_argument("--judge", type=Path, default=JUDGE, help="default: the bundled one")
    parser.add_argument("--tokenizer", default=CLIP_TOKENIZER, help="as in docs/training.md")
    parser.add_argument("--count", type=int, default=100, help="layouts of each kind")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--cfg", type=float, default=SamplingSettings.guidance_scale)
    options = parser.parse_args()

    device = training_device()
    judge = load_judge(options.judge).to(device)
    model = load_model(options.model).to(device)
    unet = PlaceUNet(model.unet, model.heads).to(device).eval()
    tokenizer = load_tokenizer(options.tokenizer, model.tokenizer_folder)
    settings = SamplingSettings(options.steps, options.cfg)
    scenes = Scorer(judge, unseen_scenes(options.count))
    drawings = Scorer(judge, hand_drawn(options.count))
    print(heading())

    def show(name: str, scorer: Scorer, pictures: Sequence[Tensor]) -> None:
        print(line(name, scorer.score(pictures)), flush=True)

    def row(name: str, scorer: Scorer, control: Control) -> None:
        wanted = [r.request for r in scorer.requests]
        show(name, scorer, sample_requests(model, unet, tokenizer, wanted, control, settings))

    rendered = [scene.picture for scene in scenes.requests]
    show("rendered scenes themselves", scenes, [to_unit(picture) for picture in rendered])
    show("rendered scenes, through the VAE", scenes, through_vae(model.vae, rendered))
    row("unseen scenes", scenes, place())
    row("unseen scenes, without PLACE", scenes, plain)
    row("hand-drawn maps", drawings, place())
    row("hand-drawn maps, without PLACE", drawings, plain)
    row("not square", Scorer(judge, unseen_scenes(options.count, NOT_SQUARE)), place())
    return 0


def through_vae(vae: AutoencoderTiny, pictures: Sequence[np.ndarray]) -> list[Tensor]:
    """Pictures uint8 ``[H, W, 3]`` as they come back from latents: ``[H, W, 3]`` in 0..1 each."""
    latents = [torch.from_numpy(encode_pictures(vae, [picture])) for picture in pictures]
    return [decode_latents(vae, one.to(vae.device))[0].cpu() for one in latents]


def heading() -> str:
    """The first lines of a Markdown table of scores."""
    names = [field.name.replace("_", " ") for field in dataclasses.fields(Scores)]
    return f"| | {' | '.join(names)} |\n|---|{'---|' * len(names)}"


def line(name: str, scores: Scores) -> str:
    """A line of the table; "–" where there was nothing to measure."""
    values = [f"{v:.3f}" if v == v else "–" for v in dataclasses.astuple(scores)]
    return f"| {name} | {' | '.join(values)} |"


if __name__ == "__main__":
    sys.exit(main())
