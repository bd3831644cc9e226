"""Training a LoRA instead of the whole UNet, for small cards."""

from __future__ import annotations

from diffusers import UNet2DConditionModel
from peft import LoraConfig
from peft.tuners.lora import LoraLayer
from torch import Tensor

_ADAPTER = "place"


def add_lora(unet: UNet2DConditionModel, rank: int) -> None:
    """Freeze the UNet and put a trainable LoRA beside the projections of all attention layers.

    The LoRA begins as no change at all; its scale (alpha / rank) is 1.
    """
    unet.requires_grad_(False)
    targets = ["to_q", "to_k", "to_v", "to_out.0"]
    unet.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=targets), _ADAPTER)


def lora_factors(unet: UNet2DConditionModel) -> dict[str, tuple[Tensor, Tensor, float]]:
    """Module name → down ``[r, in]``, up ``[out, r]`` and alpha of the trained LoRA."""
    return {
        name: (
            module.lora_A[_ADAPTER].weight.detach().float().cpu(),
            module.lora_B[_ADAPTER].weight.detach().float().cpu(),
            float(module.lora_alpha[_ADAPTER]),
        )
        for name, module in unet.named_modules()
        if isinstance(module, LoraLayer)
    }
