"""Model folders and checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import comfy.sd
import folder_paths

from ...place_core.alpha import AlphaHeads
from .patching import attach_heads

MODEL_FOLDER = "place"


def register_model_folder() -> None:
    """Make ``models/place`` known, for PLACE checkpoints and heads files."""
    folder_paths.add_model_folder_path(
        MODEL_FOLDER, str(Path(folder_paths.models_dir) / MODEL_FOLDER)
    )
    # Set by hand: the host registers a new folder without any file extension.
    paths, extensions = folder_paths.folder_names_and_paths[MODEL_FOLDER]
    folder_paths.folder_names_and_paths[MODEL_FOLDER] = (
        paths,
        set(extensions) | {".safetensors", ".sft", ".ckpt", ".pt", ".pth"},
    )


def checkpoint_names() -> list[str]:
    """Files of ``models/checkpoints`` and ``models/place``, without repetition."""
    names = folder_paths.get_filename_list("checkpoints") + fusion_names()
    return list(dict.fromkeys(names))


def fusion_names() -> list[str]:
    """Files of ``models/place``."""
    return folder_paths.get_filename_list(MODEL_FOLDER)


def checkpoint_path(name: str) -> Path:
    """The file behind a name of :func:`checkpoint_names`.

    Raises:
        FileNotFoundError: neither folder has it.
    """
    for folder in ("checkpoints", MODEL_FOLDER):
        if path := folder_paths.get_full_path(folder, name):
            return Path(path)
    raise FileNotFoundError(
        f"{name!r} is neither in models/checkpoints nor in models/{MODEL_FOLDER}; put it there and "
        "press R to refresh the list"
    )


def load_checkpoint(path: Path, heads: AlphaHeads | None) -> tuple[Any, Any, Any]:
    """MODEL, CLIP and VAE by the host's own loader; the heads travel inside the MODEL."""
    model, clip, vae, *_ = comfy.sd.load_checkpoint_guess_config(
        str(path), embedding_directory=folder_paths.get_folder_paths("embeddings")
    )
    if heads is not None and model is not None:
        attach_heads(model, heads)
    return model, clip, vae
