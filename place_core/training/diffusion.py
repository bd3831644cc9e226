"""The frozen ends of the model, and the noise schedule between them (Eq. 6)."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DDPMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel

from .samples import Shapes
from .timesteps import TIMESTEPS


def noise_schedule() -> DDPMScheduler:
    """The schedule of Stable Diffusion 1: β from 0.00085 to 0.012, linear in the square root."""
    return DDPMScheduler(TIMESTEPS, 0.00085, 0.012, "scaled_linear")


def velocity_weights(schedule: DDPMScheduler, timesteps: Tensor) -> Tensor:
    """``1 / ᾱ_t`` of each timestep: makes the loss of ε that of the velocity (arXiv 2202.00512).

    Of the plain loss nearly all comes from the last timesteps, which know details; where latents
    are small, the first ones, which make the layout, learn too little from it.
    """
    return 1 / schedule.alphas_cumprod.to(timesteps.device)[timesteps]


def noise_of_velocity(
    velocity: Tensor, noisy: Tensor, schedule: DDPMScheduler, timesteps: Tensor
) -> Tensor:
    """ε = √ᾱ·v + √(1−ᾱ)·z_t: the noise in z_t by its velocity (arXiv 2202.00512).

    Args:
        velocity: v = √ᾱ·ε − √(1−ᾱ)·z_0, ``[B, C, h, w]``.
        noisy: z_t, likewise.
        schedule: of ᾱ.
        timesteps: ``[B]``.

    Returns:
        ``[B, C, h, w]`` float32.
    """
    cumulative = schedule.alphas_cumprod.to(noisy.device)[timesteps].view(-1, 1, 1, 1)
    return cumulative.sqrt() * velocity.float() + (1 - cumulative).sqrt() * noisy.float()


def shapes_of(
    unet: UNet2DConditionModel,
    vae: AutoencoderKL | AutoencoderTiny,
    resolution: tuple[int, int],
) -> Shapes:
    """Latent shape and token grids for pictures of ``resolution`` (width, height) pixels."""
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    width, height = (side // factor for side in resolution)
    grids = [(height, width)]
    for _ in unet.config.block_out_channels[1:]:
        # The convolution that halves a grid rounds up.
        grids.append(tuple((side + 1) // 2 for side in grids[-1]))
    return Shapes((vae.config.latent_channels, height, width), tuple(grids))


class LatentCache:
    """What a VAE made of pictures, encoded once each; in memory, as long as the run lasts."""

    def __init__(self, vae: AutoencoderKL | AutoencoderTiny) -> None:
        self._vae = vae
        self._moments: dict[tuple[int, ...], Tensor] = {}

    def encode(self, images: Tensor, draws: Tensor, keys: Tensor) -> Tensor:
        """As :func:`encode_images`; ``keys [B, K]`` int64 name the pictures."""
        names = [tuple(key) for key in keys.tolist()]
        missing = [i for i, name in enumerate(names) if name not in self._moments]
        if missing:
            moments = encode_moments(self._vae, images[missing]).cpu()
            self._moments.update(zip((names[i] for i in missing), moments, strict=True))
        moments = torch.stack([self._moments[name] for name in names])
        return draw_latents(self._vae, moments.to(images.device), draws)


def encode_images(vae: AutoencoderKL | AutoencoderTiny, images: Tensor, draws: Tensor) -> Tensor:
    """Pictures → latents drawn from the VAE's posterior.

    Args:
        images: ``[B, 3, H, W]`` in −1..1.
        draws: ``[B, 4, h, w]`` standard normal. An AutoencoderTiny has one latent for each picture
            instead of a posterior, so it leaves them unused.

    Returns:
        ``[B, 4, h, w]`` of about unit variance.
    """
    return draw_latents(vae, encode_moments(vae, images), draws)


@torch.no_grad()
def encode_moments(vae: AutoencoderKL | AutoencoderTiny, images: Tensor) -> Tensor:
    """Pictures ``[B, 3, H, W]`` in −1..1 → what :func:`draw_latents` draws from.

    Returns:
        Mean and standard deviation of the posterior, ``[B, 2·C, h, w]``; of an AutoencoderTiny,
        which has no posterior, the latents ``[B, C, h, w]``.
    """
    encoded = vae.encode(images)
    if isinstance(vae, AutoencoderTiny):
        return encoded.latents
    posterior = encoded.latent_dist
    return torch.cat([posterior.mean, posterior.std], 1)


def draw_latents(vae: AutoencoderKL | AutoencoderTiny, moments: Tensor, draws: Tensor) -> Tensor:
    """Latents of about unit variance, from :func:`encode_moments` and standard normal draws."""
    if isinstance(vae, AutoencoderTiny):
        return moments * vae.config.scaling_factor
    mean, std = moments.chunk(2, 1)
    return (mean + std * draws) * vae.config.scaling_factor


@torch.no_grad()
def decode_latents(vae: AutoencoderKL | AutoencoderTiny, latents: Tensor) -> Tensor:
    """``[B, 4, h, w]`` → pictures ``[B, H, W, 3]`` in 0..1."""
    images = vae.decode(latents / vae.config.scaling_factor).sample
    return (images / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1)


@torch.no_grad()
def encode_text(text_encoder: CLIPTextModel, tokens: Tensor) -> Tensor:
    """Token ids ``[B, 77]`` → context ``[B, 77, E]``, after the final layer norm."""
    return text_encoder(tokens).last_hidden_state
