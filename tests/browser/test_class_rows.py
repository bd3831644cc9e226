"""The rows of the prompt encoder as a person uses them, in ComfyUI's own front end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drawings import drawing, painted_class
from host_server import HostServer
from in_browser import Browser
from in_front_end import READY, look_at_origin, open_workflow, our_errors, save_graph
from in_painter import ENTER, Painter
from in_server import RUN_SECONDS, required_path

pytestmark = [pytest.mark.host, pytest.mark.slow]

SKY = painted_class(2, "sky", "#06e6e6", "a stormy sky")
NASTY = painted_class(1, '<img src=x onerror=window.harmed=1> "a" = b', "#ff8000")
HEBREW = painted_class(5, "ים 🌊", "#0907e6")
UNUSED = painted_class(9, "tree", "#00ff00")
CLASSES = [SKY, NASTY, HEBREW, UNUSED]

LAYOUT, ENCODER, LOADER, SHOW, REROUTE = 1, 2, 3, 4, 5
TEXT = "// mine\nsky =  clear\ntree = an old oak\n"


class Rows:
    """The rows of the encoder on the page."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.root = f"document.querySelector('.place-rows[data-rows-node=\"{ENCODER}\"]')"
        self._widget = (
            f"app.rootGraph.getNodeById({ENCODER}).widgets.find(w => w.name === 'class_prompts')"
        )

    @property
    def text(self) -> str:
        """What class_prompts has."""
        return self.browser.evaluate(f"{self._widget}.value")

    @property
    def names(self) -> list[str]:
        return self._each(".place-rows-name", "textContent")

    @property
    def words(self) -> list[str]:
        return self._each("input", "value")

    @property
    def numbers(self) -> list[str]:
        return self._each(".place-rows-number", "textContent")

    @property
    def notes(self) -> str:
        return self._each(".place-rows-notes", "textContent")[0]

    @property
    def placeholders(self) -> list[str]:
        return self._each("input", "placeholder")

    @property
    def count(self) -> str:
        return self._each(".place-rows-count", "textContent")[0]

    @property
    def problem(self) -> str:
        return self._each(".place-rows-problem", "textContent")[0]

    def wait(self, count: int) -> None:
        """Until it shows so many rows, on the page."""
        condition = f"{self.root}.offsetWidth && {self.root}.querySelectorAll('li').length"
        self.browser.wait(f"({condition}) === {count}")
        # The node finds its size.
        self.browser.evaluate("new Promise(resolve => setTimeout(resolve, 500))")

    def wait_for_count(self, text: str) -> None:
        quoted = json.dumps(text)
        self.browser.wait(
            f"{self.root}.querySelector('.place-rows-count').textContent === {quoted}"
        )

    def type(self, row: int, text: str) -> None:
        """Click into a row and write at the end of its words."""
        self.browser.click(*self._middle(f"li:nth-child({row + 1}) input"))
        self.browser.key("End", 35)
        self.browser.type(text)

    def clear(self, row: int) -> None:
        self.browser.click(*self._middle(f"li:nth-child({row + 1}) input"))
        self.browser.key("a", 65, control=True)
        self.browser.key("Delete", 46)

    def wheel(self, pixels: int) -> None:
        """Turn the wheel over the rows."""
        x, y = self._middle(".place-rows-list")
        wheel = {"type": "mouseWheel", "deltaX": 0, "deltaY": pixels}
        self.browser.call("Input.dispatchMouseEvent", x=x, y=y, **wheel)

    def type_in_textarea(self, text: str) -> None:
        """Write at the end of class_prompts itself."""
        area = "[...document.querySelectorAll('textarea')].find(a => a.value.startsWith('// mine'))"
        self.browser.evaluate(f"{area}.focus()")
        self.browser.evaluate(f"{area}.setSelectionRange(1e6, 1e6)")
        self.browser.type(text)

    def _each(self, selector: str, what: str) -> list[str]:
        found = f"[...{self.root}.querySelectorAll({json.dumps(selector)})]"
        return self.browser.evaluate(f"{found}.map(part => part.{what})")

    def _middle(self, selector: str) -> tuple[float, float]:
        box = f"{self.root}.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        return tuple(
            self.browser.evaluate(f"(b => [b.left + b.width / 2, b.top + b.height / 2])({box})")
        )


def painted(*classes: dict[str, Any], listed: list[dict[str, Any]] | None = None) -> str:
    """A drawing in which each of the classes has a stripe; others may be on its list."""
    indices = np.repeat([entry["index"] for entry in classes], 8).astype(np.uint8)
    return drawing(np.tile(indices, (16, 1)), listed or classes)


DRAWING = painted(SKY, NASTY, HEBREW, listed=CLASSES)


def node(number: int, kind: str, pos: tuple[int, int], size: tuple[int, int], **more: Any) -> dict:
    common = {"id": number, "type": kind, "pos": pos, "size": size, "order": number, "mode": 0}
    return {**common, "flags": {}, "inputs": [], "outputs": [], "properties": {}, **more}


def encoder(text: str, clip: int | None = None) -> dict:
    return node(
        ENCODER,
        "PLACEPromptEncoder",
        (700, 0),
        (420, 560),
        inputs=[
            {"name": "clip", "type": "CLIP", "link": clip},
            {"name": "layout", "type": "PLACE_LAYOUT", "link": 1},
        ],
        outputs=[
            {"name": "CONDITIONING", "type": "CONDITIONING", "links": []},
            {"name": "PROMPT", "type": "STRING", "links": [3]},
        ],
        widgets_values=[text, ""],
    )


def after_a_painter(value: str, text: str) -> tuple[list, list]:
    """Nodes and links: painter and text encoder → prompt encoder → a node that shows the prompt."""
    nodes = [
        node(
            LAYOUT,
            "PLACELayoutPainter",
            (0, 0),
            (640, 720),
            inputs=[{"name": "reference", "type": "IMAGE", "link": None, "shape": 7}],
            outputs=[
                {"name": "LAYOUT", "type": "PLACE_LAYOUT", "links": [1]},
                {"name": "UNDERSTOOD", "type": "IMAGE", "links": []},
            ],
            widgets_values=[value],
        ),
        encoder(text, clip=2),
        node(
            LOADER,
            "CheckpointLoaderSimple",
            (0, 800),
            (400, 120),
            outputs=[
                {"name": "MODEL", "type": "MODEL", "links": []},
                {"name": "CLIP", "type": "CLIP", "links": [2]},
                {"name": "VAE", "type": "VAE", "links": []},
            ],
            widgets_values=[required_path("PLACE_SEEDED_CHECKPOINT").name],
        ),
        node(
            SHOW,
            "PreviewAny",
            (1160, 0),
            (300, 200),
            inputs=[{"name": "source", "type": "*", "link": 3}],
            outputs=[{"name": "STRING", "type": "STRING", "links": []}],
            widgets_values=[],
        ),
    ]
    links = [
        [1, LAYOUT, 0, ENCODER, 1, "PLACE_LAYOUT"],
        [2, LOADER, 1, ENCODER, 0, "CLIP"],
        [3, ENCODER, 1, SHOW, 0, "*"],
    ]
    return nodes, links


def after_a_picture(color: int, text: str) -> tuple[list, list]:
    """Nodes and links: a picture of one color → its layout → a reroute → prompt encoder."""
    nodes = [
        node(
            LAYOUT,
            "PLACESegmentationToLCM",
            (0, 0),
            (400, 400),
            inputs=[{"name": "image", "type": "IMAGE", "link": 4}],
            outputs=[
                {"name": "LAYOUT", "type": "PLACE_LAYOUT", "links": [5]},
                {"name": "UNDERSTOOD", "type": "IMAGE", "links": []},
                {"name": "CLASSES", "type": "STRING", "links": []},
            ],
            widgets_values=["ADE20K", "", 30],
        ),
        encoder(text),
        node(
            LOADER,
            "EmptyImage",
            (0, 500),
            (300, 160),
            outputs=[{"name": "IMAGE", "type": "IMAGE", "links": [4]}],
            widgets_values=[64, 64, 1, color],
        ),
        node(
            REROUTE,
            "Reroute",
            (500, 500),
            (80, 30),
            inputs=[{"name": "", "type": "*", "link": 5}],
            outputs=[{"name": "", "type": "PLACE_LAYOUT", "links": [1]}],
        ),
    ]
    links = [
        [1, REROUTE, 0, ENCODER, 1, "PLACE_LAYOUT"],
        [4, LOADER, 0, LAYOUT, 0, "IMAGE"],
        [5, LAYOUT, 0, REROUTE, 0, "PLACE_LAYOUT"],
    ]
    return nodes, links


@pytest.fixture
def open_rows(
    front_end: str, browser: Browser, server: HostServer, tmp_path: Path
) -> Iterator[Callable[[list, list], Rows]]:
    """Opens a workflow; the rows of its encoder."""

    def open_rows(nodes: list, links: list) -> Rows:
        open_workflow(browser, server, save_graph(tmp_path / "rows.json", nodes, links))
        look_at_origin(browser)
        return Rows(browser)

    yield open_rows
    assert our_errors(browser) == []


@pytest.fixture
def show(open_rows: Callable[[list, list], Rows]) -> Callable[..., Rows]:
    """Shows the rows of an encoder after a painter with a drawing."""

    def show(value: str = DRAWING, text: str = TEXT) -> Rows:
        return open_rows(*after_a_painter(value, text))

    return show


def set_drawing(browser: Browser, value: str) -> None:
    body = f"""async (value) => {{
        const {{ widgets }} = app.rootGraph.getNodeById({LAYOUT});
        widgets.find(widget => widget.name === 'drawing').value = value;
    }}"""
    browser.function(body, value)


@pytest.mark.main_flow
def test_what_is_painted_has_its_rows_at_once(
    show, browser: Browser, artifacts: Path, front_end: str
) -> None:
    rows = show()
    rows.wait(3)
    browser.wait(f"/^\\d+ of 77 tokens$/.test({rows.root}.lastChild.textContent)")
    browser.screenshot(artifacts / f"rows {front_end}.png")

    assert rows.names == [NASTY["name"], "sky", HEBREW["name"]]
    assert rows.numbers == ["1", "2", "5"]
    assert rows.notes == "class_prompts, line 3: the map has no 'tree', its words are left out"
    assert rows.placeholders == [NASTY["name"], "a stormy sky", HEBREW["name"]]
    assert rows.words == ["", "clear", ""]
    assert browser.evaluate("window.harmed") is None
    assert rows.text == TEXT

    set_drawing(browser, painted(UNUSED))
    rows.wait(1)
    assert (rows.names, rows.words) == (["tree"], ["an old oak"])


@pytest.mark.main_flow
def test_typing_in_rows_writes_the_text_and_stays(show, browser: Browser) -> None:
    rows = show()
    rows.wait(3)
    rows.type(1, "ish blue ")
    rows.type(0, "thing")
    rows.type(2, "deep, sea")
    written = "// mine\nsky = clearish blue\ntree = an old oak\n1 = thing\nים 🌊 = deep, sea"
    assert rows.text == written
    # BOS, thing, clearish blue (3), deep sea, EOS.
    rows.wait_for_count("8 of 77 tokens")

    # The front end keeps what is open, but not at once.
    browser.evaluate("new Promise(resolve => setTimeout(resolve, 2000))")
    browser.reload(READY)
    rows.wait(3)
    assert rows.text == written
    assert rows.words == ["thing", "clearish blue", "deep, sea"]

    rows.clear(1)
    assert "\nsky =\n" in rows.text
    assert rows.words[1] == ""


def test_typing_in_the_text_changes_the_rows(show, browser: Browser) -> None:
    rows = show()
    rows.wait(3)
    rows.type_in_textarea("1 = a thing")
    assert rows.words == ["a thing", "clear", ""]

    rows.type_in_textarea("\nghost = boo")
    browser.wait(f"!{rows.root}.querySelector('.place-rows-problem').hidden")
    assert rows.problem.startswith("class_prompts, line 5: 'ghost' is no class of this layout")


def test_a_long_prompt_says_its_chunks(show) -> None:
    rows = show(text="sky = " + "wave " * 90 + "\n1 = x\n5 = y")
    rows.wait(3)
    rows.wait_for_count("96 tokens: 2 × 77")


def test_an_edit_of_a_row_keeps_the_comment_of_its_line(show) -> None:
    rows = show(text="sky ＝ clear // as in May\n")
    rows.wait(3)
    assert rows.words == ["", "clear", ""]
    rows.type(1, " blue // no")
    assert rows.text == "sky ＝ clear blue // as in May\n"
    assert rows.words[1] == "clear blue"


def test_the_graph_undoes_rows_too(show, browser: Browser) -> None:
    rows = show()
    rows.wait(3)
    rows.type(2, "deep sea")
    browser.key("Tab", 9)
    assert rows.text == TEXT + "ים 🌊 = deep sea"

    tracker = "app.extensionManager.workflow.activeWorkflow.changeTracker"
    browser.evaluate(f"{tracker}.undo()")
    rows.wait(3)
    assert rows.text == TEXT
    assert rows.words == ["", "clear", ""]
    rows.type(2, "again")
    assert rows.text == TEXT + "ים 🌊 = again"


def test_a_text_from_another_node_makes_the_rows_read_only(show, browser: Browser) -> None:
    rows = show()
    rows.wait(3)
    link = f"""async () => {{
        const text = LiteGraph.createNode('PrimitiveStringMultiline');
        app.rootGraph.add(text);
        const encoder = app.rootGraph.getNodeById({ENCODER});
        const slot = encoder.inputs.findIndex(input => input.name === 'class_prompts');
        text.connect(0, encoder, slot);
    }}"""
    browser.function(link)
    browser.wait(f"{rows.root}.querySelector('input').readOnly")
    browser.wait(f"{rows.root}.innerText.includes('comes from another node')")
    rows.type(0, "no")
    assert rows.text == TEXT


@pytest.mark.main_flow
def test_a_run_tells_what_no_painter_can(
    show, browser: Browser, artifacts: Path, front_end: str
) -> None:
    # The server says nothing of a node that it need not run again.
    text = f"{TEXT}1 = {{{front_end}|{front_end}}} = wood"
    rows = show(text=text)
    rows.wait(3)
    browser.evaluate("app.queuePrompt(0)")
    browser.wait(f"app.nodeOutputs[{ENCODER}]?.place_tokens", RUN_SECONDS)
    used = browser.evaluate(f"app.nodeOutputs[{ENCODER}].place_tokens[0]")
    # Braces are plain text.
    rows.wait_for_count(f"{used} of 77 tokens")

    encoder = f"app.rootGraph.getNodeById({ENCODER})"
    browser.evaluate(f"app.rootGraph.remove(app.rootGraph.getNodeById({LAYOUT}))")
    rows.wait(3)
    stored = browser.evaluate(f"{encoder}.serialize()")
    browser.screenshot(artifacts / f"rows after a run {front_end}.png")

    assert rows.words == [f"{{{front_end}|{front_end}}} = wood", "clear", ""]
    assert stored["widgets_values"] == [text, ""]
    assert [row[1] for row in stored["properties"]["place_classes"] if row[4] > 0] == rows.names


@pytest.mark.main_flow
def test_a_node_that_reads_a_map_tells_its_classes_when_it_has_run(
    open_rows, browser: Browser
) -> None:
    rows = open_rows(*after_a_picture(0x06E6E6, "sky = {a|b}"))
    browser.wait(f"{rows.root}.innerText.startsWith('A row for each class appears here')")
    # The encoder itself cannot run, as it has no text encoder.
    browser.evaluate("app.queuePrompt(0)")
    rows.wait(1)
    assert (rows.names, rows.placeholders, rows.words) == (["sky"], ["sky"], ["{a|b}"])


def test_the_prompt_that_is_sent_is_what_it_would_be_without_rows(show, browser: Browser) -> None:
    text = f"{TEXT}1 = {{a|b}} /* c */ // d"
    rows = show(text=text)
    rows.wait(3)
    widget = f"app.rootGraph.getNodeById({ENCODER}).widgets.find(w => w.name === 'global_prompt')"
    browser.evaluate(f"{widget}.value = 'fog {{thick|thin}} // mist'")
    sent = browser.evaluate("app.graphToPrompt().then(both => both.output)")[str(ENCODER)]

    assert set(sent["inputs"]) == {"clip", "layout", "class_prompts", "global_prompt"}
    assert sent["inputs"]["class_prompts"] == rows.text == text
    assert sent["inputs"]["global_prompt"] == "fog {thick|thin} // mist"


def test_many_classes_scroll(show, browser: Browser, artifacts: Path, front_end: str) -> None:
    classes = [painted_class(i, f"class {i}", f"#{i:02x}80f0") for i in range(1, 183)]
    rows = show(painted(*classes), "")
    rows.wait(182)
    browser.screenshot(artifacts / f"rows many {front_end}.png")
    height = f"app.rootGraph.getNodeById({ENCODER}).size[1]"
    list_ = f"{rows.root}.querySelector('.place-rows-list')"

    assert browser.evaluate(height) < 900
    assert browser.evaluate(f"{list_}.scrollHeight > {list_}.clientHeight")
    rows.type(0, "first")
    rows.wheel(400)
    browser.wait(f"{list_}.scrollTop > 100")
    browser.evaluate(f"{list_}.scrollTo(0, 1e6)")
    rows.type(181, "last")
    assert rows.text == "class 1 = first\nclass 182 = last"
    browser.key("Enter", 13)
    browser.type(" of all")
    assert rows.text.startswith("class 1 = first of all\n")


# --- The same words in the painter ----------------------------------------------------------------

WHERE = f"written in Per-Class Prompt Encoder ({ENCODER})"
PAINTED_WORDS = [SKY["words"], "", "", ""]


def wait_for_words(painter: Painter, *words: str) -> None:
    """Until the painter shows these words of its classes."""
    shown = f"[...{painter.root}.querySelectorAll('.place-painter-words')].map(i => i.value)"
    painter.browser.wait(f"JSON.stringify({shown}) === JSON.stringify({json.dumps(words)})")


def capture(browser: Browser) -> None:
    """Make the graph as it is a step of the front end's undo, as it does after an edit."""
    tracker = "app.extensionManager.workflow.activeWorkflow.changeTracker"
    browser.evaluate(f"({tracker}.captureCanvasState ?? {tracker}.checkState).call({tracker})")


def undo(browser: Browser) -> None:
    browser.evaluate("app.extensionManager.workflow.activeWorkflow.changeTracker.undo()")


@pytest.mark.main_flow
def test_the_painter_shows_what_the_encoder_says_and_can_change_it_and_take_it_back(
    show, browser: Browser, artifacts: Path, front_end: str
) -> None:
    rows, painter = show(), Painter(browser, LAYOUT)
    rows.wait(3)
    wait_for_words(painter, "clear", "", "", "an old oak")
    assert painter.said == [WHERE, "", "", WHERE]
    browser.screenshot(artifacts / f"words {front_end}.png")

    rows.type(1, "ish")
    wait_for_words(painter, "clearish", "", "", "an old oak")

    browser.click(*painter.middle(".place-painter-words"))
    browser.key("a", 65, control=True)
    browser.type("fog")
    browser.key(*ENTER)
    assert rows.text == "// mine\nsky = fog\ntree = an old oak\n"
    assert rows.words == ["", "fog", ""]

    browser.click(*painter.middle(".place-painter-said button"))
    assert rows.text == "// mine\ntree = an old oak\n"
    wait_for_words(painter, "a stormy sky", "", "", "an old oak")
    assert painter.said == ["", "", "", WHERE]

    undo(browser)
    rows.wait(3)
    wait_for_words(painter, "fog", "", "", "an old oak")
    assert rows.text == "// mine\nsky = fog\ntree = an old oak\n"


def test_words_typed_in_the_painter_for_other_classes_are_its_own(show, browser: Browser) -> None:
    rows, painter = show(text="sky = clear"), Painter(browser, LAYOUT)
    rows.wait(3)
    browser.click(*painter.middle("li:nth-child(3) .place-painter-words"))
    browser.type("deep sea")
    browser.key(*ENTER)
    browser.wait(f"{rows.root}.querySelectorAll('input')[2].placeholder === 'deep sea'")
    assert rows.text == "sky = clear"
    assert json.loads(painter.value)["classes"][2]["words"] == "deep sea"
    wait_for_words(painter, "clear", "", "deep sea", "")


def test_an_encoder_that_does_not_run_or_has_no_link_says_nothing(show, browser: Browser) -> None:
    rows, painter = show(), Painter(browser, LAYOUT)
    rows.wait(3)
    wait_for_words(painter, "clear", "", "", "an old oak")
    encoder = f"app.rootGraph.getNodeById({ENCODER})"
    for mode in (4, 2):
        browser.evaluate(f"{encoder}.mode = {mode}")
        capture(browser)
        wait_for_words(painter, *PAINTED_WORDS)
        browser.evaluate(f"{encoder}.mode = 0")
        capture(browser)
        wait_for_words(painter, "clear", "", "", "an old oak")

    browser.evaluate(f"{encoder}.disconnectInput(1)")
    wait_for_words(painter, *PAINTED_WORDS)
    browser.evaluate(f"app.rootGraph.getNodeById({LAYOUT}).connect(0, {encoder}, 1)")
    wait_for_words(painter, "clear", "", "", "an old oak")
    browser.evaluate(f"app.rootGraph.remove({encoder})")
    wait_for_words(painter, *PAINTED_WORDS)


def test_different_words_of_several_encoders_are_named(show, browser: Browser) -> None:
    rows, painter = show(text="sky = clear\n5 = sea"), Painter(browser, LAYOUT)
    rows.wait(3)
    browser.function(f"""async () => {{
        const second = LiteGraph.createNode('PLACEPromptEncoder');
        app.rootGraph.add(second);
        second.title = 'Night';
        app.rootGraph.getNodeById({LAYOUT}).connect(0, second, 1);
        second.widgets.find(w => w.name === 'class_prompts').value = 'sky = stars\\n5 = sea';
    }}""")
    wait_for_words(painter, "clear · stars", "", "sea", "")
    night = browser.evaluate("app.rootGraph.nodes.find(node => node.title === 'Night').id")
    assert painter.said[0] == "2 prompt encoders say different words"
    assert painter.said[2] == f"{WHERE}, Night ({night})"
    titles = f"{painter.root}.querySelector('.place-painter-where').title"
    assert browser.evaluate(titles).endswith(f"({ENCODER}): clear\nNight ({night}): stars")

    browser.click(*painter.middle(".place-painter-said button"))
    wait_for_words(painter, "a stormy sky", "", "sea", "")
    assert rows.text == "5 = sea"


def test_words_that_come_from_another_node_are_said_to(show, browser: Browser) -> None:
    rows, painter = show(), Painter(browser, LAYOUT)
    rows.wait(3)
    browser.function(f"""async () => {{
        const text = LiteGraph.createNode('PrimitiveStringMultiline');
        app.rootGraph.add(text);
        const encoder = app.rootGraph.getNodeById({ENCODER});
        text.connect(0, encoder, encoder.inputs.findIndex(i => i.name === 'class_prompts'));
    }}""")
    wait_for_words(painter, *PAINTED_WORDS)
    elsewhere = f"Per-Class Prompt Encoder ({ENCODER}) gets its words from another node"
    assert painter.said == [elsewhere] * 4


def test_an_encoder_in_a_subgraph_says_its_words_to_the_painter_outside(
    show, browser: Browser
) -> None:
    rows, painter = show(), Painter(browser, LAYOUT)
    rows.wait(3)
    graph = "app.rootGraph"
    browser.evaluate(f"{graph}.convertToSubgraph(new Set([{graph}.getNodeById({ENCODER})])) && 1")
    capture(browser)
    wait_for_words(painter, "clear", "", "", "an old oak")
    browser.click(*painter.middle(".place-painter-words"))
    browser.key("a", 65, control=True)
    browser.type("fog")
    browser.key(*ENTER)
    inner = f"{graph}.nodes.find(node => node.subgraph).subgraph.nodes[0]"
    text = f"{inner}.widgets.find(widget => widget.name === 'class_prompts').value"
    assert browser.evaluate(text) == "// mine\nsky = fog\ntree = an old oak\n"
    wait_for_words(painter, "fog", "", "", "an old oak")


BLUEPRINT = Path(__file__).parents[2] / "subgraphs" / "Layout to image.json"


@pytest.mark.main_flow
def test_words_of_a_blueprint_are_those_on_its_node(
    browser: Browser, front_end: str, server: HostServer, tmp_path: Path, artifacts: Path
) -> None:
    content = json.loads(BLUEPRINT.read_text(encoding="utf-8"))
    (host,) = content["nodes"]
    host |= {"id": ENCODER, "pos": [700, 0]}
    slot = next(i for i, each in enumerate(host["inputs"]) if each["name"] == "layout")
    host["inputs"][slot]["link"] = 1
    (painter_node,) = after_a_painter(DRAWING, "")[0][:1]
    content["nodes"] = [painter_node, host]
    content["links"] = [[1, LAYOUT, 0, ENCODER, slot, "PLACE_LAYOUT"]]
    content["last_node_id"], content["last_link_id"] = 1000, 1000
    file = tmp_path / "blueprint.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    open_workflow(browser, server, file)
    look_at_origin(browser)
    painter = Painter(browser, LAYOUT)
    painter.wait()
    wait_for_words(painter, *PAINTED_WORDS)

    node = f"app.rootGraph.getNodeById({ENCODER})"
    widget = f"{node}.widgets.find(widget => widget.name === 'class_prompts')"
    browser.evaluate(f"{widget}.value = 'sky = clear'")
    capture(browser)
    wait_for_words(painter, "clear", "", "", "")
    browser.screenshot(artifacts / f"words of a blueprint {front_end}.png")
    assert painter.said[0] == f"written in {browser.evaluate(f'{node}.title')} ({ENCODER})"

    browser.click(*painter.middle(".place-painter-words"))
    browser.key("a", 65, control=True)
    browser.type("fog")
    browser.key(*ENTER)
    assert browser.evaluate(f"{widget}.value") == "sky = fog"
    wait_for_words(painter, "fog", "", "", "")
    browser.click(*painter.middle(".place-painter-said button"))
    assert browser.evaluate(f"{widget}.value") == ""
    wait_for_words(painter, *PAINTED_WORDS)
    assert our_errors(browser) == []
