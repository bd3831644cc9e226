"""Pictures that show how well the model follows its layouts, beside their maps."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..checkpoint.diffusers_model import Model
from ..drawing import draw_alpha, draw_layout
from ..layout import Layout
from .config import Config
from .data import PairedFiles, Unreadable, choose_view, view_labels
from .diffusion import decode_latents, encode_text
from .model import PlaceUNet
from .samples import Shapes, layout_scales
from .sampling import sample_guided
from .timesteps import TIMESTEPS
from .tokenizer import PromptTokenizer

_STREAM = 2


@dataclass(frozen=True)
class ValidationMap:
    """A layout to sample for. Its prompt are the words of its classes.

    Attributes:
        picture: ``[H, W, 3]`` the map in colors with its legend, 0..1.
        tokens: ``[2, 77]`` token ids, of the empty prompt and of this one.
        scales: ``N`` → ``[2, N, T]``, the layout control map; to the empty prompt all is free.
        noise: ``[4, h, w]`` standard normal, the start of sampling.
    """

    picture: Tensor
    tokens: Tensor
    scales: dict[int, Tensor]
    noise: Tensor


def validation_maps(
    source: PairedFiles, tokenizer: PromptTokenizer, config: Config, shapes: Shapes
) -> list[ValidationMap]:
    """The first readable maps of a data set, their middle part."""
    maps: list[ValidationMap] = []
    for index in range(len(source)):
        if len(maps) == config.validation_pictures:
            break
        try:
            pair = source.load(index)
        except Unreadable:
            continue
        view = choose_view(
            pair.image.size, config.resolution, random.Random(0), crop=False, flip=False
        )
        layout = Layout(view_labels(pair.labels, view)[None], source.classes)
        tokens, class_ids = tokenizer.encode_layout(layout, pair.words, pair.global_prompt)
        scales = layout_scales(layout, class_ids, shapes.grids)
        rng = np.random.default_rng((config.seed, _STREAM, len(maps)))
        maps.append(
            ValidationMap(
                draw_layout(layout)[0],
                torch.stack([tokenizer.encode([])[0], tokens]),
                {n: torch.stack([torch.ones_like(s), s]) for n, s in scales.items()},
                torch.from_numpy(rng.standard_normal(shapes.latent, dtype=np.float32)),
            )
        )
    return maps


@torch.no_grad()
def sample_map(
    unet: PlaceUNet, frozen: Model, target: ValidationMap, steps: int, guidance_scale: float
) -> Tensor:
    """A picture for a map, by PLMS with classifier-free guidance.

    Returns:
        ``[H, W, 3]`` in 0..1, on the CPU.
    """
    device = next(unet.parameters()).device
    context = encode_text(frozen.text_encoder, target.tokens.to(device))
    layout = {n: scale.to(device) for n, scale in target.scales.items()}

    def predict(latents: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        both = unet(latents.repeat(2, 1, 1, 1), timesteps.repeat(2), context, layout)[0]
        return both.chunk(2)

    latents = sample_guided(predict, target.noise[None].to(device), steps, guidance_scale)
    return decode_latents(frozen.vae, latents)[0].cpu()


@torch.no_grad()
def alpha_curves(unet: PlaceUNet) -> Tensor:
    """A plot of α over the timesteps, a line for each layer: ``[H, W, 3]`` in 0..1."""
    device = next(unet.parameters()).device
    timesteps = torch.arange(TIMESTEPS - 1, -1, -20, device=device)
    alpha = unet.alpha(timesteps).T.cpu()
    return draw_alpha(alpha, timesteps.cpu(), unet.heads.layers, "alpha over the timesteps")[0]


def side_by_side(pictures: Sequence[Tensor]) -> Tensor:
    """Pictures ``[H, W, 3]`` in a row; small ones are enlarged by whole pixels."""
    height = max(len(p) for p in pictures)
    row = []
    for picture in pictures:
        times = height // len(picture)
        picture = picture.repeat_interleave(times, 0).repeat_interleave(times, 1)
        row.append(torch.nn.functional.pad(picture, (0, 0, 0, 0, 0, height - len(picture))))
    return torch.cat(row, dim=1)
