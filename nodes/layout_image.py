"""A layout as a plain picture, for everything that takes a segmentation map."""

from __future__ import annotations

import logging

from comfy_api.latest import io, ui

from ..place_core.layout import Layout
from ..place_core.layout_images import CODINGS, OWN_COLORS, write_map
from .sockets import CATEGORY, PlaceLayout


class PLACELayoutToImage(io.ComfyNode):
    """The map itself, without a legend."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACELayoutToImage",
            display_name="Layout to Image",
            category=CATEGORY,
            is_output_node=True,
            description=(
                "Draws the map alone, pixel by pixel, in colors or gray values that other programs "
                "read: ControlNet-seg wants ADE20K's. Segmentation to LCM reads each of them back."
            ),
            search_aliases=["segmentation map", "color map", "index map", "controlnet seg"],
            inputs=[
                PlaceLayout.Input("layout", tooltip="The layout to draw."),
                io.Combo.Input(
                    "colors",
                    options=list(CODINGS),
                    default=OWN_COLORS,
                    tooltip=(
                        "'own colors': those of the layout. 'ADE20K' and 'COCO-Stuff': those of "
                        "their charts, by the names of the classes; a class that the table does "
                        "not have is drawn as void, and the log says so. 'index': gray values that "
                        "are class numbers of the table."
                    ),
                ),
                io.Int.Input(
                    "width",
                    default=0,
                    min=0,
                    max=16384,
                    optional=True,
                    tooltip="In pixels. 0: from height and the ratio of the map, or the map's own.",
                ),
                io.Int.Input(
                    "height",
                    default=0,
                    min=0,
                    max=16384,
                    optional=True,
                    tooltip="In pixels. 0: from width and the ratio of the map, or the map's own.",
                ),
            ],
            outputs=[
                io.Image.Output(tooltip="The map; one picture for each."),
                io.String.Output(
                    display_name="COLOR_LIST",
                    tooltip=(
                        "What each color means, one a line: with it the palette 'color list' of "
                        "Segmentation to LCM reads the picture back, names and all."
                    ),
                ),
            ],
        )

    @classmethod
    def execute(
        cls, layout: Layout, colors: str = OWN_COLORS, width: int = 0, height: int = 0
    ) -> io.NodeOutput:
        written = write_map(layout, colors, width, height)
        for note in written.notes:
            logging.warning("[PLACE] Layout to Image: %s", note)
        for note in written.renamed:
            logging.info("[PLACE] Layout to Image: %s", note)
        shown = ui.PreviewImage(written.image, cls=cls)
        return io.NodeOutput(written.image, written.color_list, ui=shown)
