"""The front end's JavaScript: its own tests, and drawings that go to and from Python.

Node.js runs both. It reads the modules in ``js`` as they are: they need no ``package.json``, which
would only lie among the files that ComfyUI serves, as Node.js tells ES modules by their syntax.
"""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drawings import drawing, indices_of, painted_class
from in_node import required_node, run
from place_core.layout import Layout
from place_core.painted import NothingPaintedError, read_drawing

FOLDER = Path(__file__).parent / "js"
TEST_FILES = sorted(FOLDER.rglob("*.test.js"))


@pytest.fixture(scope="module")
def node() -> str:
    return required_node()


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda f: f.relative_to(FOLDER).as_posix())
def test_the_tests_written_in_javascript_pass(node: str, file: Path):
    result = run([node, "--test", "--test-reporter=spec", str(file)])
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    # A file that is no module, or ends early, has none.
    assert re.search(r"^ℹ pass [1-9]", output, re.MULTILINE), output


def test_every_test_file_is_that_of_a_module():
    assert TEST_FILES
    for file in TEST_FILES:
        module = FOLDER.parents[1] / "js" / file.relative_to(FOLDER)
        assert module.with_name(file.name.replace(".test.js", ".js")).exists(), file


# --- Drawings between Python and JavaScript -------------------------------------------------------

NAMES = {
    "quotes": "\"sky\" 'sea' `tree`",
    "html": '<img src=x onerror="alert(1)">&amp;</script>',
    "emoji": "👩‍👩‍👧 family 🏔️",
    "right to left": "עץ שָׁלוֹם \u202eabc\u202c",
    "escapes": "a\\nb %s {0} ${x} \u2028",
    "a combining mark": "cafe\u0301",
    "a property of objects": "__proto__",
    "200 emoji": "😀" * 200,
}
SKY, SEA = painted_class(1, "sky", "#06e6e6", "a stormy sky"), painted_class(7, "sea", "#0907E6")
INDICES = np.array([[0, 1, 1], [1, 0, 7]], np.uint8)
ALL_CLASSES = [painted_class(i, f"class {i}", f"#{i:06x}") for i in range(1, 256)]

STRIPES = np.tile((np.arange(4096) * 183 // 4096).astype(np.uint8), (4096, 1))


def random_indices(width: int, height: int, classes: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, classes + 1, (height, width), np.uint8)


def drawing_with(png: bytes) -> str:
    return drawing(INDICES, [SKY, SEA], png=base64.b64encode(png).decode())


def png_file(**options: Any) -> bytes:
    """The drawing's picture as Pillow writes it with these options."""
    image = Image.fromarray(INDICES)
    image.putpalette(bytes(range(48)))
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


READABLE = {
    "a small drawing": drawing(INDICES, [SKY, SEA]),
    "one pixel": drawing(np.array([[255]], np.uint8), ALL_CLASSES),
    "one row": drawing(random_indices(4096, 1, 7), ALL_CLASSES),
    "one column": drawing(random_indices(1, 4096, 7), ALL_CLASSES),
    "noise": drawing(random_indices(131, 97, 255), ALL_CLASSES),
    "182 classes on the largest map": drawing(STRIPES, ALL_CLASSES[:182]),
    "classes in another order": drawing(INDICES, [SEA, SKY]),
    "a hidden class": drawing(INDICES, [SKY | {"hidden": True}, SEA]),
    "blanks around words": drawing(INDICES, [SKY | {"words": " a\nstorm \n"}, SEA]),
    "a name on two lines": drawing(INDICES, [SKY | {"name": " a\n sky "}, SEA]),
    "half a character": drawing(INDICES, [SKY | {"name": "a\ud83d", "words": "\ude00b"}, SEA]),
    "numbers as floats": drawing(INDICES, [SKY | {"index": 1.0}, SEA], version=2.0, width=3.0),
    "an old drawing": drawing(INDICES, [SKY, SEA], version=1),
    "an old drawing of all classes": drawing(random_indices(64, 64, 255), ALL_CLASSES, version=1),
    "more than is known": drawing(INDICES, [SKY | {"more": 1}, SEA], author="me"),
    "2 bits a pixel": drawing(INDICES % 4, [SKY, SEA | {"index": 3}]),
    "packed into 4 bits": drawing_with(png_file(bits=4)),
    "packed into 8 bits": drawing_with(png_file(bits=8)),
    "optimized": drawing_with(png_file(optimize=True)),
    "with transparency": drawing_with(png_file(transparency=0, dpi=(72, 72))),
    "not compressed": drawing_with(png_file(compress_level=0)),
    **{
        f"names: {kind}": drawing(INDICES, [painted_class(1, name, "#06e6e6", name), SEA])
        for kind, name in NAMES.items()
    },
}
EMPTY = {
    "an empty value": "",
    "a blank value": " \n",
    "a void drawing": drawing(np.zeros((2, 3), np.uint8), [SKY]),
    "a void drawing without classes": drawing(np.zeros((2, 3), np.uint8), []),
}
REFUSED = {
    "no JSON": "hello",
    "a list": "[]",
    "cut off": drawing(INDICES, [SKY, SEA])[:-20],
    "NaN": drawing(INDICES, [SKY, SEA], width=float("nan")),
    "a newer version": drawing(INDICES, [SKY, SEA], version=3),
    "a version between": drawing(INDICES, [SKY, SEA], version=1.5),
    "an old version": drawing(INDICES, [SKY, SEA], version=0),
    "a version as text": drawing(INDICES, [SKY, SEA], version="1"),
    "true for a version": drawing(INDICES, [SKY, SEA], version=True),
    "no version": drawing(INDICES, [SKY, SEA], version=None),
    "another size": drawing(INDICES, [SKY, SEA], width=2),
    "too large": drawing(INDICES, [SKY, SEA], width=4097),
    "true for a width": drawing(INDICES[:, :1], [SKY, SEA], width=True),
    "half a pixel": drawing(INDICES, [SKY, SEA], height=2.5),
    "no classes": drawing(INDICES, [SKY, SEA]).replace("classes", "class_list"),
    "256 classes": drawing(INDICES, [*ALL_CLASSES, SKY]),
    "a class too few": drawing(INDICES, [SKY]),
    "index 0": drawing(INDICES, [SKY, SEA, painted_class(0, "void", "#000000")]),
    "index 256": drawing(INDICES, [SKY, SEA, painted_class(256, "more", "#000000")]),
    "true for an index": drawing(INDICES, [SKY | {"index": True}, SEA]),
    "an index twice": drawing(INDICES, [SKY, SEA, painted_class(7, "tree", "#000000")]),
    "a name twice": drawing(INDICES, [SKY, SEA, painted_class(8, " SKY\n", "#000000")]),
    "a name in two forms of Unicode": drawing(
        INDICES, [SKY | {"name": "caf\u00e9"}, SEA | {"name": "CAFE\u0301"}]
    ),
    "an empty name": drawing(INDICES, [SKY | {"name": " \u3000"}, SEA]),
    **{
        f"a name of {blank!a}": drawing(INDICES, [SKY | {"name": blank}, SEA])
        for blank in ("\x1c", "\x85", "\ufeff")
    },
    "names that differ in their blanks": drawing(
        INDICES, [SKY | {"name": "a b"}, SEA | {"name": "a\x85\ufeffb"}]
    ),
    "a name of 201 emoji": drawing(INDICES, [SKY | {"name": "😀" * 201}, SEA]),
    "no words": drawing(INDICES, [SKY | {"words": None}, SEA]),
    "a color by name": drawing(INDICES, [SKY | {"color": "red"}, SEA]),
    "a color and a line end": drawing(INDICES, [SKY | {"color": "#000000\n"}, SEA]),
    "1 for hidden": drawing(INDICES, [SKY | {"hidden": 1}, SEA]),
    "no picture": drawing(INDICES, [SKY, SEA], png=""),
    "no base64": drawing(INDICES, [SKY, SEA], png="<svg>"),
    "no PNG": drawing_with(b"GIF89a" + bytes(40)),
    "a picture cut off": drawing_with(png_file()[:-30]),
    "a picture without its end": drawing_with(png_file()[:-12]),
    "a wrong checksum": drawing_with(png_file().replace(b"IDAT", b"IDAT\1", 1)),
}


@pytest.fixture(scope="module")
def answers(node: str) -> dict[str, dict[str, Any]]:
    """What JavaScript made of each value, by the value."""
    values = [*READABLE.values(), *EMPTY.values(), *REFUSED.values()]
    result = run([node, str(FOLDER / "exchange.js")], json.dumps(values))
    assert result.returncode == 0, result.stderr
    return dict(zip(values, json.loads(result.stdout), strict=True))


def assert_equal(found: Layout, expected: Layout) -> None:
    assert found.classes == expected.classes
    assert found.labels.dtype == expected.labels.dtype
    assert found.labels.equal(expected.labels)


@pytest.mark.parametrize("value", READABLE.values(), ids=READABLE)
def test_javascript_reads_what_python_wrote(answers: dict, value: str):
    found = answers[value]["drawing"]
    indices = np.frombuffer(base64.b64decode(found["indices"]), np.uint8)
    assert np.array_equal(indices.reshape(found["height"], found["width"]), indices_of(value))
    by_number = {entry["number"]: entry for entry in found["classes"]}
    layout = read_drawing(value)
    assert [c.id for c in layout.classes] == sorted(by_number)
    for c in layout.classes:
        entry = by_number[c.id]
        assert (entry["name"], entry["words"] or entry["name"]) == (c.name, c.words)
        assert tuple(bytes.fromhex(entry["color"][1:])) == c.color


@pytest.mark.parametrize("value", READABLE.values(), ids=READABLE)
def test_python_reads_what_javascript_wrote(answers: dict, value: str):
    written = answers[value]["value"]
    assert_equal(read_drawing(written), read_drawing(value))
    assert np.array_equal(indices_of(written), indices_of(value))


@pytest.mark.parametrize("value", READABLE.values(), ids=READABLE)
def test_the_picture_that_javascript_wrote_has_the_colors_of_the_classes(answers: dict, value: str):
    content = json.loads(answers[value]["value"])
    with Image.open(io.BytesIO(base64.b64decode(content["png"]))) as image:
        assert (image.format, image.mode) == ("PNG", "P")
        palette = bytes(image.getpalette("RGB"))
    assert palette[:3] == bytes(3)
    for entry in content["classes"]:
        at = 3 * entry["index"]
        assert palette[at : at + 3].hex() == entry["color"][1:]


@pytest.mark.parametrize("value", EMPTY.values(), ids=EMPTY)
def test_both_find_nothing_in_an_empty_drawing(answers: dict, value: str):
    found = answers[value]["drawing"]
    assert found is None or not any(base64.b64decode(found["indices"]))
    for text in (value, answers[value]["value"]):
        with pytest.raises(NothingPaintedError):
            read_drawing(text)


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_both_refuse_what_is_no_drawing(answers: dict, value: str):
    assert answers[value]["error"].startswith("The drawing of this workflow ")
    with pytest.raises(ValueError, match="^drawing: ") as caught:
        read_drawing(value)
    assert ("Update the PLACE nodes" in str(caught.value)) == ("Update" in answers[value]["error"])


# --- Texts ----------------------------------------------------------------------------------------

FRONT_END = FOLDER.parents[1] / "js"
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$|\s//\s.*?$", re.DOTALL | re.MULTILINE)
FOR_DEVELOPERS = re.compile(r"(?:RangeError|TypeError|console\.\w+)\((?:[^()]|\([^()]*\))*\)")
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`')
VALUE = re.compile(r"\$\{[^{}]*\}")
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
SHOWN = re.compile(
    r'(?:title|placeholder|"aria-label"|label|alt): "[A-Za-z]|textContent = "\w|say\("\w'
    '|[^e]Error\\([`"]'
)
CODECS = ["painter/decode_png.js", "painter/encode_png.js"]
"""What these throw is a cause, for developers: who calls them tells the artist."""
MODULES = sorted(
    file
    for folder in ("painter", "rows")
    for file in (FRONT_END / folder).rglob("*.js")
    if file.name != "texts.js" and file.relative_to(FRONT_END).as_posix() not in CODECS
)


def texts_in(code: str) -> list[str]:
    """What looks as if people should read it."""
    code = FOR_DEVELOPERS.sub("", COMMENT.sub("", code))
    literals = [text for text in LITERAL.findall(code) if SENTENCE.search(VALUE.sub("", text))]
    # Names of classes and queries of the page, paths of icons.
    sentences = [text for text in literals if not re.search(r"place-painter|[=>:]\w|^.M\d", text)]
    return sentences + SHOWN.findall(code)


@pytest.mark.parametrize("file", MODULES, ids=lambda f: f.relative_to(FRONT_END).as_posix())
def test_what_people_read_is_in_the_texts_that_are_translated(file: Path):
    assert texts_in(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        'throw new Error("damaged")',
        "throw new Error(`The map is ${size}.`)",
        'say("Saved.")',
        'const text = "Choose a class first.";',
        'element("p", { title: "Close" })',
        'span.textContent = "None";',
    ],
)
def test_texts_elsewhere_are_found(code: str):
    assert texts_in(code)
