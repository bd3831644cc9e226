"""The colors of latents, for previews while sampling."""

from __future__ import annotations

import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from ..checkpoint.model_config import LatentColors
from .base import encode_pictures
from .model import as_tensor
from .scenes import RESOLUTION, render_scene

_SCENES, _AT_ONCE = 256, 16
# Numbers of scenes that no other stage uses.
_FIRST_SEED = 80_000_000
_DIGITS = 4


def measure_latent_colors(autoencoder: AutoencoderTiny) -> LatentColors:
    """The colors of this VAE's latents, from a few hundred rendered scenes."""
    latents, pictures = [], []
    for start in range(_FIRST_SEED, _FIRST_SEED + _SCENES, _AT_ONCE):
        seeds = range(start, start + _AT_ONCE)
        shown = [render_scene(seed, (RESOLUTION, RESOLUTION)).picture for seed in seeds]
        latents.append(torch.from_numpy(encode_pictures(autoencoder, shown)))
        pictures.append(as_tensor(shown))
    return fit_latent_colors(torch.cat(latents), torch.cat(pictures))


def fit_latent_colors(latents: Tensor, pictures: Tensor) -> LatentColors:
    """The factors and bias that come nearest, in least squares, to the mean color of each block.

    Args:
        latents: ``[B, C, h, w]`` as the UNet sees them.
        pictures: ``[B, 3, H, W]`` in −1..1, of which each latent pixel is a block.
    """
    means = torch.nn.functional.adaptive_avg_pool2d(pictures, latents.shape[-2:])
    values, colors = (t.double().movedim(1, -1).flatten(0, 2) for t in (latents, means))
    values = torch.cat([values, torch.ones_like(values[:, :1])], 1)
    *factors, bias = torch.linalg.lstsq(values, colors).solution.tolist()
    return LatentColors(tuple(map(_rounded, factors)), _rounded(bias))


def color_latents(colors: LatentColors, latents: Tensor) -> Tensor:
    """``[B, C, h, w]`` → ``[B, 3, h, w]`` in about −1..1: what a preview shows."""
    factors, bias = torch.tensor(colors.factors), torch.tensor(colors.bias)
    return torch.einsum("bchw,cd->bdhw", latents, factors) + bias[:, None, None]


def _rounded(values: list[float]) -> tuple[float, ...]:
    return tuple(round(value, _DIGITS) for value in values)
