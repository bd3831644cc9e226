"""Training the plain text-to-image base of the demo model: every class, attribute and style."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor
from transformers import CLIPTextModel

from ..files import replaced
from ..losses import denoising_loss
from ..training.diffusion import encode_images, noise_schedule
from ..training.timesteps import spread_timesteps
from ..training.tokenizer import PromptTokenizer
from .components import Components
from .loop import train_steps, training_device
from .model import LATENT_CHANNELS, as_tensor, new_text_encoder, new_unet
from .pool import Pool
from .precision import fast_autocast
from .recipe import Training

# How often a caption is left out, for classifier-free guidance.
_EMPTY = 0.1
_ENCODED_AT_ONCE = 256
# Else noise and timesteps would come of the same chance.
_NOISE_SEED = 10_000_000


@dataclass(frozen=True)
class EncodedScenes:
    """Pictures as the base sees them: ``latents [N, 16, h, w]`` and ``tokens [N, 77]``."""

    latents: Tensor
    tokens: Tensor


def encode_pool(
    components: Components, tokenizer: PromptTokenizer, pool: Pool, work: Path
) -> EncodedScenes:
    """The pictures of the pool with their captions, encoded or read from ``work``.

    Latents are kept in half precision.
    """
    files = work / "latents.npy", work / "tokens.npy"
    if not all(file.exists() for file in files):
        latents = []
        for start in range(0, len(pool), _ENCODED_AT_ONCE):
            images = pool.images(range(start, min(start + _ENCODED_AT_ONCE, len(pool))))
            latents.append(components.encode(images, LATENT_CHANNELS).half())
        tokens = torch.stack([tokenizer.encode_caption(caption) for caption in pool.captions])
        for file, values in zip(files, (torch.cat(latents), tokens), strict=True):
            with replaced(file) as part, part.open("wb") as opened:
                np.save(opened, values.numpy())
    return EncodedScenes(*(torch.from_numpy(np.load(file, mmap_mode="c")) for file in files))


def train_base(
    scenes: EncodedScenes,
    details: EncodedScenes,
    tokenizer: PromptTokenizer,
    work: Path,
    training: Training,
) -> tuple[UNet2DConditionModel, CLIPTextModel]:
    """The UNet and the text encoder, trained together in ``work`` or read from there.

    Steps of ``training.batch`` details and of a quarter as many scenes take turns: they cost the
    same. Things are learned from details, and where they stand from scenes.
    """
    torch.manual_seed(1)
    device = training_device()
    unet, text_encoder = new_unet().to(device), new_text_encoder().to(device)
    if device.type == "cpu":
        # torch's fused attention goes backward at half the speed of plain products there.
        unet.set_attn_processor(AttnProcessor())
        text_encoder.set_attn_implementation("eager")
    schedule = noise_schedule()
    empty = tokenizer.encode([])[0]

    def loss_of(step: int) -> Tensor:
        source, batch = (scenes, training.batch // 4) if step % 2 else (details, training.batch)
        drawn = _draw(step, batch, len(source.latents))
        tokens = source.tokens[drawn.scenes].long()
        tokens[drawn.empty] = empty
        latents = source.latents[drawn.scenes].to(device).float()
        generator = torch.Generator(device).manual_seed(_NOISE_SEED + step)
        noise = torch.randn(latents.shape, generator=generator, device=device)
        timesteps = drawn.timesteps.to(device)
        noisy = schedule.add_noise(latents, noise, timesteps)
        context = text_encoder(tokens.to(device)).last_hidden_state
        predicted = unet(noisy, timesteps, context).sample
        return denoising_loss(predicted, schedule.get_velocity(latents, noise, timesteps))

    modules = {"unet": unet, "text_encoder": text_encoder}
    train_steps(work / "base.pt", modules, training.rate, training.steps, loss_of)
    unet.set_default_attn_processor()
    text_encoder.set_attn_implementation("sdpa")
    return unet.eval(), text_encoder.eval()


def encode_pictures(autoencoder: AutoencoderTiny, pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures uint8 ``[H, W, 3]`` → latents ``[B, 16, h, w]``."""
    images = as_tensor(pictures).to(autoencoder.device)
    with fast_autocast(autoencoder.device):
        # One latent for a picture: there is nothing to draw.
        latents = encode_images(autoencoder, images, torch.empty(0))
    return latents.float().cpu().numpy()


@dataclass(frozen=True)
class _Draw:
    scenes: Tensor  # [B]
    empty: Tensor  # [B] bool
    timesteps: Tensor  # [B]


def _draw(step: int, batch: int, count: int) -> _Draw:
    """What is random in a step but the noise: a function of its number."""
    generator = torch.Generator().manual_seed(step)
    return _Draw(
        torch.randint(count, (batch,), generator=generator),
        torch.rand(batch, generator=generator) < _EMPTY,
        spread_timesteps(0.0, step * batch + torch.arange(batch)),
    )
