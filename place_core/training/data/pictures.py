"""Pictures from bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import Unreadable
from .files import Stored

EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".bmp")

# Named, because Pillow goes by content: an EPS called .jpg would start Ghostscript. GIF is here
# for scraped sets, where it often has the extension of a JPEG.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")


def read_photo(stored: Stored) -> Image.Image:
    """An upright RGB picture: EXIF orientation applied, transparency over white.

    Raises:
        Unreadable: no picture, or a damaged or an oversized one.
    """
    picture = read_picture(stored, _FORMATS)
    with _named(stored):
        return _to_rgb(ImageOps.exif_transpose(picture))


def read_picture(stored: Stored, formats: Sequence[str]) -> Image.Image:
    """A picture as its file has it, fully decoded.

    Raises:
        Unreadable: not of these formats, damaged, or of more pixels than Pillow takes for safe.
    """
    data = stored.read()
    if not data:
        raise Unreadable(f"{stored}: is empty (0 bytes). Fetch it again, or remove it.")
    try:
        with _named(stored):
            picture = Image.open(io.BytesIO(data), formats=formats)
            _check_size(picture, stored)
            picture.load()
    except UnidentifiedImageError as error:
        raise Unreadable(
            f"{stored}: is not a picture of the format {' or '.join(formats)}, or its beginning is "
            "damaged"
        ) from error
    return picture


@contextmanager
def _named(stored: Stored) -> Iterator[None]:
    """Turn whatever a decoder raises into ``Unreadable``, except that it knows no such format."""
    try:
        yield
    except (Unreadable, UnidentifiedImageError):
        raise
    # Damaged files make Pillow raise nearly anything: OSError, SyntaxError, struct.error, KeyError.
    except Exception as error:
        raise Unreadable(
            f"{stored}: cannot be decoded ({error or type(error).__name__})"
        ) from error


def _check_size(picture: Image.Image, stored: Stored) -> None:
    # Pillow only warns of up to twice its limit, and raises beyond.
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and picture.width * picture.height > limit:
        raise Unreadable(
            f"{stored}: {picture.width}×{picture.height} are more than {limit} pixels, Pillow's "
            "limit against decompression bombs. Scale it down."
        )


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        # 16 bits a pixel; Pillow's own conversion cuts off at 255 instead of scaling.
        values = np.asarray(picture).clip(0, 65535) / 257
        picture = Image.fromarray(values.round().astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")
