"""Values of the Layout Painter, made without it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image


def painted_class(index: int, name: str, color: str, words: str = "") -> dict[str, Any]:
    """An entry of the class list of a drawing."""
    return {"index": index, "name": name, "words": words, "color": color, "hidden": False}


def drawing(indices: np.ndarray, classes: Sequence[dict[str, Any]], /, **changes: Any) -> str:
    """What the painter stores for class indices uint8 ``[H, W]``; ``changes`` replace parts.

    Ids of its layout are the indices; with ``version=1``, as the painter once wrote it, one less.
    """
    image = Image.fromarray(indices)
    image.putpalette(bytes(768))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    height, width = indices.shape
    png = base64.b64encode(stream.getvalue()).decode()
    content = {"version": 2, "width": width, "height": height, "classes": [*classes], "png": png}
    return json.dumps(content | changes)


def indices_of(value: str) -> np.ndarray:
    """Class indices uint8 ``[H, W]`` of a stored drawing."""
    with Image.open(io.BytesIO(base64.b64decode(json.loads(value)["png"]))) as image:
        return np.array(image)
