"""Convert checkpoints: ``python -m place_core.checkpoint --help``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from .files import CheckpointError, read_metadata, read_tensors, refuse_existing, save_tensors
from .heads import NoHeadsError, is_head, read_heads, save_heads
from .names import TEXT_PREFIX, UNET_PREFIX, VAE_PREFIX

DTYPES = {"float16": torch.float16, "float32": torch.float32}

_CARRIED = ("base", "steps", "license", "configuration")
_PREFIXES = {
    UNET_PREFIX: "UNet",
    VAE_PREFIX: "VAE",
    TEXT_PREFIX: "text encoder",
    "lora_unet_": "LoRA for the UNet",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it worked, 1 with one line on the standard error when not."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (CheckpointError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def to_ldm(options: argparse.Namespace) -> None:
    """Write a single file, as ComfyUI and A1111 read it."""
    from .diffusers_model import load_model, save_ldm

    _require_safetensors(options.target)
    refuse_existing(options.target)
    metadata = _metadata(options)
    save_ldm(load_model(options.source), options.target, metadata, DTYPES[options.dtype])
    _report(options.target)


def to_diffusers(options: argparse.Namespace) -> None:
    """Write a folder, as diffusers reads it."""
    from .diffusers_model import load_model, save_diffusers

    refuse_existing(options.target)
    save_diffusers(load_model(options.source), options.target, _metadata(options))
    print(f"wrote {options.target}")


def heads(options: argparse.Namespace) -> None:
    """Write the fusion heads alone, as Load PLACE Fusion reads them."""
    _require_safetensors(options.target)
    save_heads(read_heads(options.source), options.target, _metadata(options))
    _report(options.target)


def lora(options: argparse.Namespace) -> None:
    """Write the difference of two UNets as a LoRA, and the fusion heads beside it."""
    from .diffusers_model import load_unet
    from .lora import LORA_FORMAT, extract_lora

    target: Path = options.target
    heads_target = target.with_name(f"{target.stem}_heads.safetensors")
    _require_safetensors(target)
    refuse_existing(target)
    refuse_existing(heads_target)
    metadata = {**_metadata(options), "base": options.base.name}
    try:
        found = read_heads(options.source)
    except NoHeadsError:
        found = None
    tensors, energy = extract_lora(load_unet(options.base), load_unet(options.source), options.rank)
    if not tensors:
        raise CheckpointError(
            f"the UNets of {options.source.name} and {options.base.name} differ in no layer that "
            "a LoRA can change; nothing was written"
        )
    save_tensors(tensors, target, {**metadata, "format": LORA_FORMAT})
    _report(target)
    print(f"kept energy: {energy.total:.2%} of the whole difference of the UNets")
    print(f"least kept:  {energy.least:.2%}, in {energy.least_layer}")
    print(f"no LoRA can hold {energy.not_representable:.2%} of it (biases and norms)")
    if found is not None:
        save_heads(found, heads_target, metadata)
        _report(heads_target)


def show(options: argparse.Namespace) -> None:
    """Print the metadata of a file or folder, and what is inside."""
    path: Path = options.source
    for key, value in sorted(read_metadata(path).items()):
        print(f"{key}: {value}")
    files = sorted(path.glob("**/*.safetensors")) if path.is_dir() else [path]
    if not files:
        raise CheckpointError(f"{path} holds no .safetensors file; give a model's file or folder")
    for file in files:
        print(f"{file.relative_to(path) if path.is_dir() else file.name}:")
        for line in _content(read_tensors(file)):
            print(f"  {line}")


def _content(tensors: Mapping[str, Tensor]) -> list[str]:
    """A line for each kind of tensor."""
    kinds: dict[str, list[Tensor]] = {}
    for name, tensor in tensors.items():
        kinds.setdefault(_kind(name), []).append(tensor)
    lines = []
    for kind, members in kinds.items():
        parameters = sum(tensor.numel() for tensor in members)
        types = Counter(str(tensor.dtype).removeprefix("torch.") for tensor in members)
        lines.append(
            f"{kind}: {len(members)} tensors, {parameters:,} numbers, {', '.join(sorted(types))}"
        )
    return lines


def _kind(name: str) -> str:
    if is_head(name):
        return "PLACE heads"
    return next((kind for prefix, kind in _PREFIXES.items() if name.startswith(prefix)), "weights")


def _metadata(options: argparse.Namespace) -> dict[str, str]:
    """What the source says of itself, and where that is nothing, its name as the base."""
    source: Path = options.source
    found = read_metadata(source) if source.exists() else {}
    metadata = {"base": source.name, **{key: found[key] for key in _CARRIED if key in found}}
    if options.license is not None:
        metadata["license"] = options.license
    return metadata


def _require_safetensors(target: Path) -> None:
    if target.suffix != ".safetensors":
        raise CheckpointError(f"{target.name}: give the target a name that ends in .safetensors")


def _report(path: Path) -> None:
    print(f"wrote {path} ({path.stat().st_size / 1e6:,.1f} MB)")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m place_core.checkpoint",
        description="Convert Stable Diffusion 1.x checkpoints with PLACE heads. Nothing is ever "
        "overwritten. A model is a .safetensors or .ckpt file, or a folder of diffusers.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, source: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        added.set_defaults(command=function)
        added.add_argument("source", type=Path, metavar=source)
        return added

    def writer(name: str, function: object, source: str = "SOURCE") -> argparse.ArgumentParser:
        added = command(name, function, source)
        added.add_argument("--license", metavar="TEXT", help="for the metadata")
        return added

    single = writer("to-ldm", to_ldm)
    single.add_argument("target", type=Path, metavar="TARGET.safetensors")
    single.add_argument("--dtype", choices=DTYPES, default="float32")

    folder = writer("to-diffusers", to_diffusers)
    folder.add_argument("target", type=Path, metavar="TARGET_FOLDER")

    alone = writer("heads", heads)
    alone.add_argument("target", type=Path, metavar="TARGET.safetensors")

    difference = writer("lora", lora, "TUNED")
    difference.add_argument("base", type=Path, metavar="BASE")
    difference.add_argument("target", type=Path, metavar="TARGET.safetensors")
    difference.add_argument("--rank", type=int, required=True, metavar="N")

    command("show", show, "FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
