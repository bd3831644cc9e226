"""Another copy of this pack in the same ComfyUI, as after an install beside a clone."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

_NODE = "PLACEModelLoader"
"""A node that every copy has."""


def folder_of_another_copy() -> Path | None:
    """Where the nodes come from that the host has of us already; None where it has none.

    Two copies would have the same nodes, routes and front end: with a route twice the host does
    not even start.
    """
    # Not imported: outside of a server the host has not loaded its nodes, and needs none.
    registered = getattr(sys.modules.get("nodes"), "NODE_CLASS_MAPPINGS", {}).get(_NODE)
    if registered is None:
        return None
    folder = Path(inspect.getfile(registered)).parents[1]
    return None if folder == Path(__file__).parents[2] else folder
