"""A real ComfyUI inside the test process, with the pack loaded as it loads a custom node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
import torch

from host_server import HostServer
from in_server import required_path, running_server
from pack_in_process import FULL_PRECISION, load_pack


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The pack, imported inside a real ComfyUI on the CPU in float32."""
    base = tmp_path_factory.mktemp("comfyui")
    source = required_path("PLACE_COMFYUI_PATH")
    pack = load_pack(source, base, ["--cpu", *FULL_PRECISION])
    import folder_paths

    checkpoint = required_path("PLACE_SEEDED_CHECKPOINT")
    folder_paths.add_model_folder_path("checkpoints", str(checkpoint.parent))
    (base / "models" / "place").mkdir(parents=True, exist_ok=True)
    (base / "models" / "embeddings").mkdir(parents=True, exist_ok=True)
    pack.base = base
    pack.checkpoint = checkpoint
    return pack


@dataclass
class Loaded:
    """The seeded checkpoint, as Load PLACE Model gives it."""

    model: Any
    clip: Any
    vae: Any
    heads: Any


@pytest.fixture(scope="session")
def loaded(host: ModuleType) -> Loaded:
    from place_pack.nodes.loaders import PLACEModelLoader

    return Loaded(*PLACEModelLoader.execute(host.checkpoint.name).args)


@pytest.fixture(scope="session")
def server() -> Iterator[HostServer]:
    """The pack in a ComfyUI server of its own, as users have it; see in_server.py."""
    with running_server(required_path("PLACE_COMFYUI_PATH")) as server:
        yield server


@pytest.fixture(autouse=True)
def no_grad() -> Iterator[None]:
    with torch.no_grad():
        yield
