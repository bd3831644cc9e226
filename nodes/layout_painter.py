"""Layouts painted by hand, in the node."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io, ui
from torch import Tensor

from ..place_core.drawing import draw_layout
from ..place_core.painted import NothingPaintedError, read_drawing
from ..place_core.palettes import ADE20K, COCO_STUFF, load_classes
from .sockets import CATEGORY, PlaceLayout


class PLACELayoutPainter(io.ComfyNode):
    """A canvas in the node; js/painter is its other half."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACELayoutPainter",
            display_name="Layout Painter",
            category=CATEGORY,
            # So that an artist can run it alone, to see the reference.
            is_output_node=True,
            description=(
                "Paint a layout: choose a class, or make one of your own, and draw where it should "
                "be. The drawing is kept inside the workflow. Run it once with a reference "
                "connected to trace that picture."
            ),
            search_aliases=[
                "paint layout",
                "draw segmentation map",
                "label map painter",
                "mask painter",
                "canvas",
            ],
            inputs=[
                io.String.Input(
                    "drawing",
                    default="",
                    socketless=True,
                    # The type stays STRING, so that API workflows hold plain text.
                    extra_dict={"widgetType": "PLACE_PAINTER", "tables": _tables()},
                    tooltip="The layout, as the painter writes it.",
                ),
                io.Image.Input(
                    "reference",
                    optional=True,
                    tooltip=(
                        "A picture to trace, shown beneath the drawing once the node has run; the "
                        "first of a batch. It does not change the layout."
                    ),
                ),
            ],
            outputs=[
                PlaceLayout.Output(display_name="LAYOUT", tooltip="The label map and its classes."),
                io.Image.Output(
                    display_name="UNDERSTOOD", tooltip="The map as it was painted, with a legend."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, drawing: str | None = None) -> bool | str:
        """What is wrong with the drawing; the host says it before anything runs.

        An empty one passes, since a node with a reference is run before it is painted on. None is
        a drawing that another node gives: it is not there yet.
        """
        if drawing is None:
            return True
        try:
            read_drawing(drawing)
        except NothingPaintedError:
            return True
        except ValueError as error:
            # The host puts the name of the input before.
            return str(error).removeprefix("drawing: ")
        return True

    @classmethod
    def execute(cls, drawing: str, reference: Tensor | None = None) -> io.NodeOutput:
        try:
            layout = read_drawing(drawing)
        except NothingPaintedError as nothing:
            if reference is None:
                raise
            # There is a picture to trace first; whatever comes after the painter waits.
            return io.NodeOutput(
                None, None, ui=_shown_reference(reference), block_execution=str(nothing)
            )
        # No preview: the drawing itself is in the node, and would lose its room to one.
        return io.NodeOutput(layout, draw_layout(layout), ui=_shown_reference(reference))


def _tables() -> dict[str, list[list[str]]]:
    """``[name, words, "#rrggbb"]`` of each class, for the painter's search."""
    return {
        shown: [[c.name, c.words, f"#{bytes(c.color).hex()}"] for c in load_classes(table)]
        for shown, table in (("ADE20K", ADE20K), ("COCO-Stuff", COCO_STUFF))
    }


def _shown_reference(reference: Tensor | None) -> dict[str, Any]:
    """Where the painter finds its reference: a file of the host's temporary ones."""
    if reference is None:
        return {}
    return {"place_reference": ui.PreviewImage(reference[:1]).as_dict()["images"]}
