"""Weights in files: heads of α, whole models in both namings, LoRA.

* :mod:`files`: reading tensors safely; writing whole or not at all.
* :mod:`heads`: the heads of α inside a checkpoint, or in a file of their own.
* :mod:`names`: what a weight is called in a single file (LDM) and in diffusers.
* :mod:`single_file`: the models inside a single file, built by the shapes of their tensors.
* :mod:`diffusers_model`: a whole model as diffusers' classes, from and to both layouts of files.
* :mod:`lora`: the difference of two UNets as a LoRA.

``python -m place_core.checkpoint`` converts from a command line. Importing this package needs torch
and safetensors only; :mod:`single_file` and :mod:`diffusers_model`, which need diffusers, are
imported by their own names.
"""

from __future__ import annotations

from .files import CheckpointError, read_metadata, read_tensors
from .heads import (
    HEADS_FILE,
    HEADS_FORMAT,
    NoHeadsError,
    find_heads,
    heads_state_dict,
    layer_order,
    read_heads,
    save_heads,
)
from .names import UNET_PREFIX

__all__ = [
    "HEADS_FILE",
    "HEADS_FORMAT",
    "UNET_PREFIX",
    "CheckpointError",
    "NoHeadsError",
    "find_heads",
    "heads_state_dict",
    "layer_order",
    "read_heads",
    "read_metadata",
    "read_tensors",
    "save_heads",
]
