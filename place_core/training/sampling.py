"""Sampling with PLMS and classifier-free guidance, many pictures at once, without a host."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..plms import sample_plms
from .diffusion import noise_schedule
from .timesteps import TIMESTEPS

GuidedNoise = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""``(latents [B, 4, h, w], timestep [B]) -> (ε of the empty prompt, ε of the prompt)``."""


def sampling_schedule(steps: int) -> tuple[Tensor, Tensor]:
    """The timesteps of the authors' code, with 50 steps 981, 961 … 1, and their sigmas.

    They are those of ``ddim_uniform`` in ComfyUI. The end is the noise level of timestep 0, not 0.
    Where the steps do not divide 1000, the strides are rounded down and there are a few more.

    Returns:
        Timesteps ``[S + 1]``, falling to 0, and sigmas ``[S + 1]``.
    """
    stride = TIMESTEPS // steps
    timesteps = torch.tensor([*reversed(range(1, TIMESTEPS, stride)), 0])
    cumulative = noise_schedule().alphas_cumprod[timesteps]
    return timesteps, ((1 - cumulative) / cumulative).sqrt()


@torch.no_grad()
def sample_guided(predict: GuidedNoise, noise: Tensor, steps: int, guidance_scale: float) -> Tensor:
    """Latents from noise, by PLMS with classifier-free guidance.

    Args:
        predict: the noise in latents of variance 1, without and with the prompt.
        noise: ``[B, 4, h, w]`` standard normal.
        steps: of sampling.
        guidance_scale: 1 is the prompt's prediction alone.

    Returns:
        ``[B, 4, h, w]``.
    """
    timesteps, sigmas = (values.to(noise.device) for values in sampling_schedule(steps))

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        timestep = timesteps[(sigmas - sigma).abs().argmin()]
        plain, prompted = predict(x / (sigma**2 + 1).sqrt(), timestep.expand(len(x)))
        return x - sigma * (plain + guidance_scale * (prompted - plain)).float()

    x = sample_plms(denoise, noise * (sigmas[0] ** 2 + 1).sqrt(), sigmas)
    return x / (sigmas[-1] ** 2 + 1).sqrt()
