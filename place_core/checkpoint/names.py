"""What the weights of Stable Diffusion 1.x are called in a single file (LDM) and in diffusers.

Each model has one table of its modules, LDM name → diffusers name, which is read in both
directions. How many blocks a model has is seen from the names of its weights, so models of any size
are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .files import CheckpointError

UNET_PREFIX = "model.diffusion_model."
VAE_PREFIX = "first_stage_model."
TEXT_PREFIX = "cond_stage_model.transformer."

Pairs = Iterator[tuple[str, str]]
"""(LDM name, diffusers name) of modules."""

_UNET_ENDS = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "input_blocks.0.0": "conv_in",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
}
_UNET_RESNET = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
# Both call the parts of a transformer the same; the last is the head of α, which diffusers lacks.
_UNET_TRANSFORMER = (
    "norm",
    "proj_in",
    *(f"transformer_blocks.0.norm{i}" for i in (1, 2, 3)),
    *(
        f"transformer_blocks.0.attn{i}.{part}"
        for i in (1, 2)
        for part in ("to_q", "to_k", "to_v", "to_out.0")
    ),
    "transformer_blocks.0.ff.net.0.proj",
    "transformer_blocks.0.ff.net.2",
    "proj_out",
    "transformer_blocks.0.attn2.cascale.0",
)
_VAE_RESNET = {
    "norm1": "norm1",
    "conv1": "conv1",
    "norm2": "norm2",
    "conv2": "conv2",
    "nin_shortcut": "conv_shortcut",
}
_VAE_ATTENTION = {
    "norm": "group_norm",
    "q": "to_q",
    "k": "to_k",
    "v": "to_v",
    "proj_out": "to_out.0",
}
_TEXT_MODEL = "text_model."


@dataclass(frozen=True)
class UNetLevels:
    """How a UNet is built.

    Attributes:
        resnets: per level on the way down; on the way up there is one more.
        attention: whether each level, from the finest to the coarsest, has cross-attention.
    """

    resnets: int
    attention: tuple[bool, ...]


def unet_levels(names: Iterable[str]) -> UNetLevels:
    """How the UNet with these tensors, named in LDM or diffusers, is built.

    Raises:
        CheckpointError: these are not the names of a UNet, or its levels differ in length.
    """
    names = set(names)
    if any(name.startswith("input_blocks.") for name in names):
        return _levels_of_ldm(names)
    levels = _count(names, r"down_blocks\.(\d+)\.resnets\.0\.conv1\.weight")
    resnets = _count(names, r"down_blocks\.0\.resnets\.(\d+)\.conv1\.weight")
    if not (levels and resnets):
        raise CheckpointError("these tensors are not a UNet's: no input_blocks, no down_blocks")
    attention = (f"down_blocks.{i}.attentions.0.norm.weight" in names for i in range(levels))
    return UNetLevels(resnets, tuple(attention))


def _levels_of_ldm(names: set[str]) -> UNetLevels:
    numbers = _numbers(names, r"input_blocks\.(\d+)\..*")
    blocks = len(numbers)
    if numbers != set(range(blocks)):
        raise CheckpointError(
            "this UNet's input blocks are not numbered from 0 on without a gap; the file is "
            "incomplete, get it again"
        )
    levels = 1 + len(_numbers(names, r"input_blocks\.(\d+)\.0\.op\.weight"))
    if blocks % levels:
        raise CheckpointError(
            f"this UNet has {blocks} input blocks on {levels} levels, so its levels differ in "
            "length; Stable Diffusion 1.x has no such UNet"
        )
    per_level = blocks // levels
    attention = (
        f"input_blocks.{1 + level * per_level}.1.norm.weight" in names for level in range(levels)
    )
    return UNetLevels(per_level - 1, tuple(attention))


def unet_modules(levels: UNetLevels) -> dict[str, str]:
    """LDM name → diffusers name of all modules of a UNet that have weights."""
    return {**_UNET_ENDS, **dict(_down(levels)), **dict(_middle()), **dict(_up(levels))}


def _down(levels: UNetLevels) -> Pairs:
    per_level = levels.resnets + 1
    for level, attention in enumerate(levels.attention):
        for i in range(levels.resnets):
            ldm = f"input_blocks.{1 + level * per_level + i}"
            yield from _resnet(f"{ldm}.0", f"down_blocks.{level}.resnets.{i}")
            if attention:
                yield from _transformer(f"{ldm}.1", f"down_blocks.{level}.attentions.{i}")
        if level + 1 < len(levels.attention):
            ldm = f"input_blocks.{(level + 1) * per_level}.0.op"
            yield ldm, f"down_blocks.{level}.downsamplers.0.conv"


def _middle() -> Pairs:
    yield from _resnet("middle_block.0", "mid_block.resnets.0")
    yield from _transformer("middle_block.1", "mid_block.attentions.0")
    yield from _resnet("middle_block.2", "mid_block.resnets.1")


def _up(levels: UNetLevels) -> Pairs:
    per_level = levels.resnets + 1
    for level, attention in enumerate(reversed(levels.attention)):
        for i in range(per_level):
            ldm = f"output_blocks.{level * per_level + i}"
            yield from _resnet(f"{ldm}.0", f"up_blocks.{level}.resnets.{i}")
            if attention:
                yield from _transformer(f"{ldm}.1", f"up_blocks.{level}.attentions.{i}")
        if level + 1 < len(levels.attention):
            # The upsampler comes last in its block, behind the attention where there is one.
            ldm = f"output_blocks.{level * per_level + levels.resnets}.{2 if attention else 1}.conv"
            yield ldm, f"up_blocks.{level}.upsamplers.0.conv"


def _resnet(ldm: str, diffusers: str) -> Pairs:
    for one, other in _UNET_RESNET.items():
        yield f"{ldm}.{one}", f"{diffusers}.{other}"


def _transformer(ldm: str, diffusers: str) -> Pairs:
    for part in _UNET_TRANSFORMER:
        yield f"{ldm}.{part}", f"{diffusers}.{part}"


def unet_names(names: Iterable[str]) -> dict[str, str]:
    """LDM name → diffusers name of a UNet's tensors.

    Args:
        names: all tensors of the UNet, without ``model.diffusion_model.``; all in LDM or all in
            diffusers naming. Heads of α may be among them.

    Raises:
        CheckpointError: a name that Stable Diffusion 1.x has not.
    """
    names = list(names)
    return _tensor_names(names, unet_modules(unet_levels(names)), "UNet")


def cross_attention_names(names: Iterable[str]) -> dict[str, str]:
    """LDM name → diffusers name of the cross-attention modules, in the order they run.

    Args:
        names: all tensors of the UNet, in LDM or in diffusers naming.
    """
    end = ".attn2.to_q"
    return {
        ldm.removesuffix(".to_q"): diffusers.removesuffix(".to_q")
        for ldm, diffusers in unet_modules(unet_levels(names)).items()
        if ldm.endswith(end)
    }


def vae_names(names: Iterable[str]) -> dict[str, str]:
    """LDM name → diffusers name of the tensors of an AutoencoderKL.

    The attention is a 1×1 convolution ``[C, C, 1, 1]`` in LDM and linear ``[C, C]`` in diffusers:
    see :func:`is_vae_attention`.

    Args:
        names: all tensors of the VAE, without ``first_stage_model.``; all in LDM or all in
            diffusers naming.

    Raises:
        CheckpointError: a name that Stable Diffusion 1.x has not.
    """
    names = list(names)
    levels = _count(names, r"encoder\.down(?:_blocks)?\.(\d+)\..*")
    resnets = _count(names, r"encoder\.down(?:_blocks)?\.0\.(?:block|resnets)\.(\d+)\..*")
    return _tensor_names(names, dict(_vae_modules(levels, resnets)), "VAE")


def is_vae_attention(diffusers_name: str) -> bool:
    """Whether a tensor of the VAE is one whose shape differs between LDM and diffusers."""
    return re.search(r"\.attentions\.0\.to_(q|k|v|out\.0)\.weight$", diffusers_name) is not None


def _vae_modules(levels: int, resnets: int) -> Pairs:
    yield "quant_conv", "quant_conv"
    yield "post_quant_conv", "post_quant_conv"
    for half in ("encoder", "decoder"):
        yield f"{half}.conv_in", f"{half}.conv_in"
        yield f"{half}.norm_out", f"{half}.conv_norm_out"
        yield f"{half}.conv_out", f"{half}.conv_out"
        for i in range(2):
            yield from _vae_resnet(f"{half}.mid.block_{i + 1}", f"{half}.mid_block.resnets.{i}")
        for ldm, diffusers in _VAE_ATTENTION.items():
            yield f"{half}.mid.attn_1.{ldm}", f"{half}.mid_block.attentions.0.{diffusers}"
    for level in range(levels):
        down, down_block = f"encoder.down.{level}", f"encoder.down_blocks.{level}"
        # LDM counts the levels of the decoder from the finest, diffusers in the order they run.
        up, up_block = f"decoder.up.{levels - 1 - level}", f"decoder.up_blocks.{level}"
        yield f"{down}.downsample.conv", f"{down_block}.downsamplers.0.conv"
        yield f"{up}.upsample.conv", f"{up_block}.upsamplers.0.conv"
        for i in range(resnets):
            yield from _vae_resnet(f"{down}.block.{i}", f"{down_block}.resnets.{i}")
        for i in range(resnets + 1):
            yield from _vae_resnet(f"{up}.block.{i}", f"{up_block}.resnets.{i}")


def _vae_resnet(ldm: str, diffusers: str) -> Pairs:
    for one, other in _VAE_RESNET.items():
        yield f"{ldm}.{one}", f"{diffusers}.{other}"


def tiny_vae_names(names: Iterable[str]) -> dict[str, str]:
    """Name in a single file → diffusers name of the tensors of an AutoencoderTiny.

    Args:
        names: all tensors of the VAE in diffusers naming.
    """
    found = {}
    for name in names:
        half, _, number, parameter = name.split(".", 3)
        # TAESD's decoder begins with a module that has no weights, which diffusers does not count.
        place = int(number) + (half == "decoder")
        found[f"taesd_{half}.{place}.{parameter}"] = name
    return found


def text_encoder_names(names: Iterable[str]) -> dict[str, str]:
    """Name in a single file → name in these tensors, of the CLIP text encoder.

    The names are equal but for ``text_model.`` in front, which files have and newer versions of
    transformers have not.

    Args:
        names: of the tensors, without ``cond_stage_model.transformer.``, with or without
            ``text_model.``.
    """
    return {_TEXT_MODEL + name.removeprefix(_TEXT_MODEL): name for name in names}


def _tensor_names(names: Iterable[str], modules: dict[str, str], model: str) -> dict[str, str]:
    from_diffusers = {diffusers: ldm for ldm, diffusers in modules.items()}
    found = {}
    for name in names:
        module, _, parameter = name.rpartition(".")
        # Modules of the same name in both, as in the VAE, go either way.
        if (ldm := module if module in modules else from_diffusers.get(module)) is None:
            raise CheckpointError(
                f"the {model} has the weight {name}, which Stable Diffusion 1.x has not. Use a "
                "plain Stable Diffusion 1.x model; merge a LoRA into it before."
            )
        found[f"{ldm}.{parameter}"] = f"{modules[ldm]}.{parameter}"
    return found


def _count(names: Iterable[str], pattern: str) -> int:
    return len(_numbers(names, pattern))


def _numbers(names: Iterable[str], pattern: str) -> set[int]:
    matches = (re.fullmatch(pattern, name, re.ASCII) for name in names)
    # Python makes no number of thousands of digits, and no model has so many places.
    return {int(match[1]) for match in matches if match and len(match[1]) < 10}
