"""The nodes, one file per thing an artist thinks of; each node is a thin shell over place_core."""

from __future__ import annotations

from pathlib import Path

from comfy_api.latest import ComfyExtension, io

from .apply import PLACEApply
from .boxes import PLACEBoxesToLCM, PLACELayoutToBoxes
from .host.copies import folder_of_another_copy
from .host.loading import register_model_folder
from .layout import PLACEMasksToLCM, PLACESegmentationToLCM
from .layout_image import PLACELayoutToImage
from .layout_masks import PLACELayoutToMasks
from .layout_painter import PLACELayoutPainter
from .loaders import PLACEFusionLoader, PLACEModelLoader
from .outlines import PLACEOutlines
from .preview import PLACEAlphaPlot, PLACELayoutPreview
from .prompt import PLACEPromptEncoder
from .recording import PLACEFusionMaps, PLACERecordFusion
from .routes import register_routes
from .sampling import PLACEPLMS, PLACEKSampler
from .served_files import serve_files


class PLACEExtension(ComfyExtension):
    """What ComfyUI loads: the folder for PLACE models, routes for the front end, and the nodes."""

    async def on_load(self) -> None:
        register_model_folder()
        register_routes()
        serve_files(Path(__file__).parents[1])

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [
            PLACEModelLoader,
            PLACEFusionLoader,
            PLACESegmentationToLCM,
            PLACEMasksToLCM,
            PLACELayoutPainter,
            PLACEPromptEncoder,
            PLACEApply,
            PLACEKSampler,
            PLACEPLMS,
            PLACELayoutPreview,
            PLACEAlphaPlot,
            PLACEOutlines,
            PLACERecordFusion,
            PLACEFusionMaps,
            PLACEBoxesToLCM,
            PLACELayoutToMasks,
            PLACELayoutToImage,
            PLACELayoutToBoxes,
        ]


async def comfy_entrypoint() -> PLACEExtension:
    """Called by ComfyUI when it loads the pack.

    Raises:
        RuntimeError: another copy of the pack is loaded; the host writes one line and goes on.
    """
    if folder := folder_of_another_copy():
        raise RuntimeError(
            f"PLACE is there twice. {folder} is used and this copy is not; remove one of the two "
            "folders and restart ComfyUI."
        )
    return PLACEExtension()
