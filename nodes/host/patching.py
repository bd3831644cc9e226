"""Making a MODEL follow the layouts of its conditionings, on a clone, beside other packs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel
from comfy.ldm.modules.diffusionmodules.util import timestep_embedding
from comfy.patcher_extension import CallbacksMP, WrappersMP
from torch import Tensor

from ...place_core.alpha import DEFAULT_SCHEDULE, AlphaHeads, FusionSettings
from ...place_core.checkpoint import layer_order
from .attention import FUSION_KEY, FusedCrossAttention, Fusion
from .conditioning import COND_KEY, LayoutCond, LayoutRows, Prediction

_KEY = "place"  # of our wrappers, callbacks and attachment


def apply_place(model: Any, settings: FusionSettings) -> Any:
    """A clone of the MODEL whose cross-attention follows the layouts of its conditionings.

    The input is left as it was. A model that has PLACE already gets the new settings instead of
    the old. Attention patches of other packs stay and go on working, those added later too.

    Raises:
        ValueError: a model without cross-attention of Stable Diffusion's kind, or heads for other
            layers than it has.
    """
    layers = cross_attention_layers(model)
    if settings.heads is not None:
        _check_heads(settings.heads, layers, model)
    patched = model.clone()
    present = patched.model_options["transformer_options"].get("patches_replace", {})
    present = present.get("attn2", {})
    for name, block in layers.items():
        key = block.patch_key(present)
        previous = present.get(key) or present.get(block.key)
        if isinstance(previous, FusedCrossAttention):
            patch = previous.copy()
        else:
            patch = FusedCrossAttention(name, previous)
        patched.set_model_attn2_replace(patch, *key)
    for kind, wrapper in (
        (WrappersMP.CALC_COND_BATCH, PrepareLayouts(settings)),
        (WrappersMP.DIFFUSION_MODEL, FuseInUNet(settings)),
    ):
        patched.remove_wrappers_with_key(kind, _KEY)
        patched.add_wrapper_with_key(kind, _KEY, wrapper)
    patched.remove_callbacks_with_key(CallbacksMP.ON_CLONE, _KEY)
    patched.add_callback_with_key(CallbacksMP.ON_CLONE, _KEY, _copy_patches_of_clone)
    return patched


def fusion_settings(model: Any) -> FusionSettings | None:
    """The settings of PLACE on this MODEL, None where it is not applied."""
    wrappers = model.get_wrappers(WrappersMP.DIFFUSION_MODEL, _KEY)
    return wrappers[0].settings if wrappers else None


def attach_heads(model: Any, heads: AlphaHeads) -> None:
    """Let the heads travel with a freshly loaded MODEL and its clones."""
    model.set_attachments(_KEY, heads)


def attached_heads(model: Any) -> AlphaHeads | None:
    """The heads that came with the checkpoint of this MODEL."""
    return model.get_attachment(_KEY)


@dataclass(frozen=True)
class _Block:
    """Where a transformer block stands in the UNet, in the host's terms."""

    key: tuple[str, int]
    transformer_index: int
    depth: int  # transformer blocks in the same place

    def patch_key(self, present: dict) -> tuple:
        """The key that other packs use for this block, so that no patch hides another.

        The host looks for the key with a transformer index first. Packs leave it out where a place
        has one transformer block (SD 1.x, SD 2.x) and give it where there are several (SDXL).
        """
        long = (*self.key, self.transformer_index)
        return self.key if self.depth == 1 and long not in present else long


_BLOCK_NAME = re.compile(
    r"^(?P<part>input|middle|output)_blocks?\.(?P<number>\d+)\.(\d+\.)?"
    r"transformer_blocks\.(?P<index>\d+)$"
)


def cross_attention_layers(model: Any) -> dict[str, _Block]:
    """Names of the UNet's cross-attention modules, in order, and where they stand.

    Raises:
        ValueError: the model has none that PLACE can act on.
    """
    unet = model.get_model_object("diffusion_model")
    found: dict[str, tuple[tuple[str, int], int]] = {}
    if isinstance(unet, UNetModel):
        for name, module in unet.named_modules():
            match = _BLOCK_NAME.match(name)
            if match and getattr(module, "attn2", None) is not None:
                # The host counts one middle block, 0, whatever its place in the module list.
                number = 0 if match["part"] == "middle" else int(match["number"])
                found[f"{name}.attn2"] = (match["part"], number), int(match["index"])
    if not found:
        raise ValueError(
            f"model: {type(unet).__name__} has no cross-attention that PLACE can act on. Use a "
            "model of the Stable Diffusion 1.x, 2.x or SDXL family."
        )
    places = [key for key, _ in found.values()]
    return {
        name: _Block(key, index, places.count(key))
        for name, (key, index) in sorted(found.items(), key=lambda item: layer_order(item[0]))
    }


def _check_heads(heads: AlphaHeads, layers: dict[str, _Block], model: Any) -> None:
    width = model.get_model_object("diffusion_model").time_embed[-1].out_features
    if set(heads.layers) == set(layers) and heads.embedding_width == width:
        return
    missing, extra = sorted(layers.keys() - heads.layers), sorted({*heads.layers} - layers.keys())
    examples = [f"no head for {missing[0]}"] if missing else []
    examples += [f"no layer for the head {extra[0]}"] if extra else []
    examples += [f"time embedding of {width}, heads read {heads.embedding_width}"] * (
        heads.embedding_width != width
    )
    raise ValueError(
        f"fusion: these heads are for a UNet of {len(heads.layers)} cross-attention layers, the "
        f"model has {len(layers)} ({'; '.join(examples)}). Use heads trained for this model, or "
        f"set alpha to a schedule such as {DEFAULT_SCHEDULE}, which works on any."
    )


class PrepareLayouts:
    """Around each prediction: makes the layouts of all conditionings ready, or takes them away."""

    def __init__(self, settings: FusionSettings) -> None:
        self.settings = settings

    def __call__(
        self,
        executor: Callable,
        model: Any,
        conds: list[list[dict] | None],
        x_in: Tensor,
        timestep: Tensor,
        model_options: dict,
    ) -> Any:
        if any(COND_KEY in cond["model_conds"] for cond in _all(conds)):
            now = progress(self.settings, model.model_sampling, float(timestep[0]))
            if now is None:
                conds = [_without_layouts(group) for group in conds]
            else:
                conds = [_with_layouts(group, x_in, now) for group in conds]
        return executor(model, conds, x_in, timestep, model_options)


def progress(settings: FusionSettings, model_sampling: Any, sigma: float) -> float | None:
    """Progress 0..1 of sampling at a noise level, or None where fusion is off there."""
    if settings.strength == 0.0:
        return None
    to_sigma = model_sampling.percent_to_sigma
    if not to_sigma(settings.end) <= sigma <= to_sigma(settings.start):
        return None
    return _progress_of_sigma(model_sampling, sigma)


def _progress_of_sigma(model_sampling: Any, sigma: float) -> float:
    """Progress 0..1 of a noise level: the inverse of the host's ``percent_to_sigma``."""
    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        if model_sampling.percent_to_sigma(middle) > sigma:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _all(conds: list[list[dict] | None]) -> Iterator[dict]:
    return (cond for group in conds if group is not None for cond in group)


def _without_layouts(group: list[dict] | None) -> list[dict] | None:
    if group is None:
        return None
    return [
        {**cond, "model_conds": {k: v for k, v in cond["model_conds"].items() if k != COND_KEY}}
        for cond in group
    ]


def _with_layouts(group: list[dict] | None, x_in: Tensor, progress: float) -> list[dict] | None:
    if group is None:
        return None
    return [
        {**cond, "model_conds": _with_layout(cond["model_conds"], x_in, progress)} for cond in group
    ]


def _with_layout(model_conds: dict[str, Any], x_in: Tensor, progress: float) -> dict[str, Any]:
    neutral = LayoutCond(torch.zeros(1, dtype=torch.int64), None)
    batch, _, height, width = x_in.shape
    tokens = model_conds["c_crossattn"].cond.shape[1]
    sampling = Prediction(batch, height, width, tokens, progress)
    return {**model_conds, COND_KEY: model_conds.get(COND_KEY, neutral).during(sampling)}


class FuseInUNet:
    """Around each UNet call: α of all layers, and the layouts, for the attention patches."""

    def __init__(self, settings: FusionSettings) -> None:
        self.settings = settings

    def to(self, target: torch.device | torch.dtype) -> FuseInUNet:
        """Called by the host. Heads follow the device and stay in float32."""
        if self.settings.heads is None or not isinstance(target, torch.device):
            return self
        return FuseInUNet(replace(self.settings, heads=self.settings.heads.to(target)))

    def __call__(
        self,
        executor: Callable,
        x: Tensor,
        timesteps: Tensor,
        context: Tensor,
        y: Tensor | None,
        control: Any,
        transformer_options: dict,
        **kwargs: Any,
    ) -> Tensor:
        layouts: LayoutRows | None = kwargs.pop(COND_KEY, None)
        if layouts is not None and any(layouts.rows):
            embedding = time_embedding(executor.class_obj, timesteps, y, x.dtype)
            settings = self.to(x.device).settings
            names = settings.heads.layers if settings.heads is not None else ()
            fusion = Fusion(
                layouts.rows, settings.alpha(layouts.progress, embedding), names, x.device
            )
            transformer_options = {**transformer_options, FUSION_KEY: fusion}
        return executor(x, timesteps, context, y, control, transformer_options, **kwargs)


def time_embedding(
    unet: UNetModel, timesteps: Tensor, y: Tensor | None, dtype: torch.dtype
) -> Tensor:
    """The embedding ``e [B, E]`` that the ResBlocks get: raw output of the time MLP (Eq. 4)."""
    embedding = unet.time_embed(timestep_embedding(timesteps, unet.model_channels).to(dtype))
    if unet.num_classes is not None and y is not None:
        embedding = embedding + unet.label_emb(y)
    return embedding


def _copy_patches_of_clone(_source: Any, clone: Any) -> None:
    """Give a clone its own patch objects, so that a callback added to it stays with it."""
    attn2 = clone.model_options["transformer_options"].get("patches_replace", {}).get("attn2", {})
    for key, patch in attn2.items():
        if isinstance(patch, FusedCrossAttention):
            attn2[key] = patch.copy()
