"""A small base model and small data sets, to train on in a few seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from accelerate.state import AcceleratorState, GradientState
from diffusers import AutoencoderKL, UNet2DConditionModel
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel

from in_server import tokenizer_folder
from place_core.checkpoint.diffusers_model import Model
from place_core.training.config import read_config
from place_core.training.trainer import Trainer

CLASSES = ["sky", "sea", "sand"]
COLORS = [(120, 180, 240), (20, 60, 140), (230, 200, 120)]


def small_model(seed: int = 0) -> Model:
    """Stable Diffusion 1.x with a UNet of 3 M random weights."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(64, 64),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=64,
        attention_head_dim=8,
    )
    vae = AutoencoderKL(
        block_out_channels=(32,) * 4,
        layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
    )
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49408,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=1,
        )
    )
    return Model(unet.eval(), vae.eval(), text_encoder.eval())


def write_pairs(folder: Path, count: int = 4, size: tuple[int, int] = (64, 64)) -> Path:
    """Pictures of colored stripes, their maps and the class table, as a plain folder."""
    for name in ("images", "maps"):
        (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    width, height = size
    for number in range(count):
        borders = np.sort(rng.integers(8, height - 8, 2))
        rows = np.searchsorted(borders, np.arange(height), side="right")
        labels = np.repeat(rows[:, None], width, 1).astype(np.uint8)
        pixels = np.array(COLORS)[labels] + rng.normal(0, 8, (height, width, 1))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
            folder / "images" / f"{number}.png"
        )
        Image.fromarray(labels).save(folder / "maps" / f"{number}.png")
    table = [{"id": i, "name": name} for i, name in enumerate(CLASSES)]
    (folder / "classes.json").write_text(json.dumps({"void": 255, "classes": table}))
    return folder


def write_captioned(folder: Path, count: int = 4, size: tuple[int, int] = (64, 64)) -> Path:
    """Pictures of colored disks with captions beside them."""
    folder.mkdir(parents=True)
    y, x = np.mgrid[: size[1], : size[0]]
    for number in range(count):
        inside = (y - size[1] / 2) ** 2 + (x - size[0] / 2) ** 2 < (8 + 4 * number) ** 2
        pixels = np.where(inside[..., None], COLORS[number % 3], (30, 30, 30)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"a disk, number {number}")
    return folder


def write_config(path: Path, **values: Any) -> Path:
    """A configuration for a quick run, with some values of its own."""
    quick = {
        "tokenizer": tokenizer_folder(),
        "resolution": 64,
        "batch_size": 2,
        "learning_rate": 1e-4,
        "workers": 0,
        "validate_every": 0,
        "checkpoint_every": 1000,
        "export_dtype": "float32",
    }
    plain = {k: str(v) if isinstance(v, Path) else v for k, v in (quick | values).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(plain))
    return path


def trained(config: Path, resume: bool = False) -> tuple[Trainer, list[Path]]:
    """Run a configuration in this process, as the command line does."""
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    with torch.enable_grad():
        trainer = Trainer(read_config(config), resume)
        return trainer, trainer.run()
