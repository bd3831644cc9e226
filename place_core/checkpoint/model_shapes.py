"""Which tensors a model of a given configuration has, and of which shapes, by their LDM names.

With this a file is compared with its own description before any model is built of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from torch import Tensor

from .files import CheckpointError
from .heads import is_head
from .model_config import (
    KLVAEConfig,
    ModelConfig,
    TextConfig,
    TinyVAEConfig,
    UNetConfig,
)
from .names import TEXT_PREFIX, UNET_PREFIX, VAE_PREFIX

Shapes = Iterator[tuple[str, tuple[int, ...]]]
"""(name, shape) of tensors."""

_PREFIXES = (UNET_PREFIX, VAE_PREFIX, TEXT_PREFIX)
# A constant that some versions of transformers save.
_POSITION_IDS = f"{TEXT_PREFIX}text_model.embeddings.position_ids"
_TINY_CHANNELS = 64
_TINY_BLOCKS = (1, 3, 3, 3)  # per level, from the finest


def tensor_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Full LDM name → shape of all weights of a model, without the heads of α."""
    vae = _tiny_vae(config.vae) if isinstance(config.vae, TinyVAEConfig) else _kl_vae(config.vae)
    return dict(
        [
            *_under(UNET_PREFIX, _unet(config.unet)),
            *_under(VAE_PREFIX, vae),
            *_under(TEXT_PREFIX, _text_encoder(config.text_encoder)),
        ]
    )


def check_tensors(config: ModelConfig, tensors: Mapping[str, Tensor], source: str) -> None:
    """Make sure that a file's tensors are those of its configuration.

    Args:
        tensors: by their names in the file; what belongs to no part of a model is passed over.
        source: what error messages call the file.

    Raises:
        CheckpointError: a weight is missing, too many, or of another shape.
    """
    expected = tensor_shapes(config)
    for name, shape in expected.items():
        if name not in tensors:
            raise CheckpointError(
                f"{source} lacks the weight {name}, which its description of the model asks for; "
                "get it again"
            )
        if (found := tuple(tensors[name].shape)) != shape:
            raise CheckpointError(
                f"{source}: the weight {name} is {list(found)}, its description of the model asks "
                f"for {list(shape)}; get it again"
            )
    for name in tensors:
        known = name in expected or is_head(name) or name == _POSITION_IDS
        if name.startswith(_PREFIXES) and not known:
            raise CheckpointError(
                f"{source} has the weight {name}, which its description of the model does not "
                "mention; get it again"
            )


def _under(prefix: str, shapes: Iterable[tuple[str, tuple[int, ...]]]) -> Shapes:
    for name, shape in shapes:
        yield f"{prefix}{name}", shape


def _linear(name: str, inputs: int, outputs: int, bias: bool = True) -> Shapes:
    yield f"{name}.weight", (outputs, inputs)
    if bias:
        yield f"{name}.bias", (outputs,)


def _conv(name: str, inputs: int, outputs: int, size: int = 3, bias: bool = True) -> Shapes:
    yield f"{name}.weight", (outputs, inputs, size, size)
    if bias:
        yield f"{name}.bias", (outputs,)


def _norm(name: str, width: int) -> Shapes:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


def _unet(config: UNetConfig) -> Shapes:
    base, coarsest = config.channels[0], config.channels[-1]
    embedding = 4 * base
    yield from _linear("time_embed.0", base, embedding)
    yield from _linear("time_embed.2", embedding, embedding)
    yield from _conv("input_blocks.0.0", config.latent_channels, base)
    width, block, skipped = base, 1, [base]
    for level, channels in enumerate(config.channels):
        for _ in range(config.resnets):
            yield from _unet_resnet(f"input_blocks.{block}.0", width, channels, embedding)
            if config.attention[level]:
                yield from _transformer(f"input_blocks.{block}.1", channels, config.context)
            width, block = channels, block + 1
            skipped.append(width)
        if level + 1 < len(config.channels):
            yield from _conv(f"input_blocks.{block}.0.op", width, width)
            block += 1
            skipped.append(width)
    yield from _unet_resnet("middle_block.0", coarsest, coarsest, embedding)
    yield from _transformer("middle_block.1", coarsest, config.context)
    yield from _unet_resnet("middle_block.2", coarsest, coarsest, embedding)
    block = 0
    for level, channels in reversed(list(enumerate(config.channels))):
        for i in range(config.resnets + 1):
            name = f"output_blocks.{block}"
            yield from _unet_resnet(f"{name}.0", width + skipped.pop(), channels, embedding)
            if config.attention[level]:
                yield from _transformer(f"{name}.1", channels, config.context)
            if level > 0 and i == config.resnets:
                place = 2 if config.attention[level] else 1
                yield from _conv(f"{name}.{place}.conv", channels, channels)
            width, block = channels, block + 1
    yield from _norm("out.0", base)
    yield from _conv("out.2", base, config.latent_channels)


def _unet_resnet(name: str, inputs: int, outputs: int, embedding: int) -> Shapes:
    yield from _norm(f"{name}.in_layers.0", inputs)
    yield from _conv(f"{name}.in_layers.2", inputs, outputs)
    yield from _linear(f"{name}.emb_layers.1", embedding, outputs)
    yield from _norm(f"{name}.out_layers.0", outputs)
    yield from _conv(f"{name}.out_layers.3", outputs, outputs)
    if inputs != outputs:
        yield from _conv(f"{name}.skip_connection", inputs, outputs, 1)


def _transformer(name: str, width: int, context: int) -> Shapes:
    block = f"{name}.transformer_blocks.0"
    yield from _norm(f"{name}.norm", width)
    yield from _conv(f"{name}.proj_in", width, width, 1)
    for attention, reads in (("attn1", width), ("attn2", context)):
        yield from _linear(f"{block}.{attention}.to_q", width, width, bias=False)
        yield from _linear(f"{block}.{attention}.to_k", reads, width, bias=False)
        yield from _linear(f"{block}.{attention}.to_v", reads, width, bias=False)
        yield from _linear(f"{block}.{attention}.to_out.0", width, width)
    for i in (1, 2, 3):
        yield from _norm(f"{block}.norm{i}", width)
    # Half of it is the gate.
    yield from _linear(f"{block}.ff.net.0.proj", width, 8 * width)
    yield from _linear(f"{block}.ff.net.2", 4 * width, width)
    yield from _conv(f"{name}.proj_out", width, width, 1)


def _text_encoder(config: TextConfig) -> Shapes:
    width = config.width
    yield "text_model.embeddings.token_embedding.weight", (config.vocabulary, width)
    yield "text_model.embeddings.position_embedding.weight", (config.positions, width)
    for i in range(config.layers):
        layer = f"text_model.encoder.layers.{i}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _linear(f"{layer}.self_attn.{part}", width, width)
        yield from _norm(f"{layer}.layer_norm1", width)
        yield from _linear(f"{layer}.mlp.fc1", width, config.intermediate)
        yield from _linear(f"{layer}.mlp.fc2", config.intermediate, width)
        yield from _norm(f"{layer}.layer_norm2", width)
    yield from _norm("text_model.final_layer_norm", width)


def _kl_vae(config: KLVAEConfig) -> Shapes:
    latents = config.latent_channels
    finest, coarsest = config.channels[0], config.channels[-1]
    yield from _conv("quant_conv", 2 * latents, 2 * latents, 1)
    yield from _conv("post_quant_conv", latents, latents, 1)
    yield from _conv("encoder.conv_in", 3, finest)
    yield from _conv("decoder.conv_in", latents, coarsest)
    width = finest
    for level, channels in enumerate(config.channels):
        for i in range(config.resnets):
            yield from _vae_resnet(f"encoder.down.{level}.block.{i}", width, channels)
            width = channels
        if level + 1 < len(config.channels):
            yield from _conv(f"encoder.down.{level}.downsample.conv", width, width)
    width = coarsest
    for level, channels in reversed(list(enumerate(config.channels))):
        for i in range(config.resnets + 1):
            yield from _vae_resnet(f"decoder.up.{level}.block.{i}", width, channels)
            width = channels
        if level > 0:
            yield from _conv(f"decoder.up.{level}.upsample.conv", width, width)
    for half in ("encoder", "decoder"):
        yield from _vae_resnet(f"{half}.mid.block_1", coarsest, coarsest)
        yield from _norm(f"{half}.mid.attn_1.norm", coarsest)
        for part in ("q", "k", "v", "proj_out"):
            yield from _conv(f"{half}.mid.attn_1.{part}", coarsest, coarsest, 1)
        yield from _vae_resnet(f"{half}.mid.block_2", coarsest, coarsest)
    yield from _norm("encoder.norm_out", coarsest)
    yield from _conv("encoder.conv_out", coarsest, 2 * latents)
    yield from _norm("decoder.norm_out", finest)
    yield from _conv("decoder.conv_out", finest, 3)


def _vae_resnet(name: str, inputs: int, outputs: int) -> Shapes:
    yield from _norm(f"{name}.norm1", inputs)
    yield from _conv(f"{name}.conv1", inputs, outputs)
    yield from _norm(f"{name}.norm2", outputs)
    yield from _conv(f"{name}.conv2", outputs, outputs)
    if inputs != outputs:
        yield from _conv(f"{name}.nin_shortcut", inputs, outputs, 1)


def _tiny_vae(config: TinyVAEConfig) -> Shapes:
    width = _TINY_CHANNELS
    yield "vae_scale", ()
    yield "vae_shift", ()
    place = 0
    for level, blocks in enumerate(_TINY_BLOCKS):
        inputs, first = (3, True) if level == 0 else (width, False)
        yield from _conv(f"taesd_encoder.{place}", inputs, width, bias=first)
        for i in range(blocks):
            yield from _tiny_block(f"taesd_encoder.{place + 1 + i}")
        place += 1 + blocks
    yield from _conv(f"taesd_encoder.{place}", width, config.latent_channels)
    # A clamp is the first module and an activation the third; neither has weights.
    yield from _conv("taesd_decoder.1", config.latent_channels, width)
    place = 3
    for level, blocks in reversed(list(enumerate(_TINY_BLOCKS))):
        for i in range(blocks):
            yield from _tiny_block(f"taesd_decoder.{place + i}")
        place += blocks
        if level > 0:
            # Behind the module that doubles the grid.
            yield from _conv(f"taesd_decoder.{place + 1}", width, width, bias=False)
            place += 2
    yield from _conv(f"taesd_decoder.{place}", width, 3)


def _tiny_block(name: str) -> Shapes:
    for i in (0, 2, 4):
        yield from _conv(f"{name}.conv.{i}", _TINY_CHANNELS, _TINY_CHANNELS)
