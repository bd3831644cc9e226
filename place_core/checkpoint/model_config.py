"""What a model of Stable Diffusion 1.x's design is made of, as its file tells in its metadata.

Shapes of tensors do not tell everything: not how many heads an attention has, nor the groups of a
norm, nor the scale of the latents. A file whose model is not Stable Diffusion 1.x itself carries
this, as JSON, under the key ``place_model`` of its safetensors metadata. What a file says is
checked, never evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from .files import CheckpointError, read_metadata

EPSILON, VELOCITY = PREDICTIONS = ("epsilon", "v_prediction")
"""What a UNet predicts, in diffusers' words: the noise, or the velocity (arXiv 2202.00512)."""

MODEL_KEY = "place_model"
"""Of the metadata of a single file."""

LATENT_SCALE = 0.18215
"""Stable Diffusion 1.x's own: latents of unit variance = output of its VAE × this."""

_VERSION = 1
_LONGEST_JSON = 10_000  # characters; a real one has some 500
_WIDEST = 8192
_MOST_LEVELS = 8
_MOST_BLOCKS = 64
_MOST_TOKENS = 1_000_000
_SCALES = (1e-4, 1e4)
_STRONGEST = 100.0  # of the factors of a color

Section = TypeVar("Section")


@dataclass(frozen=True)
class UNetConfig:
    """A UNet with cross-attention.

    Attributes:
        latent_channels: in and out, 4 in Stable Diffusion 1.x.
        channels: per level, from the finest grid to the coarsest.
        attention: whether each level has cross-attention; the middle always has.
        resnets: per level on the way down; on the way up there is one more.
        heads: of each attention, self and cross.
        context: width of the text that it reads.
        norm_groups: of each group norm.
        prediction: ``epsilon``, the noise, or ``v_prediction``, the velocity.
    """

    latent_channels: int
    channels: tuple[int, ...]
    attention: tuple[bool, ...]
    resnets: int
    heads: int
    context: int
    norm_groups: int
    prediction: str = EPSILON

    def __post_init__(self) -> None:
        _check_integer("unet.latent_channels", self.latent_channels, _WIDEST)
        _check_integers("unet.channels", self.channels, _WIDEST)
        _check_flags("unet.attention", self.attention, len(self.channels))
        _check_integer("unet.resnets", self.resnets, _MOST_BLOCKS)
        _check_integer("unet.heads", self.heads, _WIDEST)
        _check_integer("unet.context", self.context, _WIDEST)
        _check_integer("unet.norm_groups", self.norm_groups, _WIDEST)
        if self.prediction not in PREDICTIONS:
            raise CheckpointError(
                f"unet.prediction is {_shown(self.prediction)}, expected one of "
                f"{', '.join(PREDICTIONS)}"
            )
        _check_divides("unet.norm_groups", self.norm_groups, self.channels)
        attending = [c for c, has in zip(self.channels, self.attention, strict=True) if has]
        _check_divides("unet.heads", self.heads, (*attending, self.channels[-1]))


@dataclass(frozen=True)
class TextConfig:
    """A text encoder as CLIP's: causal, quick GELU, a norm at the end.

    Attributes:
        width, layers, heads: of the transformer.
        intermediate: width inside of the MLPs.
        vocabulary: how many tokens it knows; 49408 with the stock tokenizer.
        positions: the longest prompt in tokens, 77 with the stock tokenizer.
    """

    width: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int

    def __post_init__(self) -> None:
        _check_integer("text_encoder.width", self.width, _WIDEST)
        _check_integer("text_encoder.layers", self.layers, _MOST_BLOCKS)
        _check_integer("text_encoder.heads", self.heads, _WIDEST)
        _check_integer("text_encoder.intermediate", self.intermediate, 8 * _WIDEST)
        _check_integer("text_encoder.vocabulary", self.vocabulary, _MOST_TOKENS)
        _check_integer("text_encoder.positions", self.positions, _MOST_TOKENS)
        _check_divides("text_encoder.heads", self.heads, (self.width,))


@dataclass(frozen=True)
class TinyVAEConfig:
    """TAESD in its own sizes: 64 channels, three times halved.

    Attributes:
        latent_channels: of its latents.
        scaling_factor: latents that the UNet sees = output of the encoder × this.
    """

    latent_channels: int
    scaling_factor: float

    def __post_init__(self) -> None:
        _check_integer("vae.latent_channels", self.latent_channels, _WIDEST)
        _check_scale("vae.scaling_factor", self.scaling_factor)


@dataclass(frozen=True)
class KLVAEConfig:
    """An autoencoder as Stable Diffusion's own, of any size.

    Attributes:
        latent_channels: of its latents.
        channels: per level, from the finest grid to the coarsest.
        resnets: per level of the encoder; the decoder has one more.
        norm_groups: of each group norm.
        scaling_factor: latents that the UNet sees = mean of the posterior × this.
    """

    latent_channels: int
    channels: tuple[int, ...]
    resnets: int
    norm_groups: int
    scaling_factor: float

    def __post_init__(self) -> None:
        _check_integer("vae.latent_channels", self.latent_channels, _WIDEST)
        _check_integers("vae.channels", self.channels, _WIDEST)
        _check_integer("vae.resnets", self.resnets, _MOST_BLOCKS)
        _check_integer("vae.norm_groups", self.norm_groups, _WIDEST)
        _check_divides("vae.norm_groups", self.norm_groups, self.channels)
        _check_scale("vae.scaling_factor", self.scaling_factor)


@dataclass(frozen=True)
class LatentColors:
    """How a preview colors latents: RGB in −1..1 = latents of the UNet · ``factors`` + ``bias``.

    Attributes:
        factors: red, green and blue of each latent channel.
    """

    factors: tuple[tuple[float, float, float], ...]
    bias: tuple[float, float, float]

    def __post_init__(self) -> None:
        _check_levels("latent_colors.factors", self.factors, _WIDEST)
        for row in (*self.factors, self.bias):
            _check_color("latent_colors", row)


@dataclass(frozen=True)
class ModelConfig:
    """A whole model; raises :class:`CheckpointError` for values that no model can have.

    Attributes:
        latent_colors: None where nobody measured them.
    """

    unet: UNetConfig
    text_encoder: TextConfig
    vae: TinyVAEConfig | KLVAEConfig
    latent_colors: LatentColors | None = None

    def __post_init__(self) -> None:
        width, reads = self.text_encoder.width, self.unet.context
        if width != reads:
            raise CheckpointError(f"the text encoder is {width} wide, the UNet reads {reads}")
        made, wanted = self.vae.latent_channels, self.unet.latent_channels
        if made != wanted:
            raise CheckpointError(f"the VAE has {made} latent channels, the UNet {wanted}")
        if self.latent_colors is not None and len(self.latent_colors.factors) != wanted:
            colored = len(self.latent_colors.factors)
            raise CheckpointError(f"latent_colors has {colored} channels, the UNet {wanted}")

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], source: str) -> ModelConfig | None:
        """The configuration in a file's metadata; None where the file does not describe itself.

        Args:
            source: what error messages call the file.

        Raises:
            CheckpointError: no JSON, unknown or missing keys, or values out of range.
        """
        if MODEL_KEY not in metadata:
            return None
        try:
            return _parsed(metadata[MODEL_KEY])
        except (CheckpointError, RecursionError) as error:
            raise CheckpointError(
                f"{source}: its description of the model ('{MODEL_KEY}' in its metadata) cannot be "
                f"used: {error}. Get the file again, or convert the model again."
            ) from error

    def to_metadata(self) -> dict[str, str]:
        """What :meth:`from_metadata` reads; nothing for Stable Diffusion 1.x itself."""
        if self == STABLE_DIFFUSION_1:
            return {}
        vae = {"kind": _KIND_OF_VAE[type(self.vae)], **asdict(self.vae)}
        content = {
            "version": _VERSION,
            "unet": asdict(self.unet),
            "text_encoder": asdict(self.text_encoder),
            "vae": vae,
        }
        if self.latent_colors is not None:
            content["latent_colors"] = asdict(self.latent_colors)
        return {MODEL_KEY: json.dumps(content)}


_KEYS = {"version", "unet", "text_encoder", "vae", "latent_colors"}
_VAE_OF_KIND: dict[str, type] = {"taesd": TinyVAEConfig, "kl": KLVAEConfig}
_KIND_OF_VAE = {section: kind for kind, section in _VAE_OF_KIND.items()}


def read_config(path: Path) -> ModelConfig | None:
    """What a single file says of its model; None for a file without a description.

    Raises:
        CheckpointError: not found, damaged, or the description cannot be used.
    """
    return ModelConfig.from_metadata(read_metadata(path), path.name)


def _parsed(text: str) -> ModelConfig:
    if len(text) > _LONGEST_JSON:
        raise CheckpointError(f"{len(text):,} characters, expected at most {_LONGEST_JSON:,}")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise CheckpointError(f"it is not JSON ({error})") from error
    content = _keys_checked("", {"latent_colors": None, **_object("", content)}, _KEYS)
    if content["version"] != _VERSION:
        raise CheckpointError(
            f"version is {_shown(content['version'])}, this PLACE reads {_VERSION}; update it"
        )
    vae = content["vae"]
    kind = vae.get("kind") if isinstance(vae, dict) else None
    if not isinstance(kind, str) or kind not in _VAE_OF_KIND:
        raise CheckpointError(f"vae.kind is {_shown(kind)}, expected 'taesd' or 'kl'")
    colors = content["latent_colors"]
    return ModelConfig(
        _section("unet", content["unet"], UNetConfig),
        _section("text_encoder", content["text_encoder"], TextConfig),
        _section("vae", {k: v for k, v in vae.items() if k != "kind"}, _VAE_OF_KIND[kind]),
        None if colors is None else _section("latent_colors", colors, LatentColors),
    )


def _section(name: str, content: Any, kind: type[Section]) -> Section:
    # A key with a default is newer than some files.
    defaults = {f.name: f.default for f in fields(kind) if f.default is not MISSING}
    content = {**defaults, **_object(name, content)}
    content = _keys_checked(name, content, {field.name for field in fields(kind)})
    return kind(**{k: _as_tuples(v) for k, v in content.items()})


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def _object(name: str, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise CheckpointError(f"{name or 'the whole'} is {_shown(content)}, expected an object")
    return content


def _keys_checked(name: str, content: Any, expected: set[str]) -> dict[str, Any]:
    content = _object(name, content)
    where = f"{name}." if name else ""
    if unknown := sorted(content.keys() - expected):
        key = unknown[0]
        raise CheckpointError(
            f"the key {where}{key[:40]} is unknown (its value is {_shown(content[key])})"
        )
    if missing := sorted(expected - content.keys()):
        raise CheckpointError(f"the key {where}{missing[0]} is missing")
    return content


def _check_integer(key: str, value: Any, most: int) -> None:
    # JSON's true is an integer for Python.
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise CheckpointError(f"{key} is {_shown(value)}, expected an integer from 1 to {most}")


def _check_integers(key: str, values: Any, most: int) -> None:
    _check_levels(key, values)
    for value in values:
        _check_integer(key, value, most)


def _check_levels(key: str, values: Any, most: int = _MOST_LEVELS) -> None:
    if not isinstance(values, tuple) or not 1 <= len(values) <= most:
        raise CheckpointError(f"{key} is {_shown(values)}, expected a list of 1 to {most} values")


def _check_color(key: str, values: Any) -> None:
    numbers = isinstance(values, tuple) and len(values) == 3 and all(map(_is_number, values))
    if not numbers or not all(-_STRONGEST <= value <= _STRONGEST for value in values):
        raise CheckpointError(
            f"{key} hold {_shown(values)}, expected three numbers from −{_STRONGEST} to "
            f"{_STRONGEST}"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_flags(key: str, values: Any, count: int) -> None:
    _check_levels(key, values)
    if len(values) != count or not all(isinstance(value, bool) for value in values):
        raise CheckpointError(
            f"{key} is {_shown(values)}, expected true or false for each of {count} levels"
        )


def _check_divides(key: str, value: int, widths: tuple[int, ...]) -> None:
    for width in widths:
        if width % value:
            raise CheckpointError(f"{key} is {value}, which does not divide {width} channels")


def _check_scale(key: str, value: Any) -> None:
    low, high = _SCALES
    # JSON of Python's kind may hold NaN, which is not between any two numbers.
    if not _is_number(value) or not low <= value <= high:
        raise CheckpointError(f"{key} is {_shown(value)}, expected a number from {low} to {high}")


def _shown(value: Any) -> str:
    """A value of untrusted length for a message."""
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


STABLE_DIFFUSION_1 = ModelConfig(
    UNetConfig(
        latent_channels=4,
        channels=(320, 640, 1280, 1280),
        attention=(True, True, True, False),
        resnets=2,
        heads=8,
        context=768,
        norm_groups=32,
    ),
    TextConfig(width=768, layers=12, heads=12, intermediate=3072, vocabulary=49408, positions=77),
    KLVAEConfig(
        latent_channels=4,
        channels=(128, 256, 512, 512),
        resnets=2,
        norm_groups=32,
        scaling_factor=LATENT_SCALE,
    ),
)
