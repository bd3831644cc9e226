"""The demo model's VAE: its encoder is computed, its decoder is trained on rendered pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from .components import Components, start_from_components
from .loop import train_steps, training_device
from .model import LATENT_CHANNELS, new_autoencoder
from .pool import Pool
from .recipe import Training
from .scenes import RESOLUTION

CROP = 64
_STRONGEST_NOISE = 0.3
"""Of the decoder's latents, whose mean variance is 1."""
_FIRST_LOOK = 600


def components_of(pool: Pool) -> Components:
    """The components that the encoder is made of."""
    return Components.of(pool.images(range(min(_FIRST_LOOK, len(pool)))), LATENT_CHANNELS)


def untrained_autoencoder(components: Components) -> AutoencoderTiny:
    """The VAE with its final encoder, and a decoder that shows the mean colors."""
    torch.manual_seed(0)
    autoencoder = new_autoencoder()
    start_from_components(autoencoder, components)
    return autoencoder.requires_grad_(False).eval()


def train_decoder(
    components: Components, pool: Pool, work: Path, training: Training
) -> AutoencoderTiny:
    """The VAE, its decoder trained in ``work`` or read from there."""
    autoencoder = untrained_autoencoder(components).to(training_device())
    decoder = autoencoder.decoder.requires_grad_(True)

    def loss_of(step: int) -> Tensor:
        pictures = crops(pool, step, training.batch)
        latents = components.encode(pictures, LATENT_CHANNELS)
        device = training_device()
        return decoder_loss(decoder, latents.to(device), pictures.to(device), step)

    modules = {"decoder": decoder}
    train_steps(work / "decoder.pt", modules, training.rate, training.steps, loss_of)
    return autoencoder.requires_grad_(False).eval()


def crops(pool: Pool, step: int, batch: int) -> Tensor:
    """Parts of pictures at their full resolution: ``[B, 3, 64, 64]`` in −1..1."""
    rng = np.random.default_rng((0, step))
    pictures = pool.images(rng.integers(len(pool), size=batch))
    corners = rng.integers(0, RESOLUTION - CROP + 1, (batch, 2))
    return torch.stack(
        [p[:, y : y + CROP, x : x + CROP] for p, (y, x) in zip(pictures, corners, strict=True)]
    )


def decoder_loss(decoder: torch.nn.Module, latents: Tensor, pictures: Tensor, step: int) -> Tensor:
    """Mean distance of pixels, from latents with noise, of some strength for each picture.

    What diffusion makes is never quite a picture's latents. A decoder that has learned from noise
    makes things of it that can be told, at the price of a little sharpness where latents are exact
    (noise-augmented decoding, https://arxiv.org/abs/2510.11690).
    """
    generator = torch.Generator().manual_seed(step)
    strength = _STRONGEST_NOISE * torch.rand(len(latents), 1, 1, 1, generator=generator)
    noise = strength * torch.randn(latents.shape, generator=generator)
    return (decoder(latents + noise.to(latents)).float() - pictures).abs().mean()
