"""Fine-tuning a variant on latents that were encoded before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...checkpoint.files import read_tensors, save_tensors
from ...demo.base import EncodedScenes
from ...demo.loop import train_steps, training_device
from ...demo.scenes import RESOLUTION
from ...losses import denoising_loss, total_loss
from ...training.diffusion import encode_text, noise_schedule, shapes_of, velocity_weights
from ...training.model import PlaceUNet
from ...training.timesteps import spread_timesteps
from .context import Study
from .pairs import EncodedPairs, captioned_scenes, encode_pairs
from .variants import Variant, new_network

LEARNING_RATE = 1e-3
# Ten times that of the demo model's fine-tune: these are short, and α has to get somewhere.
_HEADS_FACTOR = 0.5
_LORA_FACTOR = 2.0
_EMA_DECAY = 0.99
_EMPTY = 0.1


@dataclass(frozen=True)
class Draw:
    """What is random in a step, first for its pairs, then for its captioned scenes.

    Attributes:
        pairs, captioned: ``[B]`` numbers of scenes.
        empty: ``[2, B]`` bool: the prompt is left out.
        timesteps: ``[2, B]`` int64.
        noise: ``[2, B, C, h, w]``.
    """

    pairs: Tensor
    captioned: Tensor
    empty: Tensor
    timesteps: Tensor
    noise: Tensor

    @staticmethod
    def of(seed: int, step: int, batch: int, pairs: EncodedPairs, captioned: EncodedScenes) -> Draw:
        """The draw of a step: the same for all variants, so that they differ in nothing else."""
        rng = np.random.default_rng((seed, step))
        firsts = np.random.default_rng(seed).random(2)
        numbers = step * batch + torch.arange(batch)
        shape = (2, batch, *pairs.latents.shape[1:])
        return Draw(
            torch.from_numpy(rng.integers(len(pairs.latents), size=batch)),
            torch.from_numpy(rng.integers(len(captioned.latents), size=batch)),
            torch.from_numpy(rng.random((2, batch)) < _EMPTY),
            torch.stack([spread_timesteps(first, numbers) for first in firsts]),
            torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)),
        )


def fine_tuned_file(study: Study, variant: Variant, seed: int) -> Path:
    """Where the fine-tune of a variant is when it is finished."""
    return study.folder / f"{variant.name}-{seed}.safetensors"


def fine_tune(study: Study, variant: Variant, seed: int) -> PlaceUNet:
    """The fine-tuned network: trained, gone on with or read. A LoRA is merged into it."""
    network = new_network(study.base.unet, variant, seed).to(training_device())
    result = fine_tuned_file(study, variant, seed)
    if not result.exists():
        _train(study, variant, seed, network, result.with_suffix(".pt"))
        tensors = {k: v.detach().cpu() for k, v in network.state_dict().items()}
        save_tensors(tensors, result, {"license": "Apache-2.0"})
        result.with_suffix(".pt").unlink()
    network.load_state_dict(read_tensors(result))
    if variant.lora_rank > 0:
        network.unet.fuse_lora()
        network.unet.unload_lora()
    return network.eval()


def _train(study: Study, variant: Variant, seed: int, network: PlaceUNet, state: Path) -> None:
    modules: dict[str, torch.nn.Module] = {"unet": network.unet}
    factors = {"heads": _HEADS_FACTOR}
    if variant.adaptive:
        modules["heads"] = network.heads
    if variant.lora_rank > 0:
        factors["unet"] = _LORA_FACTOR
    loss_of = step_loss(study, variant, seed, network, encode_pairs(study), captioned_scenes(study))
    steps = study.scale.training_steps
    train_steps(state, modules, LEARNING_RATE, steps, loss_of, _EMA_DECAY, factors)


def step_loss(
    study: Study,
    variant: Variant,
    seed: int,
    network: PlaceUNet,
    pairs: EncodedPairs,
    captioned: EncodedScenes,
) -> Callable[[int], Tensor]:
    """Step number → Eq. 8, with the terms that the variant has; denoising is that of the velocity.

    The plain loss of so small latents hardly sees layouts; the base was trained with this one too.
    """
    schedule = noise_schedule()
    empty_prompt = study.tokenizer.encode([])[0]
    grids = shapes_of(network.unet, study.base.vae, (RESOLUTION, RESOLUTION)).grids
    device = next(network.parameters()).device

    def noisy(latents: Tensor, draw: Draw, kind: int) -> Tensor:
        return schedule.add_noise(latents.float(), draw.noise[kind], draw.timesteps[kind])

    def context(tokens: Tensor, empty: Tensor) -> Tensor:
        tokens = torch.where(empty[:, None], empty_prompt, tokens.long())
        return encode_text(study.base.text_encoder, tokens.to(device))

    def loss_of(step: int) -> Tensor:
        draw = Draw.of(seed, step, study.scale.training_batch, pairs, captioned)
        weights = velocity_weights(schedule, draw.timesteps).to(device)
        numbers, empty = draw.pairs, draw.empty[0]
        scales = pairs.scales(numbers.tolist(), empty.tolist(), variant.scales_of, grids)
        predicted, aligned = network(
            noisy(pairs.latents[numbers], draw, 0).to(device),
            draw.timesteps[0].to(device),
            context(pairs.tokens[numbers], empty),
            {n: scale.to(device) for n, scale in scales.items()},
            variant.alignment > 0,
        )
        denoising = denoising_loss(predicted, draw.noise[0].to(device), weights[0])
        preservation: Tensor | float = 0.0
        if variant.preservation:
            predicted, _ = network(
                noisy(captioned.latents[draw.captioned], draw, 1).to(device),
                draw.timesteps[1].to(device),
                context(captioned.tokens[draw.captioned], draw.empty[1]),
            )
            preservation = denoising_loss(predicted, draw.noise[1].to(device), weights[1])
        alignment = 0.0 if aligned is None else aligned
        return total_loss(denoising, alignment, preservation, variant.alignment)

    return loss_of
