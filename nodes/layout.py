"""Layouts from pictures and masks."""

from __future__ import annotations

import logging

from comfy_api.latest import io, ui
from torch import Tensor

from ..place_core import layout_readers as readers
from ..place_core.drawing import draw_layout
from ..place_core.layout import Layout
from ..place_core.palettes import ADE20K, COCO_STUFF, load_classes
from ..place_core.quoting import listed
from .class_rows import class_rows
from .sockets import CATEGORY, PlaceLayout

_COLOR_LIST = "color list"
_DISTINCT = "distinct colors"


def layout_outputs() -> list[io.Output]:
    """The outputs of every node that reads a layout."""
    return [
        PlaceLayout.Output(display_name="LAYOUT", tooltip="The label map and its classes."),
        io.Image.Output(
            display_name="UNDERSTOOD", tooltip="The map as it was understood, with a legend."
        ),
        io.String.Output(
            display_name="CLASSES", tooltip="The classes found: number, name and coverage."
        ),
    ]


def outputs_of(layout: Layout, node: type[io.ComfyNode]) -> io.NodeOutput:
    """Their values; what is to say goes to the log, the classes to the prompt encoder's rows."""
    for note in layout.notes:
        logging.warning("[PLACE] layout: %s", note)
    for remark in layout.remarks:
        logging.info("[PLACE] layout: %s", remark)
    picture = draw_layout(layout)
    shown = ui.PreviewImage(picture, cls=node).as_dict() | {"place_classes": class_rows(layout)}
    return io.NodeOutput(layout, picture, layout.describe(), ui=shown)


class PLACESegmentationToLCM(io.ComfyNode):
    """A segmentation picture, read as a layout."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACESegmentationToLCM",
            display_name="Segmentation to LCM",
            category=CATEGORY,
            # So that an artist can run it alone and see what was understood.
            is_output_node=True,
            description=(
                "Reads a segmentation map: which class lies under each pixel. Any size and aspect "
                "ratio; a batch may hold different maps. Edges blurred by JPEG, antialiasing or "
                "resizing go to a neighboring region. Look at UNDERSTOOD before you sample."
            ),
            search_aliases=["segmentation map", "semantic map", "label map", "color map to layout"],
            inputs=[
                io.Image.Input("image", tooltip="The map, as a picture."),
                io.Combo.Input(
                    "palette",
                    options=[*_READERS, _COLOR_LIST, _DISTINCT],
                    tooltip=(
                        "How to read it. 'ADE20K' and 'COCO-Stuff': by the colors of their charts "
                        "(ControlNet-seg and UniFormer maps are ADE20K). 'index': the gray value "
                        "is the class's number, for ADE20K its number + 1. 'color list': your own "
                        "colors, below. 'distinct colors': each color is a region, name it in the "
                        "prompt encoder; right for OneFormer maps."
                    ),
                ),
                io.String.Input(
                    "color_list",
                    default="",
                    multiline=True,
                    optional=True,
                    placeholder="#787878 = wall\n#b47878 = building",
                    tooltip=(
                        "For 'color list': one '#rrggbb = name' a line; '= void' for no class. "
                        "What follows // is a comment."
                    ),
                ),
                io.Float.Input(
                    "tolerance",
                    default=readers.DEFAULT_TOLERANCE,
                    min=0.0,
                    max=442.0,
                    step=1.0,
                    optional=True,
                    advanced=True,
                    tooltip=(
                        "How far a color may be from the table's, as a distance in 0..255 RGB. 0 "
                        "takes exact colors only."
                    ),
                ),
            ],
            outputs=layout_outputs(),
        )

    @classmethod
    def execute(
        cls,
        image: Tensor,
        palette: str,
        color_list: str = "",
        tolerance: float = readers.DEFAULT_TOLERANCE,
    ) -> io.NodeOutput:
        if palette == _COLOR_LIST:
            layout = readers.read_color_list_map(image, color_list, tolerance)
        elif palette == _DISTINCT:
            layout = readers.read_distinct_colors(image, tolerance)
        else:
            layout = _READERS[palette](image, tolerance)
        return outputs_of(layout, cls)


_READERS = {
    "ADE20K": lambda image, tolerance: readers.read_color_map(
        image, load_classes(ADE20K), tolerance
    ),
    "COCO-Stuff": lambda image, tolerance: readers.read_color_map(
        image, load_classes(COCO_STUFF), tolerance
    ),
    "index (ADE20K)": lambda image, _: readers.read_index_map(image, ADE20K),
    "index (COCO-Stuff)": lambda image, _: readers.read_index_map(image, COCO_STUFF),
}


class PLACEMasksToLCM(io.ComfyNode):
    """A layout from masks instead of a map."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        masks = io.Autogrow.TemplatePrefix(
            io.Mask.Input("mask", tooltip="A region; pixels of 0.5 and more belong to it."),
            prefix="mask",
            min=1,
            max=100,
        )
        return io.Schema(
            node_id="PLACEMasksToLCM",
            display_name="Masks to LCM",
            category=CATEGORY,
            # So that an artist can run it alone and see what was understood.
            is_output_node=True,
            description=(
                "Makes a layout of masks, one for each region: painted ones, SAM's, or any other. "
                "Connect a mask and a next input appears."
            ),
            search_aliases=["regional masks", "mask to layout", "regions"],
            inputs=[
                io.Autogrow.Input("masks", template=masks, tooltip="One mask for each region."),
                io.String.Input(
                    "names",
                    default="",
                    multiline=True,
                    placeholder="sky\nhouse\ntree",
                    tooltip=(
                        "One name a line, in the order of the masks. They are the words of the "
                        "regions too, unless the prompt encoder says others."
                    ),
                ),
                io.Combo.Input(
                    "overlap",
                    options=list(readers.OVERLAP_RULES),
                    default=readers.OVERLAP_RULES[0],
                    optional=True,
                    tooltip="Whose pixel it is where masks overlap.",
                ),
            ],
            outputs=layout_outputs(),
        )

    @classmethod
    def execute(
        cls, masks: dict[str, Tensor], names: str, overlap: str = readers.OVERLAP_RULES[0]
    ) -> io.NodeOutput:
        given = [mask for mask in masks.values() if mask is not None]
        lines = [line.strip() for line in names.splitlines() if line.strip()]
        if len(lines) != len(given):
            raise ValueError(
                f"names: {len(given)} masks are connected, but names has {len(lines)} lines "
                f"({listed(lines) or 'none'}). Write one name a line for each mask, "
                "in their order."
            )
        return outputs_of(readers.layout_from_masks(given, lines, overlap), cls)
