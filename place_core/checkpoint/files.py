"""Tensors in files: read without running code, written whole or not at all.

A ``.ckpt`` is read for its weights only; nothing here unpickles code. Nothing here overwrites.
"""

from __future__ import annotations

import json
import os
import pickle
import pickletools
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..files import why_not_written
from ..quoting import cut
from .archive import ArchiveError, UnneededOperation, check_archive, is_zip

METADATA_FILE = "place.json"
"""Holds the metadata of a model in a folder, as a single file holds them in its header."""

_SAFETENSORS = (".safetensors", ".sft")
# How torch's weights-only reader names what it refuses to call, …
_FORBIDDEN = re.compile(r"(?:GLOBAL|function|class) (?P<name>\w+(?:\.\w+)*)")
# … and what it refuses to do at all.
_REFUSED = re.compile(r"Unsupported operand (?P<code>\d+)|Can only \w+|Trying to call|be imported")


class CheckpointError(ValueError):
    """A file that cannot be used as weights; the message names the file and the remedy."""


def refuse_existing(path: Path) -> None:
    """Make sure that nothing is overwritten.

    Raises:
        FileExistsError: ``path`` is there already.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists; move it away or choose another name")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write a file or a folder to, which becomes ``path`` when the block ends well.

    When the block fails, and when the disk is full, nothing is left behind.

    Raises:
        FileExistsError: ``path`` exists, before the block or after it.
        OSError: it cannot be written.
    """
    refuse_existing(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, as only a move inside of one disk cannot stop halfway.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        part = Path(folder) / path.name
        try:
            yield part
        except Exception as error:
            if (reason := why_not_written(error, path.parent)) is None:
                raise
            raise OSError(f"{path} could not be written and was removed: {reason}") from error
        _let_others_read(part)
        refuse_existing(path)
        os.rename(part, path)


def _let_others_read(written: Path) -> None:
    """Give ``.safetensors`` files the rights of any new file; safetensors hides them from others.

    A ComfyUI that runs as another user could not read them.
    """
    example = written.with_name("example")
    example.touch()
    for file in [written, *written.rglob("*")]:
        if file.suffix in _SAFETENSORS and file.is_file():
            file.chmod(example.stat().st_mode)


def save_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    """Write a ``.safetensors`` file whole or not at all, and never over another.

    Raises:
        FileExistsError: ``path`` exists.
        OSError: it cannot be written, as when the disk is full.
    """
    with written_whole(path) as part:
        save_file({name: t.contiguous() for name, t in tensors.items()}, part, dict(metadata))


def read_metadata(path: Path) -> dict[str, str]:
    """What a ``.safetensors`` file, or a folder written here, says of itself; a ``.ckpt`` is mute.

    Raises:
        CheckpointError: not found or damaged.
    """
    if path.is_dir():
        return _read_folder_metadata(path / METADATA_FILE)
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist")
    if path.suffix.lower() not in _SAFETENSORS:
        return {}
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise CheckpointError(_damaged(path, error)) from error


def _read_folder_metadata(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not JSON ({error}); remove or repair it") from error
    if not isinstance(metadata, dict):
        raise CheckpointError(f"{path} holds a {type(metadata).__name__}, expected an object")
    return {str(key): str(value) for key, value in metadata.items()}


def read_tensors(
    path: Path, wanted: Callable[[str], bool] = lambda name: True
) -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` file or a PyTorch checkpoint whose names are wanted.

    A checkpoint of PyTorch is opened with ``weights_only``: its pickle may build tensors and
    plain containers, nothing else. What Lightning leaves beside the weights is tolerated.

    Raises:
        CheckpointError: not found, truncated, not a checkpoint, or a pickle that would run code.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist")
    if path.suffix.lower() in _SAFETENSORS:
        try:
            with safe_open(path, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys() if wanted(name)}
        except (SafetensorError, OSError) as error:
            raise CheckpointError(_damaged(path, error)) from error
    state_dict = _read_pickle(path)
    return {
        name: tensor
        for name, tensor in state_dict.items()
        if isinstance(tensor, Tensor) and wanted(name)
    }


def _read_pickle(path: Path) -> Mapping[str, Any]:
    try:
        check_archive(path)
        with torch.serialization.safe_globals(list(_lightning_leftovers())):
            loaded = torch.load(
                # Mapping the file reads only the tensors that are used; the old format cannot.
                path,
                map_location="cpu",
                weights_only=True,
                mmap=is_zip(path),
            )
    except ArchiveError as error:
        raise CheckpointError(
            f"{path.name} {error}. It was changed after it was made; get it again from its source, "
            "or as .safetensors."
        ) from error
    except UnneededOperation as error:
        raise CheckpointError(_hostile(path, str(error))) from error
    except pickle.UnpicklingError as error:
        if forbidden := _FORBIDDEN.search(str(error)):
            raise CheckpointError(_hostile(path, forbidden["name"])) from error
        if _asks_for_more(str(error)):
            raise CheckpointError(_hostile(path, "")) from error
        raise CheckpointError(_damaged(path, error)) from error
    except Exception as error:  # A damaged pickle can break its reader anywhere.
        raise CheckpointError(_damaged(path, error)) from error
    state_dict = loaded.get("state_dict", loaded) if isinstance(loaded, Mapping) else None
    if not isinstance(state_dict, Mapping):
        raise CheckpointError(f"{path.name} holds a {type(loaded).__name__}, not named weights")
    return {name: value for name, value in state_dict.items() if isinstance(name, str)}


def _hostile(path: Path, asked: str) -> str:
    """The refusal of a pickle; ``asked`` is ``module.function``, or the name of an operation."""
    what = f"to run Python code ({cut(asked)}), which" if "." in asked else "for operations that"
    return (
        f"{path.name} asks {what} weights never need. It was rejected and nothing of it was run. "
        "Get the file as .safetensors."
    )


def _asks_for_more(refusal: str) -> bool:
    """Whether the reader refused a pickle's operation, and did not meet a byte that is none."""
    if (found := _REFUSED.search(refusal)) is None:
        return False
    return found["code"] is None or chr(int(found["code"])) in pickletools.code2op


def _lightning_leftovers() -> Iterable[Any]:
    """Harmless names that Lightning checkpoints mention, as stand-ins that do nothing.

    The same list that ComfyUI's own loader lets pass.
    """

    def nothing(*args: Any, **kwargs: Any) -> None:
        return None

    names = {
        "pytorch_lightning.callbacks.model_checkpoint": "ModelCheckpoint",
        "numpy.core.multiarray": "scalar",
        "numpy._core.multiarray": "scalar",
        "_codecs": "encode",
    }
    for module, name in names.items():
        yield type(name, (), {"__module__": module, "__new__": nothing, "__qualname__": name})
    import numpy

    yield numpy.dtype
    yield numpy.dtypes.Float64DType


def _damaged(path: Path, error: BaseException) -> str:
    size = path.stat().st_size
    return (
        f"{path.name} ({size:,} bytes) is damaged, incomplete or not a checkpoint; download it "
        f"again and compare the size. ({type(error).__name__}: {_reason(error)})"
    )


def _reason(error: BaseException) -> str:
    """The line of an error that says what was wrong; torch puts general advice around it."""
    lines = [line.strip() for line in str(error).split("Check the documentation")[0].splitlines()]
    return next((cut(line, 200) for line in reversed(lines) if line), "no reason given")
