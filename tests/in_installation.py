"""The ways in which users have the pack in their ComfyUI, each in a base directory of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host_server import PACK_NAME, HostServer, install_pack
from in_server import REGISTRY_NAME, host_of_tests

ODD_NAME = "PLACE – été 布局 (1)"
ADDRESS = "https://github.com/place-layout/comfyui-place"

NEIGHBOR = "NeighborOwner"
"""A node of a pack that has modules of the same names as ours, and says whose they are."""

_NEIGHBOR_FILES = {
    # Runs before any pack is loaded.
    "prestartup_script.py": """
import importlib.util, pathlib, sys

for name in ("place_core", "tools"):
    folder = pathlib.Path(__file__).parent / name
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
""",
    "__init__.py": """
import pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from .nodes import NODE_CLASS_MAPPINGS
""",
    "nodes/__init__.py": """
class NeighborOwner:
    RETURN_TYPES = ()
    OUTPUT_NODE = True
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    def run(self):
        import place_core.layout, tools

        return {"ui": {"text": [place_core.layout.OWNER, tools.OWNER]}}

NODE_CLASS_MAPPINGS = {"NeighborOwner": NeighborOwner}
""",
    "place_core/__init__.py": "",
    "place_core/layout.py": "OWNER = 'neighbor'\n",
    "tools/__init__.py": "OWNER = 'neighbor'\n",
}


@contextmanager
def read_only_beside_a_neighbor(archive: Path, base: Path) -> Iterator[HostServer]:
    """A name that is no word of ASCII, a folder that cannot be written, a pack like ours beside."""
    folder = base / "custom_nodes" / ODD_NAME
    install_pack(archive, folder)
    for name, content in _NEIGHBOR_FILES.items():
        file = base / "custom_nodes" / "neighbor" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    with (
        _read_only(folder),
        HostServer(
            host_of_tests(), cpu=True, packs={}, base=base, prefix=_without_rights_of_root()
        ) as server,
    ):
        yield server


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    try:
        yield
    finally:
        for path in paths:
            path.chmod(modes[path])


def _without_rights_of_root() -> list[str]:
    """Words before a command so that root may not write what is read-only, where there are any."""
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which(words[0]) is None:
        return []
    works = subprocess.run([*words, "true"], capture_output=True).returncode == 0
    return words if works else []


def files_below(folder: Path) -> dict[str, bytes]:
    """What a folder holds, by path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@contextmanager
def from_manager_beside_a_clone(archive: Path, base: Path) -> Iterator[HostServer]:
    """Installed by ComfyUI-Manager while there is a clone too; with the Manager if it is here."""
    nodes = base / "custom_nodes"
    install_pack(archive, nodes / REGISTRY_NAME)
    # By this list the Manager knows what it has installed itself.
    tracked = "\n".join(files_below(nodes / REGISTRY_NAME))
    (nodes / REGISTRY_NAME / ".tracking").write_text(tracked, encoding="utf-8")
    clone = nodes / PACK_NAME
    for command in (
        ["clone", "--quiet", str(archive.parent), str(clone)],
        ["-C", str(clone), "remote", "set-url", "origin", ADDRESS],
    ):
        subprocess.run(["git", *command], check=True, capture_output=True)
    host = host_of_tests()
    layer = os.environ.get("PLACE_MANAGER")
    manager = layer is not None and (host.path / "manager_requirements.txt").is_file()
    settings = base / "user" / "__manager" / "config.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text("[default]\nnetwork_mode = offline\n", encoding="utf-8")
    with HostServer(
        host,
        cpu=True,
        packs={},
        base=base,
        arguments=["--enable-manager"] if manager else [],
        python_path=[Path(layer)] if manager else [],
    ) as server:
        yield server
