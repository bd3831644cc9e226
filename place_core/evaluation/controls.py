"""Ways to put a layout into a picture: PLACE, and what artists use without it.

Each is a :data:`Control`: it prepares prompts and masks for a batch of layouts once, and then
predicts the noise at every step of sampling. All of them run on the same network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..alpha import FusionSettings
from ..fusion import TokenLayout, fused_attention, spread_over_tokens
from ..layout import Layout
from ..tokens import FREE, Segment
from ..training.attention import FusionCall
from ..training.diffusion import encode_text
from ..training.model import PlaceUNet
from ..training.samples import Shapes, layout_scales
from ..training.sampling import GuidedNoise
from ..training.timesteps import TIMESTEPS
from ..training.tokenizer import PromptTokenizer
from .request import LayoutRequest


@dataclass(frozen=True)
class Painter:
    """The network and what it reads words with.

    Attributes:
        unet: with heads of α, trained or not.
        text_encoder: of CLIP's shape.
        tokenizer: its tokenizer.
        shapes: latent shape and token grids of the pictures.
    """

    unet: PlaceUNet
    text_encoder: torch.nn.Module
    tokenizer: PromptTokenizer
    shapes: Shapes

    @property
    def device(self) -> torch.device:
        return next(self.unet.parameters()).device

    def encode(self, tokens: Tensor) -> Tensor:
        """``[..., 77]`` token ids → ``[..., 77, E]``."""
        context = encode_text(self.text_encoder, tokens.flatten(0, -2).to(self.device))
        return context.unflatten(0, tokens.shape[:-1])

    def empty(self) -> Tensor:
        """``[77]`` token ids of the empty prompt."""
        return self.tokenizer.encode([])[0]


Control = Callable[[Painter, Sequence[LayoutRequest]], GuidedNoise]
"""Prepares a batch of requests of one size."""

AlphaOf = Callable[[PlaceUNet, Tensor], Tensor]
"""``(network, timesteps [B]) -> α [layers, B]``."""

ScalesOf = Callable[[Layout, Tensor, Sequence[tuple[int, int]]], dict[int, Tensor]]
"""``(layout, token class ids [T], grids) -> {N: [N, T]}``, as ``layout_scales``."""


def learned(unet: PlaceUNet, timesteps: Tensor) -> Tensor:
    """α of the network's own heads (Eq. 4)."""
    return unet.alpha(timesteps)


def forced(value: float) -> AlphaOf:
    """The same α in every layer and at every timestep."""
    return lambda unet, timesteps: timesteps.new_full(
        (len(unet.heads.layers), len(timesteps)), value, dtype=torch.float32
    )


def scheduled(settings: FusionSettings) -> AlphaOf:
    """α as Apply PLACE gives it on a checkpoint without heads; progress in timesteps."""

    def alpha(unet: PlaceUNet, timesteps: Tensor) -> Tensor:
        progress = 1 - int(timesteps[0]) / (TIMESTEPS - 1)
        value = 0.0
        if settings.start <= progress <= settings.end:
            value = float(settings.alpha(progress, timesteps.new_zeros(1, 1))[0, 0])
        return forced(value)(unet, timesteps)

    return alpha


def hard_scales(
    layout: Layout, token_class_ids: Tensor, grids: Sequence[tuple[int, int]]
) -> dict[int, Tensor]:
    """The layout that a resized map makes: the class of the nearest pixel, and no other.

    Thin parts that no sampled pixel meets are lost. Row 1 of the paper's ablation.
    """
    ids = [c.id for c in layout.present() if (token_class_ids == c.id).any()]
    class_ids = torch.tensor(ids, dtype=torch.int64)
    scales = {}
    for height, width in grids:
        small = torch.nn.functional.interpolate(
            layout.labels[:1, None].float(), (height, width), mode="nearest-exact"
        )[0, 0].long()
        masks = (small == class_ids[:, None, None]).float()
        scales[height * width] = spread_over_tokens(masks, class_ids, token_class_ids)
    return scales


def plain(painter: Painter, requests: Sequence[LayoutRequest]) -> GuidedNoise:
    """The same words and no layout at all: what the model draws by itself."""
    encoded = [
        painter.tokenizer.encode_layout(r.layout, r.words, r.global_prompt)[0] for r in requests
    ]
    context = painter.encode(torch.stack([painter.empty()] * len(encoded) + encoded))

    def predict(latents: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        return _both_halves(painter.unet, latents, timesteps, context, None)

    return predict


def place(alpha: AlphaOf = learned, scales_of: ScalesOf = layout_scales) -> Control:
    """Fused attention (Eq. 4)."""
    return _fused(lambda unet, scales, t: FusionCall(scales, alpha(unet, t)), scales_of)


def log_fractions(painter: Painter, requests: Sequence[LayoutRequest]) -> GuidedNoise:
    """The area fraction as a factor on the attention weight: ``softmax(S + log L)``, no α.

    As Seg2Any does it for Flux, on the cross-attention of Stable Diffusion.
    """
    control = _fused(lambda unet, scales, t: _LogFractionCall(scales, alpha=None), layout_scales)
    return control(painter, requests)


def attention_couple(painter: Painter, requests: Sequence[LayoutRequest]) -> GuidedNoise:
    """A prompt for each region, and cross-attention cut by hard masks."""
    batch = [_Regions.of(painter, request) for request in requests]
    most = max(len(regions.tokens) for regions in batch)
    tokens = torch.stack([_padded(regions.tokens, most) for regions in batch])
    contexts = painter.encode(tokens).flatten(1, 2)
    empty = painter.encode(painter.empty()[None]).repeat(1, most, 1)
    context = torch.cat([empty.expand(len(batch), -1, -1), contexts])
    masks = {}
    for height, width in painter.shapes.grids:
        hard = [r.masks(height, width, "nearest-exact").flatten(1) for r in batch]
        both = torch.stack([_padded(m, most) for m in hard]).repeat(2, 1, 1)
        masks[height * width] = both.to(painter.device)

    def predict(latents: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        call = _CoupledCall(masks, alpha=None)
        return _both_halves(painter.unet, latents, timesteps, context, call)

    return predict


def masked_conditionings(painter: Painter, requests: Sequence[LayoutRequest]) -> GuidedNoise:
    """ComfyUI's Conditioning (Set Mask): a prompt and a pass for each region, noises blended."""
    regions = [_Regions.of(painter, request) for request in requests]
    height, width = painter.shapes.latent[1:]
    masks = torch.cat([r.masks(height, width, "bilinear") for r in regions])[:, None]
    masks = masks.to(painter.device)
    owner = torch.tensor([i for i, r in enumerate(regions) for _ in r.tokens])
    owner = owner.to(painter.device)
    context = painter.encode(torch.cat([r.tokens for r in regions]))
    empty = painter.encode(painter.empty()[None])

    def predict(latents: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        inputs = torch.cat([latents, latents[owner]])
        prompts = torch.cat([empty.expand(len(latents), -1, -1), context])
        noise = painter.unet(inputs, timesteps[:1].expand(len(inputs)), prompts)[0]
        total = torch.zeros_like(latents).index_add_(0, owner, noise[len(latents) :] * masks)
        weight = torch.zeros_like(latents[:, :1]).index_add_(0, owner, masks)
        return noise[: len(latents)], total / weight

    return predict


class _LogFractionCall(FusionCall):
    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        scale = self.scales[query.shape[2]]
        layout = TokenLayout(torch.ones_like(scale), scale.log())
        return fused_attention(query, key, value, layout, scale.new_ones(len(scale)))


class _CoupledCall(FusionCall):
    """``scales`` are masks ``[B, R, N]`` of the regions; keys hold their R prompts in a row."""

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        masks = self.scales[query.shape[2]]
        count = masks.shape[1]
        parts = zip(key.chunk(count, 2), value.chunk(count, 2), masks.unbind(1), strict=True)
        attention = torch.nn.functional.scaled_dot_product_attention
        return sum(attention(query, k, v) * mask[:, None, :, None] for k, v, mask in parts)


@dataclass(frozen=True)
class _Regions:
    """Prompts and masks of a request's regions; what no class covers is the last one."""

    tokens: Tensor  # [R, 77]
    labels: Tensor  # [H, W], the number of the region

    @staticmethod
    def of(painter: Painter, request: LayoutRequest) -> _Regions:
        tokens, labels = [], torch.full(request.layout.labels.shape[1:], -1)
        for c in request.layout.present():
            words = f"{request.words.get(c.id, c.words)} {request.global_prompt}"
            labels[request.layout.labels[0] == c.id] = len(tokens)
            tokens.append(painter.tokenizer.encode([Segment(words)])[0])
        if (labels < 0).any():
            labels[labels < 0] = len(tokens)
            tokens.append(painter.tokenizer.encode([Segment(request.global_prompt)])[0])
        return _Regions(torch.stack(tokens), labels)

    def masks(self, height: int, width: int, mode: str) -> Tensor:
        """``[R, h, w]``, with a sum of 1 at each place."""
        one_hot = torch.nn.functional.one_hot(self.labels, len(self.tokens)).float().movedim(-1, 0)
        return torch.nn.functional.interpolate(one_hot[None], (height, width), mode=mode)[0]


def _fused(
    call_of: Callable[[PlaceUNet, dict[int, Tensor], Tensor], FusionCall], scales_of: ScalesOf
) -> Control:
    """One prompt for the whole picture whose tokens know their classes."""

    def control(painter: Painter, requests: Sequence[LayoutRequest]) -> GuidedNoise:
        encoded = [
            painter.tokenizer.encode_layout(r.layout, r.words, r.global_prompt) for r in requests
        ]
        tokens = torch.stack([painter.empty()] * len(encoded) + [ids for ids, _ in encoded])
        free = torch.full((tokens.shape[1],), FREE)
        maps = [(r.layout, free) for r in requests]
        maps += [(r.layout, ids) for r, (_, ids) in zip(requests, encoded, strict=True)]
        scales = [scales_of(layout, ids, painter.shapes.grids) for layout, ids in maps]
        together = {n: torch.stack([s[n] for s in scales]).to(painter.device) for n in scales[0]}
        context = painter.encode(tokens)

        def predict(latents: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
            call = call_of(painter.unet, together, timesteps.repeat(2))
            return _both_halves(painter.unet, latents, timesteps, context, call)

        return predict

    return control


def _both_halves(
    unet: PlaceUNet, latents: Tensor, timesteps: Tensor, context: Tensor, call: FusionCall | None
) -> tuple[Tensor, Tensor]:
    """The noise without and with the prompt, in one pass; with plain attention for no call."""
    noise = unet.noise(latents.repeat(2, 1, 1, 1), timesteps.repeat(2), context, call)
    return tuple(noise.chunk(2))


def _padded(rows: Tensor, count: int) -> Tensor:
    """``[R, ...]`` → ``[count, ...]`` with zeros behind."""
    return torch.cat([rows, rows.new_zeros(count - len(rows), *rows.shape[1:])])
