"""Layouts from bounding boxes, and back."""

from __future__ import annotations

import json
from typing import Any

from comfy_api.latest import io

from ..place_core.boxes import (
    REGIONS,
    boxes_of_layout,
    elements_of_boxes,
    layout_from_boxes,
    read_boxes,
)
from ..place_core.layout import Layout
from ..place_core.layout_readers import OVERLAP_RULES
from .layout import layout_outputs, outputs_of
from .sockets import CATEGORY, BoundingBox, Elements, PlaceLayout


class PLACEBoxesToLCM(io.ComfyNode):
    """A layout from boxes instead of a map."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        text = io.String.Input(
            "boxes",
            default="",
            multiline=True,
            dynamic_prompts=False,
            placeholder='[{"bbox": [500, 100, 800, 400], "desc": "red boat"}]',
            tooltip=(
                "Connect boxes of a detector or elements of Create Bounding Boxes, or write JSON: "
                "elements with 'bbox': [ymin, xmin, ymax, xmax] of 0 to 1000 and 'desc', or boxes "
                "with x, y, width and height in pixels and 'label'."
            ),
        )
        return io.Schema(
            node_id="PLACEBoxesToLCM",
            display_name="Boxes to LCM",
            category=CATEGORY,
            # So that an artist can run it alone and see what was understood.
            is_output_node=True,
            description=(
                "Makes a layout of bounding boxes: drawn ones, those of a detector, or what a "
                "language model wrote as JSON. A list of lists gives a batch of maps."
            ),
            search_aliases=["bounding boxes to layout", "bbox", "elements", "regional boxes"],
            inputs=[
                io.MultiType.Input(text, [io.String, BoundingBox, Elements]),
                *(
                    io.Int.Input(
                        side,
                        default=1024,
                        min=1,
                        max=8192,
                        tooltip=(
                            f"{side.capitalize()} of the map in pixels: of the picture that the "
                            "boxes were drawn on or found in."
                        ),
                    )
                    for side in ("width", "height")
                ),
                io.String.Input(
                    "names",
                    default="",
                    multiline=True,
                    dynamic_prompts=False,
                    optional=True,
                    placeholder="sky\nhouse\ntree",
                    tooltip=(
                        "One name a line, in the order of the boxes, for boxes that have none. "
                        "Empty: their own label or description."
                    ),
                ),
                io.String.Input(
                    "background",
                    default="",
                    optional=True,
                    tooltip=(
                        "Class of what no box covers. Empty: void, or the background of the JSON."
                    ),
                ),
                io.Combo.Input(
                    "overlap",
                    options=list(OVERLAP_RULES),
                    default=OVERLAP_RULES[0],
                    optional=True,
                    tooltip="Whose pixel it is where boxes overlap; strongest is the best score.",
                ),
            ],
            outputs=layout_outputs(),
        )

    @classmethod
    def execute(
        cls,
        boxes: Any,
        width: int,
        height: int,
        names: str = "",
        background: str = "",
        overlap: str = OVERLAP_RULES[0],
    ) -> io.NodeOutput:
        batch, said = read_boxes(boxes, width, height)
        lines = [line.strip() for line in names.rstrip().splitlines()]
        under = background.strip() or said
        return outputs_of(layout_from_boxes(batch, width, height, lines, under, overlap), cls)


class PLACELayoutToBoxes(io.ComfyNode):
    """The bounding boxes of a layout."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACELayoutToBoxes",
            display_name="Layout to Boxes",
            category=CATEGORY,
            description=(
                "Puts a box around each region of a layout, from the largest to the smallest: for "
                "nodes that take BOUNDING_BOX, and for models that read boxes as text."
            ),
            search_aliases=["bounding boxes", "bbox", "layout to json", "elements"],
            inputs=[
                PlaceLayout.Input("layout", tooltip="The layout whose regions get boxes."),
                io.Combo.Input(
                    "regions",
                    options=list(REGIONS),
                    default=REGIONS[0],
                    optional=True,
                    tooltip=(
                        "'each region': each connected part of a class has a box. 'each class': "
                        "one box around all parts of a class."
                    ),
                ),
                io.Int.Input(
                    "smallest",
                    default=1,
                    min=1,
                    max=1 << 24,
                    optional=True,
                    tooltip="Pixels that a region must have, to leave out specks.",
                ),
            ],
            outputs=[
                BoundingBox.Output(
                    display_name="BOXES",
                    tooltip="In pixels, with the class as label; a list for each map.",
                ),
                Elements.Output(
                    display_name="ELEMENTS",
                    is_output_list=True,
                    tooltip=(
                        "The same as elements with description and color, on a grid of 1000, as "
                        "Build JSON Prompt takes them; with several maps one after the other."
                    ),
                ),
                io.String.Output(
                    display_name="JSON",
                    is_output_list=True,
                    tooltip="The elements as text.",
                ),
            ],
        )

    @classmethod
    def execute(cls, layout: Layout, regions: str = REGIONS[0], smallest: int = 1) -> io.NodeOutput:
        batch = boxes_of_layout(layout, regions, smallest)
        elements = [elements_of_boxes(boxes, layout.width, layout.height) for boxes in batch]
        texts = [json.dumps(of_map, ensure_ascii=False) for of_map in elements]
        return io.NodeOutput(batch, elements, texts)
