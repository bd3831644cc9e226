"""Training the demo model's VAE on rendered scenes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from .components import start_from_components
from .loop import train_steps, training_device
from .model import RESOLUTION, as_tensor, new_autoencoder
from .scenes import render_scene

STEPS, SCENES, CROPS, CROP = 3000, 4, 2, 64
# Scenes of the VAE have numbers that no other stage uses.
_FIRST_SEED = 10_000_000
_LATENT_NOISE = 0.05
# Batches of crops for the components that it begins with.
_FIRST_LOOK = 100


def train_autoencoder(work: Path, steps: int = STEPS) -> AutoencoderTiny:
    """The VAE, trained in ``work`` or read from there."""
    torch.manual_seed(0)
    device = training_device()
    autoencoder = new_autoencoder()
    start_from_components(autoencoder, torch.cat([crops(-1 - i) for i in range(_FIRST_LOOK)]))
    autoencoder.to(device)
    train_steps(
        work / "autoencoder.pt",
        {"autoencoder": autoencoder},
        5e-4,
        steps,
        lambda step: autoencoder_loss(autoencoder, crops(step).to(device), step),
    )
    return autoencoder.eval()


def crops(step: int) -> Tensor:
    """Parts of scenes at their full resolution: ``[8, 3, 64, 64]`` in −1..1."""
    rng = np.random.default_rng(_FIRST_SEED + step * SCENES)
    parts = []
    for number in range(SCENES):
        scene = render_scene(_FIRST_SEED + step * SCENES + number, (RESOLUTION, RESOLUTION))
        for top, left in rng.integers(0, RESOLUTION - CROP + 1, (CROPS, 2)):
            parts.append(scene.picture[top : top + CROP, left : left + CROP])
    return as_tensor(parts)


def autoencoder_loss(autoencoder: AutoencoderTiny, pictures: Tensor, step: int) -> Tensor:
    """Distance of pixels, and latents of zero mean and unit variance.

    A little noise on the latents makes the decoder forgive what diffusion leaves.
    """
    latents = autoencoder.encode(pictures).latents.float()
    generator = torch.Generator().manual_seed(step)
    noise = _LATENT_NOISE * torch.randn(latents.shape, generator=generator).to(latents)
    decoded = autoencoder.decode(latents + noise).sample.float()
    spread = latents.std((0, 2, 3)) - 1
    center = latents.mean((0, 2, 3))
    return (decoded - pictures).abs().mean() + 0.1 * (
        spread.square().mean() + center.square().mean()
    )
