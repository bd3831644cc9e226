"""The networks that the study fine-tunes: the paper's ablation, gentler L_SA, and a LoRA."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from ...training.attention import FusionCall
from ...training.lora import add_lora
from ...training.model import PlaceUNet
from ...training.samples import layout_scales
from ..controls import ScalesOf, forced, hard_scales


@dataclass(frozen=True)
class Variant:
    """One way to fine-tune the base.

    Attributes:
        name: of its files.
        title: for people.
        scales_of: how a map is put on the image tokens: area fractions (Eq. 3), or a hard map.
        adaptive: α is learned (Eq. 4); else it is 1, and the fused map alone is used.
        alignment: λ1 of Eq. 8; 0: without L_SA.
        preservation: with L_LFP (Eq. 7).
        lora_rank: above 0, a LoRA of this rank is trained instead of the UNet.
        fixed_fusion: L_SA moves self-attention only, not the fusion map that it has to carry.
    """

    name: str
    title: str
    scales_of: ScalesOf
    adaptive: bool = False
    alignment: float = 0.0
    preservation: bool = False
    lora_rank: int = 0
    fixed_fusion: bool = False


ABLATION: tuple[Variant, ...] = (
    Variant("1-hard", "(1) hard map", hard_scales),
    Variant("2-lcm", "(2) LCM", layout_scales),
    Variant("3-hard-alpha", "(3) hard map + α", hard_scales, adaptive=True),
    Variant("4-hard-sa", "(4) hard map + SA", hard_scales, alignment=1.0),
    Variant("5-lcm-alpha", "(5) LCM + α", layout_scales, adaptive=True),
    Variant("6-lcm-alpha-sa", "(6) LCM + α + SA", layout_scales, True, alignment=1.0),
    Variant("7-lcm-alpha-lfp", "(7) LCM + α + LFP", layout_scales, True, preservation=True),
    Variant("8-all", "(8) all: PLACE", layout_scales, True, alignment=1.0, preservation=True),
)
"""Rows (1) to (8) of the paper's table."""

WHOLE = ABLATION[-1]

GENTLE: tuple[Variant, ...] = (
    Variant(
        "6-fixed-fusion",
        "(6), SA moves self-attention only",
        layout_scales,
        True,
        alignment=1.0,
        fixed_fusion=True,
    ),
    Variant("6-tenth", "(6) with λ₁ = 0.1", layout_scales, True, alignment=0.1),
    Variant("8-tenth", "(8) with λ₁ = 0.1", layout_scales, True, alignment=0.1, preservation=True),
)
"""Not in the paper: what may make the semantic alignment cost less."""

LORA = Variant("lora", "(8) as LoRA + heads", layout_scales, True, 1.0, True, lora_rank=16)


class FixedAlphaUNet(PlaceUNet):
    """Without adaptive fusion: α is 1 in every layer and at every timestep."""

    def alpha(self, timesteps: Tensor) -> Tensor:
        return forced(1.0)(self, timesteps)


class FixedFusionUNet(PlaceUNet):
    """The gradient of L_SA does not reach the fusion map: it is what self-attention has to carry.

    Eq. 5 is 0 also for a fusion map that is the same everywhere, which tells nothing of a layout.
    """

    def alignment(self, call: FusionCall) -> Tensor:
        records = {n: (query, key, f.detach()) for n, (query, key, f) in call.records.items()}
        return super().alignment(replace(call, records=records))


def new_network(base: UNet2DConditionModel, variant: Variant, seed: int) -> PlaceUNet:
    """A copy of the base as the fine-tuning begins with it.

    Args:
        base: stays as it is.
        variant: what is trained.
        seed: of a LoRA's first weights; all else begins the same.
    """
    unet = copy.deepcopy(base)
    kind = FixedFusionUNet if variant.fixed_fusion else PlaceUNet
    network = kind(unet) if variant.adaptive else FixedAlphaUNet(unet)
    if variant.lora_rank > 0:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            add_lora(unet, variant.lora_rank)
    return network
