"""Weights in files: heads of α, whole models in both namings, LoRA.

* :mod:`files`: reading tensors safely; writing whole or not at all.
* :mod:`heads`: the heads of α inside a checkpoint, or in a file of their own.
* :mod:`names`: what a weight is called in a single file (LDM) and in diffusers.
* :mod:`model_config`: what a file says of its model where that is not Stable Diffusion 1.x itself.
* :mod:`model_shapes`: the tensors that a model of some configuration has.
* :mod:`single_file`: the models inside a single file, built by the shapes of their tensors.
* :mod:`describe`: the configuration of diffusers' classes.
* :mod:`diffusers_model`: a whole model as diffusers' classes, from and to both layouts of files.
* :mod:`lora`: the difference of two UNets as a LoRA.

``python -m place_core.checkpoint`` converts from a command line. Importing this package needs torch
and safetensors only; :mod:`single_file`, :mod:`describe` and :mod:`diffusers_model`, which need
diffusers, are imported by their own names.
"""

from __future__ import annotations

from .files import CheckpointError, read_metadata, read_tensors
from .heads import (
    HEADS_FILE,
    HEADS_FORMAT,
    NoHeadsError,
    find_heads,
    heads_state_dict,
    is_head,
    layer_order,
    read_heads,
    save_heads,
)
from .model_config import ModelConfig, read_config
from .model_shapes import check_tensors
from .names import TEXT_PREFIX, UNET_PREFIX, VAE_PREFIX

__all__ = [
    "HEADS_FILE",
    "HEADS_FORMAT",
    "TEXT_PREFIX",
    "UNET_PREFIX",
    "VAE_PREFIX",
    "CheckpointError",
    "ModelConfig",
    "NoHeadsError",
    "check_tensors",
    "find_heads",
    "heads_state_dict",
    "is_head",
    "layer_order",
    "read_config",
    "read_heads",
    "read_metadata",
    "read_tensors",
    "save_heads",
]
