"""Model folders and checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import comfy.sd
import comfy.utils
import folder_paths

from ...place_core.alpha import AlphaHeads
from ...place_core.checkpoint import is_head, read_config
from ...place_core.quoting import quoted
from .patching import attach_heads
from .small_models import load_described

MODEL_FOLDER = "place"
BUNDLED_FOLDER = Path(__file__).resolve().parents[2] / "place_core" / "demo" / "weights"
"""The models that come with the pack."""

_BUNDLED = "bundled: "


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
    """Files of ``models/checkpoints`` and ``models/place`` without repetition, bundled models."""
    names = folder_paths.get_filename_list("checkpoints") + fusion_names()
    return [*dict.fromkeys(names), *_bundled_models()]


def fusion_names() -> list[str]:
    """Files of ``models/place``."""
    return folder_paths.get_filename_list(MODEL_FOLDER)


def checkpoint_path(name: str) -> Path:
    """The file behind a name of :func:`checkpoint_names`.

    Raises:
        FileNotFoundError: neither folder has it, or no such model is bundled.
    """
    if name.startswith(_BUNDLED):
        return _bundled_model(name)
    for folder in ("checkpoints", MODEL_FOLDER):
        if path := folder_paths.get_full_path(folder, name):
            return Path(path)
    raise FileNotFoundError(
        f"{quoted(name)} is neither in models/checkpoints nor in models/{MODEL_FOLDER}; put it "
        "there and press R to refresh the list"
    )


def load_checkpoint(path: Path, heads: AlphaHeads | None) -> tuple[Any, Any, Any]:
    """MODEL, CLIP and VAE; the heads travel inside the MODEL.

    The host's own loader makes them, unless the file describes its model itself.

    Raises:
        CheckpointError: a file that describes itself is damaged or says what is not true.
    """
    if (config := read_config(path)) is not None:
        model, clip, vae = load_described(path, config)
    elif heads is None:
        model, clip, vae, *_ = comfy.sd.load_checkpoint_guess_config(
            str(path), embedding_directory=folder_paths.get_folder_paths("embeddings")
        )
    else:
        model, clip, vae = _load_without_heads(path)
    if heads is not None and model is not None:
        attach_heads(model, heads)
    return model, clip, vae


_PARTS = ("model", "clip", "vae")


def _load_without_heads(path: Path) -> tuple[Any, Any, Any]:
    """As the host's own loader, which would warn of the heads that its UNet does not have."""
    loaded = _guess_without_heads(str(path))
    if loaded is None:
        # In the host's own words: it does not know this model.
        return comfy.sd.load_checkpoint_guess_config(str(path))[:3]
    for part, patcher in _patchers(loaded).items():
        if patcher is not None:
            patcher.cached_patcher_init = (_reload_part, (str(path), part))
    return loaded[:3]


def _guess_without_heads(path: str, disable_dynamic: bool = False, **outputs: bool) -> Any:
    weights, metadata = comfy.utils.load_torch_file(path, return_metadata=True)
    return comfy.sd.load_state_dict_guess_config(
        {name: tensor for name, tensor in weights.items() if not is_head(name)},
        embedding_directory=folder_paths.get_folder_paths("embeddings"),
        metadata=metadata,
        disable_dynamic=disable_dynamic,
        **outputs,
    )


def _reload_part(path: str, part: str, disable_dynamic: bool = False) -> Any:
    """What the host calls to have a patcher anew, on another device or with fixed memory."""
    outputs = {f"output_{name}": name == part for name in _PARTS}
    return _patchers(_guess_without_heads(path, disable_dynamic, **outputs))[part]


def _patchers(loaded: tuple) -> dict[str, Any]:
    model, clip, vae = loaded[:3]
    patchers = (model, getattr(clip, "patcher", None), getattr(vae, "patcher", None))
    return dict(zip(_PARTS, patchers, strict=True))


def _bundled_models() -> dict[str, Path]:
    """The name in the list of each bundled model, and its file."""
    files = sorted(BUNDLED_FOLDER.glob("*.safetensors"))
    return {f"{_BUNDLED}{file.name}": file for file in files}


def _bundled_model(name: str) -> Path:
    # Looked up among the files that are there: a name is never made into a path.
    if (path := _bundled_models().get(name)) is None:
        raise FileNotFoundError(
            f"{quoted(name)} is not bundled with this version of PLACE; choose another model "
            "from the list, or install the pack again if it was cut short"
        )
    return path
