"""Picture files that become maps to paint on."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from place_core.layout import VOID
from place_core.layout_readers import (
    read_color_map,
    read_distinct_colors,
    read_index_map,
)
from place_core.map_file import FileMap, MapError, read_map_file
from place_core.palettes import ADE20K, COCO_STUFF, load_classes

INPUTS = Path(__file__).parents[2] / "workflows" / "inputs"
ADE20K_MAP, OWN_COLORS = INPUTS / "place_example_map.png", INPUTS / "place_example_colors.png"

WORN = {
    "blurred": lambda image: (image.filter(ImageFilter.GaussianBlur(2)), "PNG", {}),
    "resized": lambda image: (image.resize((700, 500), Image.BICUBIC), "PNG", {}),
    "JPEG 50": lambda image: (image, "JPEG", {"quality": 50}),
    "JPEG 10": lambda image: (image, "JPEG", {"quality": 10}),
}


def file_of(image: Image.Image | np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def worn(file: Path, how: str) -> bytes:
    image, kind, options = WORN[how](Image.open(file).convert("RGB"))
    return file_of(image, kind, **options)


def tensor_of(data: bytes) -> torch.Tensor:
    """What Load Image makes of a file."""
    pixels = np.array(Image.open(BytesIO(data)).convert("RGB"))
    return torch.from_numpy(pixels).float()[None] / 255


def colors_of(found: FileMap) -> np.ndarray:
    """``[H, W, 3]``: the color of each pixel's class, void is -1."""
    table = np.array([(-1, -1, -1), *(c.color for c in found.classes)])
    return table[found.labels]


def problem(data: bytes, *arguments: object) -> str:
    with pytest.raises(MapError) as caught:
        read_map_file(data, *arguments)
    return caught.value.code


@pytest.mark.parametrize("how", WORN)
@pytest.mark.parametrize("file", [ADE20K_MAP, OWN_COLORS], ids=lambda f: f.stem)
def test_a_worn_map_has_the_regions_that_segmentation_to_lcm_finds(file: Path, how: str) -> None:
    data = worn(file, how)
    found = read_map_file(data, "colors")
    layout = read_distinct_colors(tensor_of(data))

    table = {c.id: c.color for c in layout.classes} | {VOID: (-1, -1, -1)}
    expected = np.array([table[i] for i in layout.labels[0].flatten().tolist()])
    np.testing.assert_array_equal(colors_of(found).reshape(-1, 3), expected)
    assert 0 < found.blended < 0.2


@pytest.mark.parametrize("how", WORN)
def test_a_worn_map_in_a_tables_colors_is_read_with_the_table(how: str) -> None:
    data = worn(ADE20K_MAP, how)
    found = read_map_file(data)
    assert found.reading == "ade20kColors"
    layout = read_color_map(tensor_of(data), load_classes(ADE20K))

    table = {c.id: c.name for c in layout.classes} | {VOID: ""}
    names = np.array(["", *(c.name for c in found.classes)])[found.labels]
    expected = np.vectorize(table.get)(layout.labels[0].numpy())
    # Colors of its own that no table has are regions here, and void there.
    assert (names == expected)[names != ""].mean() > 0.99


def test_a_hard_edged_map_keeps_every_color_however_rare() -> None:
    pixels = np.full((256, 256, 3), (200, 30, 90), np.uint8)
    pixels[:128] = (10, 200, 40)
    pixels[60:66, 100] = (255, 0, 255)
    pixels[200, 200] = (1, 2, 3)
    found = read_map_file(file_of(pixels))

    assert found.reading == "colors" and len(found.classes) == 4
    np.testing.assert_array_equal(colors_of(found), pixels)
    assert found.blended == found.unknown == 0


def test_a_map_of_255_colors_without_an_area_keeps_them() -> None:
    rng = np.random.default_rng(0)
    table = np.stack([np.arange(255), rng.permutation(255), rng.permutation(255)], 1)
    pixels = table.astype(np.uint8)[rng.integers(0, 255, (64, 64))]
    found = read_map_file(file_of(pixels))

    np.testing.assert_array_equal(colors_of(found), pixels)


def test_transparent_pixels_are_void_and_black_ones_beside_them_are_not() -> None:
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[:16] = (6, 230, 230, 255)
    pixels[16:24, :, 3] = 255
    found = read_map_file(file_of(pixels))

    assert [c.name for c in found.classes] == ["sky", ""]
    assert (found.labels[24:] == 0).all() and (found.labels[16:24] == 2).all()


def test_black_is_void_in_a_table_map_without_transparency() -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16] = (6, 230, 230)
    found = read_map_file(file_of(pixels))

    assert [c.name for c in found.classes] == ["sky"]
    assert (found.labels[16:] == 0).all()


def test_hard_edged_colors_near_those_of_the_table_are_the_tables() -> None:
    classes = load_classes(ADE20K)
    pixels = np.repeat(np.array([c.color for c in classes[:6]], np.uint8), 40, 0)[:, None]
    pixels = np.repeat(pixels, 40, 1)
    pixels[:40] += 3
    found = read_map_file(file_of(pixels))

    assert {c.name for c in found.classes} == {c.name for c in classes[:6]}
    assert {c.color for c in found.classes} == {c.color for c in classes[:6]}


def test_an_index_map_has_its_numbers_and_colors() -> None:
    indices = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    image = Image.fromarray(indices)
    # Some colors twice: a number is a class of its own all the same.
    table = np.zeros((256, 3), np.uint8)
    table[1:] = np.arange(255)[:, None] // 2
    image.putpalette(table.tobytes())
    found = read_map_file(file_of(image))

    assert found.reading == "numbers"
    assert [c.number for c in found.classes] == list(range(1, 256))
    np.testing.assert_array_equal(found.labels, indices)
    np.testing.assert_array_equal(colors_of(found)[indices > 0], table[indices][indices > 0])


def test_a_map_in_colors_saved_with_a_color_table_is_still_one_of_colors() -> None:
    image = Image.open(ADE20K_MAP).convert("RGB")
    found = read_map_file(file_of(image.quantize(64)))

    assert found.reading == "ade20kColors"
    # Other than the picture's, the first color of the table is not black.
    np.testing.assert_array_equal(found.labels, read_map_file(file_of(image)).labels)


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "LA"])
def test_gray_values_are_numbers(mode: str) -> None:
    values = np.repeat(np.array([0, 7, 8, 134], np.uint8), 20)[None].repeat(60, 0)
    if mode == "I;16":
        image = Image.fromarray(values.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(values).convert(mode)
    found = read_map_file(file_of(image))

    assert found.reading == "numbers"
    assert [(c.name, c.number) for c in found.classes] == [("", 7), ("", 8), ("", 134)]
    np.testing.assert_array_equal(np.array([0, 7, 8, 134])[found.labels], values)


@pytest.mark.parametrize("reading, table", [("ade20kNumbers", ADE20K), ("cocoNumbers", COCO_STUFF)])
def test_numbers_of_a_table_are_those_of_segmentation_to_lcm(reading: str, table: str) -> None:
    values = np.repeat(np.array([2, 9, 135], np.uint8), 20)[None].repeat(60, 0)
    values[:5] = 0 if table == ADE20K else 255
    data = file_of(values)
    found = read_map_file(data, reading)
    layout = read_index_map(tensor_of(data), table)

    by_id = {c.id: c.name for c in layout.classes} | {VOID: ""}
    names = np.array(["", *(c.name for c in found.classes)])[found.labels]
    np.testing.assert_array_equal(names, np.vectorize(by_id.get)(layout.labels[0].numpy()))


def test_255_beside_numbers_of_coco_stuff_says_that_they_are_its() -> None:
    values = np.repeat(np.array([0, 8, 154, 255], np.uint8), 20)[None].repeat(60, 0)

    assert read_map_file(file_of(values)).reading == "cocoNumbers"
    assert read_map_file(file_of(values[:, [0, -1]])).reading == "numbers"


def test_a_photograph_is_named_and_its_strongest_colors_can_be_taken() -> None:
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (24, 32, 3), np.uint8)
    photo = Image.fromarray(small).resize((512, 384), Image.BICUBIC)
    data = file_of(photo, "JPEG", quality=90)
    assert problem(data) == "photo"

    found = read_map_file(data, "strongest", 6)
    assert len(found.classes) == 6 and (found.labels > 0).all()
    counts = np.bincount(found.labels.ravel())[1:]
    assert (np.diff(counts) <= 0).all()
    # It keeps the picture, in so few colors.
    error = np.abs(colors_of(found) - np.array(photo).astype(int)).mean()
    assert error < np.abs(np.array(photo).mean((0, 1)) - np.array(photo)).mean() * 0.7


def test_noise_is_a_photograph() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert problem(file_of(noise)) == "photo"


REFUSED = {
    "no picture": (b"hello", "notPicture"),
    "nothing": (b"", "notPicture"),
    "another format": (file_of(np.zeros((4, 4), np.uint8), "GIF"), "notPicture"),
    "cut off": (ADE20K_MAP.read_bytes()[:600], "notPicture"),
    "too wide": (file_of(np.zeros((1, 4097), np.uint8)), "tooLarge"),
    "a bomb": (file_of(np.zeros((30_000, 30_000), bool)), "tooManyPixels"),
    "transparent": (file_of(np.zeros((8, 8, 4), np.uint8)), "empty"),
    "black numbers": (file_of(np.zeros((8, 8), np.uint8)), "empty"),
}


@pytest.mark.parametrize("data, code", REFUSED.values(), ids=REFUSED)
def test_what_is_no_map_is_refused(data: bytes, code: str) -> None:
    assert problem(data) == code


def test_numbers_that_are_no_class_and_colors_that_are_no_numbers_are_refused() -> None:
    assert problem(file_of(np.full((4, 4), 200, np.uint8)), "ade20kNumbers") == "unknownNumber"
    assert problem(OWN_COLORS.read_bytes(), "numbers") == "notNumbers"


def test_a_photograph_turned_by_its_camera_is_upright() -> None:
    image = Image.new("RGB", (40, 20), (6, 230, 230))
    exif = image.getexif()
    exif[0x0112] = 6
    found = read_map_file(file_of(image, "JPEG", exif=exif))

    assert found.labels.shape == (40, 20)


def test_the_unresolved_are_void_and_counted() -> None:
    found = read_map_file(worn(OWN_COLORS, "JPEG 50"), "ade20kColors")

    assert found.unknown == pytest.approx((found.labels == 0).mean())
