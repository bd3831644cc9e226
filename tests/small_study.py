"""A demo model that nobody trained, small, in a work folder as `place_core.demo` leaves it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel

from in_server import tokenizer_folder
from place_core.checkpoint.diffusers_model import Model, save_ldm
from place_core.demo.__main__ import BASE, JUDGE
from place_core.demo.bundled import save_network
from place_core.demo.model import TEXT_WIDTH, new_text_encoder
from place_core.demo.scenes import RESOLUTION
from place_core.demo.segmenter import Segmenter
from place_core.evaluation.sampling import SamplingSettings
from place_core.evaluation.study.__main__ import load_study
from place_core.evaluation.study.context import Scale, Study

SCALE = Scale(seeds=1, count=2, training_steps=2, pairs=6, sampling=SamplingSettings(steps=2))
_SIDE = RESOLUTION // 8


def write_demo(work: Path) -> Path:
    """The files that the study begins with."""
    torch.manual_seed(0)
    model = Model(_small_unet(), AutoencoderTiny(), new_text_encoder())
    save_ldm(model, work / BASE, {})
    save_network(Segmenter(), work / JUDGE)
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((6, 4, _SIDE, _SIDE)).astype(np.float16)
    np.save(work / "latents.npy", latents)
    np.save(work / "tokens.npy", rng.integers(0, 49408, (6, 77)).astype(np.int32))
    return work


def open_study(work: Path, scale: Scale = SCALE) -> Study:
    """The study in a work folder."""
    return load_study(work, tokenizer_folder(), scale)


def _small_unet() -> UNet2DConditionModel:
    """The depths of the demo model's, and fewer channels."""
    return UNet2DConditionModel(
        sample_size=_SIDE,
        block_out_channels=(32, 32, 32),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D",) * 3,
        up_block_types=("CrossAttnUpBlock2D",) * 3,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
    )
