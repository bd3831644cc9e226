"""A training step with semantic alignment against one without: time, and memory for gradients.

    python3 tools bench training_step

The UNet of Stable Diffusion 1 on latents of 64×64, with gradient checkpointing. Without a GPU the
times are of batch 1 in float32; the memory is counted for batch 4 in bfloat16 either way.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from _measure import interleaved_medians, timed
from diffusers import UNet2DConditionModel
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from place_core.losses import denoising_loss
from place_core.training.model import PlaceUNet

SD1 = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
}
GRIDS = (64, 32, 16, 8)
REPEATS = 3
GB = 10**9


def main() -> None:
    print(
        "| gradient checkpointing | alignment | GB kept for the backward pass, batch 4, bfloat16 |"
    )
    print("|---|---|---:|")
    for checkpointing in (False, True):
        for align in (False, True):
            kept = bytes_kept(4, align, checkpointing) / GB
            print(f"| {_yes(checkpointing)} | {_yes(align)} | {kept:.2f} |", flush=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    batch = 4 if device.type == "cuda" else 1
    with torch.device(device):
        unet = new_unet(checkpointing=True)
        call = inputs(batch)
    peaks: dict[str, float] = {}
    variants = {
        "paired": passes(unet, call, False, peaks),
        "paired with alignment": passes(unet, call, True, peaks),
        "layout-free": passes(unet, {**call, "layout": None}, False, peaks),
    }
    seconds = interleaved_medians(variants, REPEATS)
    print_times(seconds, peaks, f"{_name(device)}, batch {batch}")


def new_unet(checkpointing: bool) -> PlaceUNet:
    unet = PlaceUNet(UNet2DConditionModel(**SD1)).train()
    if checkpointing:
        unet.unet.enable_gradient_checkpointing()
    return unet


def inputs(batch: int) -> dict:
    """A call of the UNet with a random layout; a third of the tokens are bound."""
    layout = {}
    for grid in GRIDS:
        layout[grid * grid] = torch.ones(batch, grid * grid, 77)
        layout[grid * grid][..., 1:26] = torch.rand(batch, grid * grid, 25)
    return {
        "latents": torch.randn(batch, 4, 64, 64),
        "timesteps": torch.randint(1000, (batch,)),
        "context": torch.randn(batch, 77, 768),
        "layout": layout,
    }


def loss_of(unet: PlaceUNet, call: dict, align: bool, precision: torch.dtype) -> Tensor:
    device = call["latents"].device.type
    with torch.autocast(device, precision, enabled=precision != torch.float32):
        noise, alignment = unet(**call, align=align)
    loss = denoising_loss(noise, torch.zeros_like(call["latents"]))
    return loss if alignment is None else loss + alignment


def passes(
    unet: PlaceUNet, call: dict, align: bool, peaks: dict[str, float]
) -> Callable[[], float]:
    """A forward and a backward pass; on a GPU also the peak of its memory."""
    device = call["latents"].device
    precision = torch.bfloat16 if device.type == "cuda" else torch.float32

    def run() -> None:
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        loss_of(unet, call, align, precision).backward()
        if device.type == "cuda":
            torch.cuda.synchronize()
            peaks["with" if align else "without"] = torch.cuda.max_memory_allocated() / GB
        unet.zero_grad()

    return timed(run)


def print_times(seconds: dict[str, float], peaks: dict[str, float], where: str) -> None:
    paired, aligned, free = seconds.values()
    print(f"\n{where}\n\n| | s | ratio |\n|---|---:|---:|")
    print(f"| paired pass | {paired:.2f} | 1 |")
    print(f"| paired pass with alignment | {aligned:.2f} | {aligned / paired:.2f} |")
    print(f"| whole step, both kinds of pairs | {paired + free:.2f} | 1 |")
    whole = (aligned + free) / (paired + free)
    print(f"| whole step with alignment | {aligned + free:.2f} | {whole:.2f} |")
    for name, peak in peaks.items():
        print(f"\nPeak {name} alignment: {peak:.2f} GB")


def bytes_kept(batch: int, align: bool, checkpointing: bool) -> int:
    """Bytes that autograd holds between the passes, beside weights; counted, nothing is computed.

    What one checkpointed block needs for a moment in the backward pass comes on top.
    """
    kept: dict[int, int] = {}
    alive = []  # A storage that is freed could give its address to another.

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in weights:
            kept[storage._cdata] = storage.nbytes()
            alive.append(tensor)
        return tensor

    with FakeTensorMode():
        unet = new_unet(checkpointing)
        weights = {p.untyped_storage()._cdata for p in unet.parameters()}
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss_of(unet, inputs(batch), align, torch.bfloat16)
    return sum(kept.values())


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name()
    return f"{torch.get_num_threads()} CPU threads"


if __name__ == "__main__":
    main()
