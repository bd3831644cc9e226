"""The pack's own socket types and the names that its nodes share."""

from __future__ import annotations

from comfy_api.latest import io

CATEGORY = "PLACE"

PlaceLayout = io.Custom("PLACE_LAYOUT")
"""A :class:`place_core.layout.Layout`."""

PlaceFusion = io.Custom("PLACE_FUSION")
"""The learned heads of α, :class:`place_core.alpha.AlphaHeads`, or None where there are none."""

PlaceRecording = io.Custom("PLACE_RECORDING")
"""A :class:`place_core.recording.FusionRecording`."""

Curve = io.Custom("CURVE")
"""A curve of ComfyUI's Curve Editor, as a socket."""

BoundingBox = io.Custom("BOUNDING_BOX")
"""Boxes in pixels, as ComfyUI's nodes pass them; by name, since older hosts have no such nodes."""

Elements = io.Custom("ARRAY")
"""Boxes with descriptions, as models are given them; see :mod:`place_core.boxes`."""
