"""Pictures for layouts, a batch of one size at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from ..checkpoint.diffusers_model import Model
from ..training.diffusion import decode_latents, shapes_of
from ..training.model import PlaceUNet
from ..training.sampling import sample_guided
from ..training.tokenizer import PromptTokenizer
from .controls import Control, Painter
from .request import LayoutRequest


@dataclass(frozen=True)
class SamplingSettings:
    """How pictures are sampled.

    Attributes:
        steps: of PLMS.
        guidance_scale: of classifier-free guidance.
        seed: with the number of a picture it makes its noise.
        batch: pictures at a time.
    """

    steps: int = 30
    guidance_scale: float = 3.0
    seed: int = 0
    batch: int = 50


@torch.no_grad()
def sample_requests(
    model: Model,
    unet: PlaceUNet,
    tokenizer: PromptTokenizer,
    requests: Sequence[LayoutRequest],
    control: Control,
    settings: SamplingSettings,
) -> list[Tensor]:
    """A picture ``[H, W, 3]`` in 0..1, on the CPU, for each request, in their order.

    Args:
        model: VAE and text encoder; its UNet is not used.
        unet: what predicts the noise.
        tokenizer: of the text encoder.
        requests: of any sizes, multiples of 8 pixels.
        control: how the layouts are put into the pictures.
        settings: noise depends on the seed and on a request's place only, not on the batch.
    """
    pictures: dict[int, Tensor] = {}
    device = next(unet.parameters()).device
    for numbers in _batches(requests, settings.batch):
        layout = requests[numbers[0]].layout
        shapes = shapes_of(unet.unet, model.vae, (layout.width, layout.height))
        painter = Painter(unet, model.text_encoder, tokenizer, shapes)
        predict = control(painter, [requests[number] for number in numbers])
        noise = torch.stack([start_noise(settings.seed, n, shapes.latent) for n in numbers])
        latents = sample_guided(predict, noise.to(device), settings.steps, settings.guidance_scale)
        decoded = decode_latents(model.vae, latents).cpu()
        pictures.update(zip(numbers, decoded, strict=True))
    return [pictures[number] for number in range(len(requests))]


def _batches(requests: Sequence[LayoutRequest], batch: int) -> Iterator[list[int]]:
    """Numbers of requests of one size."""

    def size(number: int) -> tuple[int, int]:
        return requests[number].layout.width, requests[number].layout.height

    for _, group in groupby(sorted(range(len(requests)), key=size), key=size):
        numbers = list(group)
        for start in range(0, len(numbers), batch):
            yield numbers[start : start + batch]


def start_noise(seed: int, number: int, shape: tuple[int, int, int]) -> Tensor:
    """Standard normal values of a shape: a function of the seed and the picture's number."""
    rng = np.random.default_rng((seed, number))
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
