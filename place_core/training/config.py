"""The configuration file of a training run."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CLIP_TOKENIZER = "openai/clip-vit-large-patch14"
"""Of the text encoder of Stable Diffusion 1, on the hub."""


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the key, the value and the remedy."""


_LEAST = {
    **dict.fromkeys(("steps", "batch_size", "gradient_accumulation"), 1),
    **dict.fromkeys(("checkpoint_every", "keep_checkpoints"), 1),
    **dict.fromkeys(("warmup_steps", "weight_decay", "lora_rank", "workers", "seed"), 0),
    **dict.fromkeys(("alignment_weight", "preservation_weight"), 0),
    **dict.fromkeys(("validate_every", "validation_pictures", "heads_learning_rate"), 0),
    "validation_steps": 2,
}
"""The smallest value that each of these keys of a configuration may have."""

_CHOICES = {
    "learning_rate_decay": ("none", "cosine"),
    "loss_weighting": ("epsilon", "velocity"),
    "mixed_precision": (None, "no", "fp16", "bf16"),
    "export_dtype": ("float16", "float32"),
}
"""The values that each of these keys may have."""


@dataclass(frozen=True)
class PairedConfig:
    """Pictures with label maps.

    Attributes:
        kind: ``ade20k``, ``coco-stuff`` or ``folder``.
        path: folder of the data set.
        split: such as ``training`` (ADE20K) or ``train2017`` (COCO-Stuff); none for ``folder``.
    """

    kind: str
    path: Path
    split: str | None = None


@dataclass(frozen=True)
class Config:
    """A training run. Paths are relative to the configuration file.

    Attributes:
        model: Stable Diffusion 1.x to start from: a single file or a diffusers folder.
        output: folder of checkpoints, logs, validation pictures and results.
        paired: pictures with label maps.
        captioned: pictures with captions and no map, for L_LFP: a folder (``.txt`` beside the
            pictures, or ``metadata.jsonl``) or WebDataset shards.
        validation: pictures with label maps to sample for; the paired ones where none are given.
        tokenizer: of CLIP: a folder with ``vocab.json`` and ``merges.txt``, or a name on the hub.
        resolution: width and height of the training pictures, multiples of 8.
        steps: optimizer steps.
        batch_size: pictures of each kind, per device and accumulation step.
        gradient_accumulation: batches per optimizer step.
        learning_rate: of the UNet or the LoRA.
        heads_learning_rate: of the heads of α. A step moves the logit of α by up to the rate times
            the sum of the time embedding over its 1280 numbers: high rates let α sink before the
            UNet has learned to use layouts, and then nothing pulls it up.
        warmup_steps: the learning rate rises evenly over so many steps.
        learning_rate_decay: ``none``, or ``cosine``: it falls to a tenth at the last step.
        weight_decay: of AdamW; the heads have none.
        max_gradient_norm: longer gradients are shortened to it.
        lora_rank: 0 trains the whole UNet, more trains a LoRA of that rank beside the heads.
        alignment_weight: λ1 of Eq. 8.
        preservation_weight: λ2 of Eq. 8; above 0 it needs ``captioned``.
        loss_weighting: ``epsilon``, Eq. 6 and 7 as they are, or ``velocity``: divided by ᾱ_t, for
            small pictures and latents, whose layout the plain loss hardly sees.
        caption_dropout: share of prompts that are left empty, for classifier-free guidance.
        crop: random crops; otherwise the middle.
        flip: mirror half of the pictures.
        cache_latents: encode each picture once and keep its latents in memory, instead of encoding
            it whenever it is drawn; needs ``crop`` and ``flip`` to be false.
        mixed_precision: ``no``, ``fp16`` or ``bf16``; where none is given, what ``accelerate`` is
            set up for.
        gradient_checkpointing: less memory for more time.
        ema_decay: of the moving average of the weights, which is what gets exported; 0: none.
        seed: of everything that is random.
        workers: processes that read pictures.
        checkpoint_every: steps between checkpoints.
        keep_checkpoints: how many of the newest are kept.
        validate_every: steps between validation pictures; 0: none.
        validation_pictures: how many of the first maps are sampled.
        validation_steps: sampling steps of a validation picture.
        guidance_scale: of the validation pictures.
        export_dtype: of the exported weights, ``float16`` or ``float32``; heads are float32.
        license: of the result, for its metadata.
    """

    model: Path
    output: Path
    paired: PairedConfig
    captioned: Path | None = None
    validation: PairedConfig | None = None
    tokenizer: str = CLIP_TOKENIZER
    resolution: tuple[int, int] = (512, 512)
    steps: int = 300_000
    batch_size: int = 4
    gradient_accumulation: int = 1
    learning_rate: float = 5e-6
    heads_learning_rate: float = 5e-6
    warmup_steps: int = 0
    learning_rate_decay: str = "none"
    weight_decay: float = 0.01
    max_gradient_norm: float = 1.0
    lora_rank: int = 0
    alignment_weight: float = 1.0
    preservation_weight: float = 1.0
    loss_weighting: str = "epsilon"
    caption_dropout: float = 0.1
    crop: bool = True
    flip: bool = True
    cache_latents: bool = False
    mixed_precision: str | None = None
    gradient_checkpointing: bool = False
    ema_decay: float = 0.9999
    seed: int = 0
    workers: int = 2
    checkpoint_every: int = 1000
    keep_checkpoints: int = 2
    validate_every: int = 1000
    validation_pictures: int = 4
    validation_steps: int = 30
    guidance_scale: float = 2.0
    export_dtype: str = "float16"
    license: str = ""

    def __post_init__(self) -> None:
        _require(len(self.resolution) == 2, "resolution", self.resolution, "two numbers")
        _require(
            all(side > 0 and side % 8 == 0 for side in self.resolution),
            "resolution",
            self.resolution,
            "multiples of 8",
        )
        for name, least in _LEAST.items():
            _require(getattr(self, name) >= least, name, getattr(self, name), f"{least} or more")
        for name in ("learning_rate", "max_gradient_norm"):
            _require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        _require(0 <= self.caption_dropout <= 1, "caption_dropout", self.caption_dropout, "in 0..1")
        _require(0 <= self.ema_decay < 1, "ema_decay", self.ema_decay, "in 0..1, 1 excluded")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            said = [choice for choice in choices if choice is not None]
            _require(value in choices, name, value, f"{', '.join(said[:-1])} or {said[-1]}")
        if self.cache_latents and (self.crop or self.flip):
            raise ConfigError(
                "cache_latents is true, but a picture looks different each time it is cropped or "
                "mirrored. Set crop and flip to false, or cache_latents."
            )
        if self.preservation_weight > 0 and self.captioned is None:
            raise ConfigError(
                "preservation_weight is above 0 but captioned names no pictures with captions. "
                "Give some, or set preservation_weight to 0 and lose what the base model knew "
                "beyond the classes."
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as they stand in a configuration file."""
        return dataclasses.asdict(self, dict_factory=_plain)


def read_config(path: Path) -> Config:
    """Read a YAML file.

    Raises:
        ConfigError: not found, not YAML, an unknown key, a value of the wrong type or range.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold lines 'key: value', such as 'model: sd-v1-4.ckpt'")
    try:
        return _build(Config, values, path.resolve().parent)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, Path):
            return str(value)
        return list(value) if isinstance(value, tuple) else value

    return {key: plain(value) for key, value in items}


def _require(fits: bool, key: str, value: Any, wanted: str) -> None:
    if not fits:
        raise ConfigError(f"{key} is {value}, it must be {wanted}")


def _build(kind: type, values: Mapping[str, Any], folder: Path, prefix: str = "") -> Any:
    """A configuration dataclass from plain values; every key is checked."""
    hints = typing.get_type_hints(kind)
    for key in values:
        if key not in hints:
            near = difflib.get_close_matches(str(key), hints, n=1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known: {', '.join(hints)}"
            raise ConfigError(f"unknown key {prefix}{key}; {hint}")
    required = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]
    if missing := [f"{prefix}{key}" for key in required if values.get(key) is None]:
        raise ConfigError(f"{' and '.join(missing)} must be given")
    return kind(
        **{
            key: _convert(value, hints[key], f"{prefix}{key}", folder)
            for key, value in values.items()
        }
    )


def _convert(value: Any, hint: Any, key: str, folder: Path) -> Any:
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{key} is {value!r}, it must hold keys of its own")
        return _build(hint, value, folder, f"{key}.")
    if hint is Path and isinstance(value, str):
        return folder / Path(value).expanduser()
    if typing.get_origin(hint) is tuple:
        # One number is the side of a square.
        values = value if isinstance(value, list) else [value, value]
        return tuple(_convert(v, int, key, folder) for v in values)
    if hint is str and value is False:
        return "no"  # What YAML makes of the word.
    if hint is float and _is_number(value):
        return float(value)
    if isinstance(value, bool) == (hint is bool) and isinstance(value, hint):
        return value
    raise ConfigError(f"{key} is {value!r}, it must be {_KINDS[hint]}")


_KINDS = {
    int: "a whole number",
    float: "a number, such as 5.0e-6",
    bool: "true or false",
    str: "a text",
    Path: "a path",
}


def _is_number(value: Any) -> bool:
    """YAML reads ``5e-6``, without a point, as text; everybody writes it so."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return True
    return isinstance(value, (int, float)) and not isinstance(value, bool)
