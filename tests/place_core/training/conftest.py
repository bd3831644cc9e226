"""A small base model and data sets, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from place_core.checkpoint.diffusers_model import save_ldm
from small_training import small_model, write_captioned, write_config, write_pairs


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``base.safetensors``, ``pairs`` and ``captioned``."""
    folder = tmp_path_factory.mktemp("material")
    save_ldm(small_model(), folder / "base.safetensors", {})
    write_pairs(folder / "pairs")
    write_captioned(folder / "captioned")
    return folder


@pytest.fixture
def configure(material: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes ``NAME.yaml`` for a run on the material, with some values of its own."""

    def write(name: str = "run", **values: Any) -> Path:
        base = {
            "model": material / "base.safetensors",
            "output": tmp_path / name,
            "paired": {"kind": "folder", "path": str(material / "pairs")},
            "captioned": material / "captioned",
        }
        return write_config(tmp_path / f"{name}.yaml", **(base | values))

    return write
