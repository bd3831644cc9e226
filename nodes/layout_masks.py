"""Masks of a layout, for everything that takes a MASK."""

from __future__ import annotations

import logging

from comfy_api.latest import io, ui

from ..place_core.layout import Layout
from ..place_core.layout_masks import chosen_classes, masks_of_classes
from .sockets import CATEGORY, PlaceLayout

_SHOWN_PIXELS = 512


class PLACELayoutToMasks(io.ComfyNode):
    """The regions of a layout, one mask for each class."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACELayoutToMasks",
            display_name="Layout to Masks",
            category=CATEGORY,
            is_output_node=True,
            description=(
                "Makes masks of the regions of a layout, so that one drawing also serves "
                "inpainting, masked conditioning, LoRAs for a region, detailers and compositing."
            ),
            search_aliases=["regions to masks", "inpaint a region", "class mask", "split layout"],
            inputs=[
                PlaceLayout.Input("layout", tooltip="The layout whose regions you want."),
                io.String.Input(
                    "classes",
                    default="",
                    multiline=True,
                    dynamic_prompts=False,
                    placeholder="boat, sea",
                    tooltip=(
                        "Names, numbers or #rrggbb colors, one a line or with commas between; the "
                        "masks come in this order. 'void' is what belongs to no class. Empty: all "
                        "classes of the map."
                    ),
                ),
                io.Int.Input(
                    "grow",
                    default=0,
                    min=-1024,
                    max=1024,
                    optional=True,
                    tooltip="Pixels that each region grows by on all sides; less than 0 shrinks.",
                ),
                io.Int.Input(
                    "feather",
                    default=0,
                    min=0,
                    max=1024,
                    optional=True,
                    tooltip="Pixels of a soft edge, on either side of the border.",
                ),
                io.Boolean.Input(
                    "invert",
                    default=False,
                    optional=True,
                    tooltip="Masks of all but the region, after growing and feathering.",
                ),
                io.Boolean.Input(
                    "combine",
                    default=False,
                    optional=True,
                    tooltip="One mask for all these classes together, as inpainting wants it.",
                ),
            ],
            outputs=[
                io.Mask.Output(
                    tooltip=(
                        "A mask for each class; with several maps all of the first map, then all "
                        "of the next."
                    )
                ),
                io.String.Output(
                    display_name="NAMES", tooltip="The class of each mask, one a line."
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        layout: Layout,
        classes: str,
        grow: int = 0,
        feather: int = 0,
        invert: bool = False,
        combine: bool = False,
    ) -> io.NodeOutput:
        chosen = chosen_classes(layout, classes)
        masks, names = masks_of_classes(layout, chosen, grow, feather, invert, combine)
        for name, mask in zip(names, masks, strict=True):
            if mask.max() <= 0:
                logging.warning("[PLACE] Layout to Masks: the mask of %s is empty", name)
        step = -(-max(masks.shape[1:]) // _SHOWN_PIXELS)
        shown = ui.PreviewMask(masks[:, ::step, ::step], cls=cls)
        return io.NodeOutput(masks, "\n".join(names), ui=shown)
