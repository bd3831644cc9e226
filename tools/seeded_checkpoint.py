"""A checkpoint that every ComfyUI loads, without a download: random weights made from seeds.

It has the shapes of Stable Diffusion 1 with a small UNet (107 million parameters, two levels), the
whole CLIP-L text encoder, the whole VAE, and the PLACE heads of every cross-attention. Each tensor
is drawn from a seed that is made of its name, so two machines get the same file. A picture made
with it is noise; what it shows is that the chain from the checkpoint to the picture works.

    python tools/seeded_checkpoint.py --comfyui PATH --out FILE [--fusion-out FILE]
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cache
from report import run_logged, step

if TYPE_CHECKING:
    import numpy as np
    import torch

    from comfyui import Host

# Raise it when the content of the files changes.
VERSION = 1
CHECKPOINT_NAME = f"place_seeded_v{VERSION}.safetensors"
FUSION_NAME = f"place_seeded_v{VERSION}_fusion.safetensors"
CHECKPOINT_SIZE = 10**9

UNET_PREFIX = "model.diffusion_model."
CLIP_PREFIX = "cond_stage_model.transformer."
VAE_PREFIX = "first_stage_model."

UNET_CONFIG: dict[str, Any] = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 320,
    "channel_mult": [1, 2],
    "num_res_blocks": [1, 1],
    "transformer_depth": [1, 1],
    "transformer_depth_middle": 1,
    "transformer_depth_output": [1, 1, 1, 1],
    "num_heads": 8,
    "context_dim": 768,
    "use_spatial_transformer": True,
    "use_linear_in_transformer": False,
    "legacy": False,
}
TIME_EMBEDDING = 4 * UNET_CONFIG["model_channels"]

VAE_CONFIG: dict[str, Any] = {
    "double_z": True,
    "z_channels": 4,
    "resolution": 256,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 128,
    "ch_mult": [1, 2, 4, 4],
    "num_res_blocks": 2,
    "attn_resolutions": [],
    "dropout": 0.0,
}
VAE_LATENT = 4

CLIP_TENSORS_NOT_IN_A_CHECKPOINT = ("text_projection.weight",)

METADATA = {
    "modelspec.title": "PLACE seeded test checkpoint",
    "modelspec.description": "Random weights from seeds, no trained model. Pictures are noise.",
    "place.version": str(VERSION),
    "place.command": "python tools/seeded_checkpoint.py --comfyui PATH --out FILE",
}

Shapes = dict[str, tuple[int, ...]]


def cached(host: Host) -> Path:
    """The checkpoint in the cache; made with the host's own classes on the first call."""
    return _cached_file(host, CHECKPOINT_NAME)


def cached_fusion(host: Host) -> Path:
    """The PLACE heads of that checkpoint alone, in the cache."""
    return _cached_file(host, FUSION_NAME)


def _cached_file(host: Host, name: str) -> Path:
    folder = cache.folder() / "seeded"
    # The checkpoint is put in place last, so where it is, both files are.
    if not (folder / CHECKPOINT_NAME).is_file():
        with cache.locked("seeded checkpoint"):
            if not (folder / CHECKPOINT_NAME).is_file():
                _fill(host, folder)
    return folder / name


def _fill(host: Host, folder: Path) -> None:
    checkpoint, fusion = folder / CHECKPOINT_NAME, folder / FUSION_NAME
    cache.require_space(CHECKPOINT_SIZE, "The seeded checkpoint")
    cache.discard_unfinished(checkpoint)
    cache.discard_unfinished(fusion)
    log = cache.folder() / "seeded-checkpoint.log"
    with (
        step(f"Making a checkpoint with random weights, {checkpoint}"),
        cache.written_whole(checkpoint) as new_checkpoint,
        cache.written_whole(fusion) as new_fusion,
    ):
        command = [host.python, Path(__file__).resolve(), "--comfyui", host.path]
        command += ["--out", new_checkpoint, "--fusion-out", new_fusion]
        run_logged(command, log)


def scale_for(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """(offset, scale) of the normal draw for a parameter, by its name."""
    if name.endswith("cascale.0.weight"):
        return 0.0, 0.05
    if name.endswith("cascale.0.bias"):
        return 0.0, 0.3
    # As CLIP is initialized; the general rule would drown the positions.
    if name.endswith("token_embedding.weight"):
        return 0.0, 0.02
    if name.endswith("position_embedding.weight"):
        return 0.0, 0.01
    if name.endswith(".weight") and len(shape) >= 2:
        return 0.0, 1.0 / math.sqrt(math.prod(shape[1:]))
    if name.endswith(".weight"):
        return 1.0, 0.1
    if name.endswith(".bias"):
        return 0.0, 0.02
    raise KeyError(f"no rule for parameter {name!r} of shape {shape}")


def seeded(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The float32 values of a parameter: RandomState is numpy's frozen generator."""
    import numpy as np

    random = np.random.RandomState(zlib.crc32(name.encode("utf-8")))
    offset, scale = scale_for(name, shape)
    values = random.standard_normal(shape).astype(np.float32) * np.float32(scale)
    return values + np.float32(offset) if offset else values


def load_comfy(comfyui: Path) -> None:
    """Make `import comfy` possible in this process, on the CPU."""
    sys.path.insert(0, str(comfyui))
    # The host reads the command line at import, and asks for a GPU unless told otherwise.
    sys.argv = [sys.argv[0], "--cpu"]
    import comfy.options

    comfy.options.enable_args_parsing()


def unet_shapes() -> Shapes:
    """The host's UNet with a PLACE head in each cross-attention; names as in the UNet."""
    import comfy.ops
    from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel

    unet = UNetModel(**UNET_CONFIG, device="meta", operations=comfy.ops.disable_weight_init)
    shapes = _shapes(unet.state_dict())
    for name in list(shapes):
        if name.endswith("attn2.to_q.weight"):
            head = name.removesuffix("to_q.weight") + "cascale.0."
            shapes[head + "weight"] = (1, TIME_EMBEDDING)
            shapes[head + "bias"] = (1,)
    return shapes


def clip_shapes() -> Shapes:
    """The host's CLIP-L text encoder."""
    import json

    import comfy.clip_model
    import comfy.ops
    import comfy.sd1_clip

    config_file = Path(comfy.sd1_clip.__file__).with_name("sd1_clip_config.json")
    config = json.loads(config_file.read_text(encoding="utf-8"))
    model = comfy.clip_model.CLIPTextModel(config, None, "meta", comfy.ops.disable_weight_init)
    shapes = _shapes(model.state_dict())
    for name in CLIP_TENSORS_NOT_IN_A_CHECKPOINT:
        del shapes[name]
    return shapes


def vae_shapes() -> Shapes:
    """The host's VAE, encoder and decoder."""
    import torch
    from comfy.ldm.models.autoencoder import AutoencoderKL

    with torch.device("meta"):
        vae = AutoencoderKL(ddconfig=VAE_CONFIG, embed_dim=VAE_LATENT)
    return _shapes(vae.state_dict())


def _shapes(state: Mapping[str, torch.Tensor]) -> Shapes:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def is_head(name: str) -> bool:
    """Whether a tensor belongs to a PLACE head."""
    return ".cascale." in name


def state_dict() -> dict[str, torch.Tensor]:
    """The whole checkpoint; `load_comfy` comes first.

    The UNet is float32, because its numbers are compared; CLIP and VAE are float16 to save space.
    """
    import torch

    parts = [
        (UNET_PREFIX, "", unet_shapes(), torch.float32),
        (CLIP_PREFIX, CLIP_PREFIX, clip_shapes(), torch.float16),
        (VAE_PREFIX, VAE_PREFIX, vae_shapes(), torch.float16),
    ]

    def jobs() -> Iterator[tuple[str, str, tuple[int, ...], torch.dtype]]:
        for prefix, seed_prefix, shapes, dtype in parts:
            for name, shape in shapes.items():
                yield prefix + name, seed_prefix + name, shape, dtype

    def make(job: tuple[str, str, tuple[int, ...], torch.dtype]) -> tuple[str, torch.Tensor]:
        name, seed_name, shape, dtype = job
        return name, torch.from_numpy(seeded(seed_name, shape)).to(dtype)

    # numpy draws without holding Python's lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(make, jobs()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comfyui", type=Path, required=True, help="a ComfyUI source tree")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint to write")
    parser.add_argument("--fusion-out", type=Path, help="also write the PLACE heads alone")
    options = parser.parse_args()
    load_comfy(options.comfyui)
    from safetensors.torch import save_file

    state = state_dict()
    save_file(state, options.out, METADATA)
    if options.fusion_out:
        heads = {name: tensor for name, tensor in state.items() if is_head(name)}
        save_file(heads, options.fusion_out, METADATA)


if __name__ == "__main__":
    main()
