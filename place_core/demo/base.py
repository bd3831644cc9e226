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

from ..files import write_text
from ..losses import denoising_loss
from ..training.diffusion import encode_images, noise_schedule, velocity_weights
from ..training.tokenizer import PromptTokenizer
from .loop import train_steps, training_device
from .model import LATENT_CHANNELS, RESOLUTION, as_tensor, new_text_encoder, new_unet
from .scenes import render_close_up, render_scene

SCENES, CLOSE_UPS, STEPS, BATCH = 16_000, 8_000, 10_000, 32
# How often a caption is left out, for classifier-free guidance.
_EMPTY = 0.1
_ENCODED_AT_ONCE = 16


@dataclass(frozen=True)
class EncodedScenes:
    """Scenes as the base sees them: ``latents [N, 8, 16, 16]`` and ``tokens [N, 77]``."""

    latents: Tensor
    tokens: Tensor


def encode_scenes(
    autoencoder: AutoencoderTiny,
    tokenizer: PromptTokenizer,
    work: Path,
    scenes: int = SCENES,
    close_ups: int = CLOSE_UPS,
) -> EncodedScenes:
    """Render scenes, then close-ups, and encode them, once; a run that was stopped goes on.

    Picture ``i`` has the seed ``i``. The latents are kept in half precision.
    """
    count = scenes + close_ups
    latents = _growing(
        work / "latents.npy", (count, LATENT_CHANNELS, RESOLUTION // 8, RESOLUTION // 8), "f2"
    )
    tokens = _growing(work / "tokens.npy", (count, 77), "i4")
    progress = work / "encoded.txt"
    first = int(progress.read_text()) if progress.exists() else 0
    for start in range(first, count, _ENCODED_AT_ONCE):
        numbers = range(start, min(start + _ENCODED_AT_ONCE, count))
        shown = [
            (render_scene if number < scenes else render_close_up)(number, (RESOLUTION, RESOLUTION))
            for number in numbers
        ]
        pictures = [scene.picture for scene in shown]
        latents[start : numbers.stop] = encode_pictures(autoencoder, pictures)
        for number, scene in zip(numbers, shown, strict=True):
            tokens[number] = tokenizer.encode_caption(scene.caption).numpy()
        if numbers.stop % (64 * _ENCODED_AT_ONCE) == 0 or numbers.stop == count:
            latents.flush()
            tokens.flush()
            write_text(progress, str(numbers.stop))
            print(f"scenes encoded: {numbers.stop}", flush=True)
    return EncodedScenes(torch.from_numpy(latents), torch.from_numpy(tokens))


def train_base(
    scenes: EncodedScenes, tokenizer: PromptTokenizer, work: Path, steps: int = STEPS
) -> tuple[UNet2DConditionModel, CLIPTextModel]:
    """The UNet and the text encoder, trained together in ``work`` or read from there."""
    torch.manual_seed(1)
    device = training_device()
    unet, text_encoder = new_unet().to(device), new_text_encoder().to(device)
    # torch's fused attention goes backward at half the speed of plain products on a CPU.
    unet.set_attn_processor(AttnProcessor())
    text_encoder.set_attn_implementation("eager")
    schedule = noise_schedule()
    empty = tokenizer.encode([])[0]

    def loss_of(step: int) -> Tensor:
        batch = _draw(step, len(scenes.latents))
        latents = scenes.latents[batch.scenes].float()
        tokens = scenes.tokens[batch.scenes].long()
        tokens[batch.empty] = empty
        noisy = schedule.add_noise(latents, batch.noise, batch.timesteps).to(device)
        context = text_encoder(tokens.to(device)).last_hidden_state
        predicted = unet(noisy, batch.timesteps.to(device), context).sample
        weights = velocity_weights(schedule, batch.timesteps)
        return denoising_loss(predicted, batch.noise.to(device), weights.to(device))

    modules = {"unet": unet, "text_encoder": text_encoder}
    train_steps(work / "base.pt", modules, 1e-3, steps, loss_of)
    unet.set_default_attn_processor()
    text_encoder.set_attn_implementation("sdpa")
    return unet.eval(), text_encoder.eval()


def encode_pictures(autoencoder: AutoencoderTiny, pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures uint8 ``[H, W, 3]`` → latents ``[B, 8, h, w]``."""
    images = as_tensor(pictures).to(autoencoder.device)
    with torch.autocast(autoencoder.device.type, torch.bfloat16):
        # One latent for a picture: there is nothing to draw.
        latents = encode_images(autoencoder, images, torch.empty(0))
    return latents.float().cpu().numpy()


@dataclass(frozen=True)
class _Draw:
    scenes: Tensor  # [B]
    empty: Tensor  # [B] bool
    timesteps: Tensor  # [B]
    noise: Tensor  # [B, 8, h, w]


def _draw(step: int, count: int) -> _Draw:
    """What is random in a step: a function of its number."""
    generator = torch.Generator().manual_seed(step)
    side = RESOLUTION // 8
    return _Draw(
        torch.randint(count, (BATCH,), generator=generator),
        torch.rand(BATCH, generator=generator) < _EMPTY,
        torch.randint(1000, (BATCH,), generator=generator),
        torch.randn(BATCH, LATENT_CHANNELS, side, side, generator=generator),
    )


def _growing(path: Path, shape: tuple[int, ...], kind: str) -> np.memmap:
    """An array in a file, which is made when it is not there."""
    mode = "r+" if path.exists() else "w+"
    return np.lib.format.open_memmap(path, mode=mode, dtype=kind, shape=shape)
