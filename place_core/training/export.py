"""What a training run gives to ComfyUI: a checkpoint, or a LoRA and a heads file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import torch

from ..checkpoint import save_heads
from ..checkpoint.diffusers_model import Model, save_ldm
from ..checkpoint.files import save_tensors
from ..checkpoint.lora import LORA_FORMAT, lora_state_dict
from .config import Config
from .lora import lora_factors
from .model import PlaceUNet


def result_path(output: Path, step: int, ending: str = ".safetensors") -> Path:
    """Where a run in the folder ``output`` writes what it has learned until a step."""
    return output / f"{output.name}-{step:06}{ending}"


def export(unet: PlaceUNet, frozen: Model, config: Config, step: int) -> list[Path]:
    """Write the results of a run beside its checkpoints, named after the run and the step.

    The whole UNet: ``NAME-STEP.safetensors`` in LDM naming with the heads inside, for Load PLACE
    Model. A LoRA: ``NAME-STEP_lora.safetensors`` for Load LoRA and ``NAME-STEP_heads.safetensors``
    for Load PLACE Fusion.

    Raises:
        FileExistsError: the step was exported before.
        OSError: such as a full disk; nothing is left half written.
    """
    metadata = {
        "base": config.model.name,
        "steps": str(step),
        "license": config.license,
        "configuration": json.dumps(public_configuration(config)),
    }
    dtype = getattr(torch, config.export_dtype)
    heads = unet.heads.values()
    if not config.lora_rank:
        path = result_path(config.output, step)
        model = dataclasses.replace(frozen, unet=unet.unet, heads=heads)
        save_ldm(model, path, metadata, dtype)
        return [path]
    lora = result_path(config.output, step, "_lora.safetensors")
    tensors = lora_state_dict(lora_factors(unet.unet))
    save_tensors(
        {k: v.to(dtype) for k, v in tensors.items()}, lora, {"format": LORA_FORMAT, **metadata}
    )
    heads_path = result_path(config.output, step, "_heads.safetensors")
    save_heads(heads, heads_path, metadata)
    return [lora, heads_path]


def public_configuration(config: Config) -> dict:
    """The configuration without the folders of the machine it ran on, for metadata."""
    values = config.to_dict()
    for key in ("model", "output", "captioned"):
        values[key] = values[key] and Path(values[key]).name
    for key in ("paired", "validation"):
        if values[key]:
            values[key]["path"] = Path(values[key]["path"]).name
    values["tokenizer"] = Path(values["tokenizer"]).name
    return values
