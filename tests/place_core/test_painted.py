"""Reading the layouts that the painter's widget holds."""

from __future__ import annotations

import base64
import io
import json
import struct
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile

from place_core.layout import VOID, LayoutClass
from place_core.painted import NothingPaintedError, read_drawing, write_drawing

INDICES = np.array([[0, 1, 1], [2, 2, 7]], np.uint8)


def entry(index, name, words="", color="#06e6e6", hidden=False):
    return {"index": index, "name": name, "words": words, "color": color, "hidden": hidden}


CLASSES = [entry(2, "sea"), entry(1, "sky", "a stormy sky"), entry(7, "tree", color="#04C803")]


def png_file(indices=INDICES, mode="P", **options):
    image = Image.fromarray(indices)
    if mode == "P":
        image.putpalette(bytes(range(256)) * 3)
    else:
        image = image.convert(mode)
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


def chunk(kind, content):
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def png_of_chunks(width, height, pixels, depth=8, color=3):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    parts = [(b"IHDR", header), (b"PLTE", bytes(768)), (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def content(file=None, **changes):
    """What the painter writes, as a dict, with changes."""
    file = png_file() if file is None else file
    png = base64.b64encode(file).decode()
    return {"version": 2, "width": 3, "height": 2, "classes": CLASSES, "png": png} | changes


def drawing(file=None, **changes):
    return json.dumps(content(file, **changes))


def drawing_of(indices, classes=CLASSES):
    height, width = indices.shape
    return drawing(png_file(indices), width=width, height=height, classes=classes)


# --- What comes out -------------------------------------------------------------------------------


def test_a_layout_can_be_written_and_read_back():
    labels = np.array([[VOID, 1, 255], [3, 3, 3]], np.int16)
    classes = (
        LayoutClass(1, "sky", "a stormy sky", (6, 230, 230)),
        LayoutClass(3, "שמיים", "שמיים", (9, 7, 230)),
        LayoutClass(255, "<b>last</b>", "<b>last</b>", (0, 0, 0)),
    )
    layout = read_drawing(write_drawing(labels, classes))
    assert layout.labels.tolist() == [labels.tolist()]
    assert layout.classes == classes


@pytest.mark.parametrize("class_id", [0, 256, -1])
def test_a_layout_with_an_id_that_no_drawing_has_cannot_be_written(class_id):
    classes = [LayoutClass(class_id, "sky", "", (6, 230, 230))]
    with pytest.raises(ValueError, match=f"'sky' has the id {class_id}; a drawing has 1 to 255"):
        write_drawing(np.full((2, 2), class_id, np.int16), classes)


def test_labels_are_the_indices_and_zero_is_void():
    layout = read_drawing(drawing())
    assert layout.labels.dtype == torch.int16
    assert layout.labels.tolist() == [[[VOID, 1, 1], [2, 2, 7]]]
    assert layout.unresolved == (0,) and layout.notes == ()


def test_drawings_of_version_1_keep_the_numbers_that_they_had():
    old, new = read_drawing(drawing(version=1)), read_drawing(drawing())
    assert old.labels.tolist() == [[[VOID, 0, 0], [1, 1, 6]]]
    assert old.classes == tuple(replace(c, id=c.id - 1) for c in new.classes)


def test_classes_come_by_ascending_id_and_have_their_names_for_words_where_these_are_empty():
    assert read_drawing(drawing()).classes == (
        LayoutClass(1, "sky", "a stormy sky", (6, 230, 230)),
        LayoutClass(2, "sea", "sea", (6, 230, 230)),
        LayoutClass(7, "tree", "tree", (4, 200, 3)),
    )


def test_hidden_classes_count():
    classes = [c | {"hidden": True} for c in CLASSES]
    assert len(read_drawing(drawing(classes=classes)).present()) == 3


def test_a_class_without_pixels_stays_on_the_table():
    layout = read_drawing(drawing(classes=[*CLASSES, entry(9, "boat")]))
    assert [c.id for c in layout.classes] == [1, 2, 7, 9]
    assert [c.id for c in layout.present()] == [1, 2, 7]


def test_all_255_classes_can_be_painted():
    indices = np.arange(256, dtype=np.uint8).reshape(8, 32)
    classes = [entry(i, f"class {i}") for i in range(1, 256)]
    layout = read_drawing(drawing_of(indices, classes))
    assert layout.labels.flatten().tolist() == [VOID, *range(1, 256)]


@pytest.mark.parametrize("shape", [(1, 1), (1, 4096), (4096, 1), (37, 501), (4096, 4096)])
def test_any_size_is_read(shape):
    indices = np.random.default_rng(0).choice(np.array([0, 1, 2, 7], np.uint8), shape)
    indices[0, 0] = 1
    layout = read_drawing(drawing_of(indices))
    assert np.array_equal(
        layout.labels[0].numpy(), np.where(indices == 0, VOID, indices.astype(int))
    )


@pytest.mark.parametrize("bits", [4, 8])
def test_a_table_of_few_colors_may_be_packed_into_fewer_bits(bits):
    assert read_drawing(drawing(png_file(bits=bits))).labels[0, 1, 2] == 7


def test_numbers_may_be_written_as_floats():
    assert read_drawing(drawing(version=2.0, width=3.0)).width == 3


def test_what_is_not_known_is_left_out():
    assert read_drawing(drawing(author="me")).width == 3


# --- Names and words ------------------------------------------------------------------------------

NAMES = {
    "quotes": "\"sky\" 'sea' `tree`",
    "html": "<img src=x onerror=alert(1)>&amp;",
    "emoji": "👩‍👩‍👧 family 🏔️",
    "right to left": "\u05d9\u05dd \u202eabc\u202c",
    "escapes": "a\\nb %s {0} ${x}",
    "200 characters": "😀" * 200,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_and_words_are_kept_as_they_are(name):
    classes = [entry(1, name, name), *CLASSES[::2]]
    first = read_drawing(drawing(classes=classes)).classes[0]
    assert first.name == first.words == name


def test_names_are_on_one_line_and_words_are_trimmed():
    first = read_drawing(drawing(classes=[entry(1, " a\n b ", " c "), *CLASSES[::2]])).classes[0]
    assert (first.name, first.words) == ("a b", "c")


def test_half_a_character_is_replaced():
    first = read_drawing(drawing(classes=[entry(1, "a\ud83d"), *CLASSES[::2]])).classes[0]
    assert first.name == "a\ufffd"
    first.name.encode()


# --- Nothing painted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["", " \n", drawing_of(np.zeros((4, 4), np.uint8)), drawing_of(np.zeros((4, 4), np.uint8), [])],
    ids=["empty", "blank", "void", "void without classes"],
)
def test_an_empty_drawing_says_what_to_do(value):
    with pytest.raises(NothingPaintedError, match="drawing: nothing is painted yet. Choose a"):
        read_drawing(value)


# --- What is refused ------------------------------------------------------------------------------

TEXTS = {
    "no JSON": ("hello", "'hello' is not what the painter writes"),
    "cut off": (drawing()[:-20], "is not what the painter writes"),
    "a list": ("[1]", "'.1.' is not what"),
    "NaN": (drawing().replace('"width": 3', '"width": NaN'), "is not what the painter writes"),
    "Infinity": (drawing().replace('"width": 3', '"width": Infinity'), "is not what"),
    "deep lists": ("[" * 1_000_000, "is not what the painter writes"),
    "deep objects": ('{"a":' * 200_000 + "1" + "}" * 200_000, "is not what the painter writes"),
    "no text": ({"version": 1}, "it is of the type dict, not text"),
}
CHANGES = {
    "no version": ({"version": None}, "it has the version None, which no painter wrote"),
    "old version": ({"version": 0}, "it has the version 0"),
    "a version between": ({"version": 1.5}, "it has the version 1.5, which no painter wrote"),
    "true as version": ({"version": True}, "it has the version True"),
    "text as version": ({"version": "1"}, "it has the version '1'"),
    "no width": ({"width": None}, "its width is None, it must be 1 to 4096 pixels"),
    "text as width": ({"width": "3"}, "its width is '3'"),
    "true as width": ({"width": True}, "its width is True"),
    "half a pixel": ({"width": 3.5}, "its width is 3.5"),
    "endless width": ({"width": 10**300}, "its width is 1000"),
    "no height": ({"height": 0}, "its height is 0"),
    "too large": ({"height": 4097}, "its height is 4097, it must be 1 to 4096"),
    "another size": ({"width": 2}, "its picture is 3×2, but the drawing 2×2"),
    "no classes": ({"classes": None}, "its class list is None, it must be a list"),
    "classes as object": ({"classes": {}}, "its class list is {}"),
    "256 classes": ({"classes": [entry(1, "a")] * 256}, "it has 256 classes, at most 255"),
    "a class of another kind": (
        {"classes": ["sky"]},
        "entry 1 of its class list is 'sky', it must have",
    ),
    "a class that is not on the list": (
        {"classes": CLASSES[:2]},
        "1 pixels have the index 7, which is not on its class list",
    ),
    "index 0": (
        {"classes": [entry(0, "a")]},
        "the index of entry 1 of its class list is 0, it must be",
    ),
    "index 256": ({"classes": [entry(256, "a")]}, "the index of entry 1 of its class list is 256"),
    "index as text": (
        {"classes": [entry("1", "a")]},
        "the index of entry 1 of its class list is '1'",
    ),
    "one index twice": (
        {"classes": [entry(1, "a"), entry(1, "b")]},
        "the index 1 is both 'a' and 'b'",
    ),
    "one name twice": (
        {"classes": [entry(1, "Sky"), entry(2, " sKY")]},
        "entries 1 and 2 of its class list are both 'sKY'",
    ),
    "one name in two forms of Unicode": (
        {"classes": [entry(1, "caf\u00e9"), entry(2, "cafe\u0301")]},
        "entries 1 and 2 of its class list are both",
    ),
    "no name": ({"classes": [entry(1, " ")]}, "the name of entry 1 of its class list is '' with 0"),
    "a long name": ({"classes": [entry(1, "a" * 201)]}, "with 201 characters, it must have 1 to"),
    "a name of another kind": ({"classes": [entry(1, 5)]}, "the name of entry 1 .* is 5, it must"),
    "words of another kind": (
        {"classes": [entry(1, "a", None)]},
        "the words of entry 1 .* is None",
    ),
    "a color of another form": (
        {"classes": [entry(1, "a", color="red")]},
        "the color of entry 1 of its class list is 'red', it must be of the form #rrggbb",
    ),
    "a color and more": ({"classes": [entry(1, "a", color="#000000\n")]}, "the color of entry 1"),
    "a color of another kind": ({"classes": [entry(1, "a", color=0)]}, "the color of entry 1 .* 0"),
    "hidden of another kind": ({"classes": [entry(1, "a", hidden=1)]}, "hidden of entry 1 .* is 1"),
    "no picture": ({"png": ""}, "its picture is '', it must be a PNG in base64"),
    "a picture of another kind": ({"png": [1]}, "its picture is .1., it must be a PNG"),
    "no base64": ({"png": "<svg>"}, "its picture is no base64"),
    "base64 in other letters": ({"png": "日本"}, "its picture is no base64"),
}
EMPTY = zlib.compress(bytes(8))
PICTURES = {
    "no PNG": (b"GIF89a" + bytes(40), "its picture cannot be read"),
    "nothing": (b"\0", "its picture cannot be read"),
    "cut off": (png_file()[:-30], "its picture cannot be read"),
    "only a header": (png_file()[:40], "its picture cannot be read"),
    "a wrong checksum": (png_file().replace(b"IDAT", b"IDAT\1", 1), "its picture cannot be read"),
    "gray": (png_file(mode="L"), "its picture has the mode L, it must have a color table"),
    "RGB": (png_file(mode="RGB"), "its picture has the mode RGB"),
    "another size": (png_file(INDICES.T.copy()), "its picture is 2×3, but the drawing 3×2"),
    "a bomb": (png_of_chunks(30_000, 4_000, EMPTY), "its picture (cannot be read|is 30000×4000)"),
    "a larger bomb": (png_of_chunks(2**31 - 1, 2**31 - 1, EMPTY), "its picture cannot be read"),
    "pixels that are no deflate": (png_of_chunks(3, 2, b"hello"), "its picture cannot be unpacked"),
    "too few pixels": (png_of_chunks(3, 2, zlib.compress(b"\0")), "its picture cannot be unpacked"),
    "an unknown filter": (
        png_of_chunks(3, 2, zlib.compress(b"\x09" * 8)),
        "its picture cannot be unpacked",
    ),
}


def assert_refused(value, message):
    with pytest.raises(ValueError, match=f"^drawing: it is damaged: .*{message}") as caught:
        read_drawing(value)
    assert not isinstance(caught.value, NothingPaintedError)
    assert str(caught.value).endswith("clear the drawing and paint anew.")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("value", "message"), TEXTS.values(), ids=TEXTS)
def test_text_that_no_painter_wrote_is_refused(value, message):
    assert_refused(value, message)


@pytest.mark.parametrize(("changes", "message"), CHANGES.values(), ids=CHANGES)
def test_content_that_cannot_be_is_refused(changes, message):
    assert_refused(drawing(**changes), message)


@pytest.mark.parametrize("key", ["version", "width", "height", "classes", "png"])
def test_content_that_is_missing_is_refused(key):
    value = content()
    del value[key]
    assert_refused(json.dumps(value), "None")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("file", "message"), PICTURES.values(), ids=PICTURES)
def test_a_picture_of_another_kind_is_refused(file, message):
    assert_refused(drawing(file), message)


def test_a_newer_version_asks_for_an_update():
    with pytest.raises(ValueError, match="version 3, this node reads up to version 2. Update"):
        read_drawing(drawing(version=3))


def test_a_picture_cut_off_is_refused_even_where_another_pack_lets_pillow_take_it(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert_refused(drawing(png_file()[:-30]), "its picture cannot be read")


def test_100_megabytes_are_refused_before_anything_is_read():
    value = drawing(b"")[:-2] + "A" * 100_000_000 + '"}'
    tracemalloc.start()
    assert_refused(value, "it has 100,000,[0-9]+ characters, no drawing has over 32,000,000")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_picture_that_unpacks_to_more_than_its_size_is_read_up_to_its_size():
    rows = b"\0\0\1\1\0\2\2\7"
    flood = zlib.compress(rows + bytes(200_000_000), 9)
    value = drawing(png_of_chunks(3, 2, flood))
    tracemalloc.start()
    assert read_drawing(value).labels.tolist() == [[[VOID, 1, 1], [2, 2, 7]]]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
