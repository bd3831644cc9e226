"""The pack inside this very process, in a real ComfyUI: for tests and benchmarks."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

NAME = "place_pack"
REPOSITORY = Path(__file__).resolve().parent.parent
FULL_PRECISION = ("--force-fp32", "--fp32-text-enc")


def load_pack(comfyui: Path, base: Path, arguments: Sequence[str] = ()) -> ModuleType:
    """Import the pack as `place_pack`; `import comfy` works from then on.

    comfyui     the host's source tree.
    base        base directory of the host (models/, output/ …).
    arguments   words for ComfyUI's command line; --cpu where there is no GPU.

    Call it once in a process, before anything of the host is imported.
    """
    # First of all, so that the host finds its own `nodes` and `utils` and not ours.
    sys.path.insert(0, str(comfyui))
    sys.argv = ["main.py", "--base-directory", str(base), *arguments]
    import comfy.options

    comfy.options.enable_args_parsing()
    spec = importlib.util.spec_from_file_location(NAME, REPOSITORY / "__init__.py")
    pack = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = pack
    spec.loader.exec_module(pack)
    # As main.py does: these import each other and want this order.
    import comfy.sample
    import comfy.samplers  # noqa: F401

    pack.nodes.register_model_folder()
    return pack
