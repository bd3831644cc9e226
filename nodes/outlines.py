"""Comparing a picture with its layout."""

from __future__ import annotations

from comfy_api.latest import io, ui
from torch import Tensor

from ..place_core.layout import Layout
from ..place_core.outlines import draw_outlines
from .sockets import CATEGORY, PlaceLayout


class PLACEOutlines(io.ComfyNode):
    """The borders of a layout over the picture."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEOutlines",
            display_name="Layout Outlines",
            category=CATEGORY,
            is_output_node=True,
            description=(
                "Draws the borders of the layout over the picture, in the colors of the classes on "
                "either side: does the picture follow its map?"
            ),
            search_aliases=["compare layout", "contours", "borders", "overlay map"],
            inputs=[
                io.Image.Input("image", tooltip="The picture, of any size."),
                PlaceLayout.Input(
                    "layout",
                    tooltip="One map for all pictures, or one for each. It is stretched over them.",
                ),
                io.Int.Input(
                    "width",
                    default=2,
                    min=1,
                    max=64,
                    optional=True,
                    tooltip="Of the line on each side of a border, in pixels.",
                ),
            ],
            outputs=[
                io.Image.Output(tooltip="The picture with outlines."),
                io.Image.Output(
                    display_name="COMPARISON", tooltip="Map, picture and outlines side by side."
                ),
            ],
        )

    @classmethod
    def execute(cls, image: Tensor, layout: Layout, width: int = 2) -> io.NodeOutput:
        outlined, comparison = draw_outlines(image, layout, width)
        return io.NodeOutput(outlined, comparison, ui=ui.PreviewImage(outlined, cls=cls))
