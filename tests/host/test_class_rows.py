"""What the rows of the prompt encoder are told: by a run, and by the server while one types."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any

import pytest
import torch
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

pytestmark = pytest.mark.host

# Void, twice sky, sea; the second map has no sky.
LABELS = [[[-1, 0, 0, 3]], [[-1, -1, -1, 3]]]
ROWS = [
    [0, "sky", "a stormy sky", "#06e6e6", 0.25],
    [2, 'a "b" = <i>c</i> 🌲', "", "#010203", 0.0],
    [3, "sea", "sea", "#0907e6", 0.25],
]


@pytest.fixture(scope="module")
def layout(host):
    from place_pack.place_core.layout import Layout, LayoutClass

    classes = tuple(
        LayoutClass(class_id, name, words, tuple(bytes.fromhex(color[1:])))
        for class_id, name, words, color, _ in ROWS
    )
    return Layout(torch.tensor(LABELS, dtype=torch.int16), classes)


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


# --- A run ----------------------------------------------------------------------------------------


@pytest.fixture
def encode(loaded, layout):
    """What the front end gets of a run of the encoder."""
    from place_pack.nodes.prompt import PLACEPromptEncoder

    def run(class_prompts: str = "", global_prompt: str = "") -> dict[str, Any]:
        return as_json(
            PLACEPromptEncoder.execute(loaded.clip, layout, class_prompts, global_prompt).ui
        )

    return run


def test_a_run_of_the_encoder_tells_the_classes_and_the_tokens(encode):
    shown = encode("sea = the calm sea")
    assert shown["place_classes"] == ROWS
    # BOS, a stormy sky, the calm sea, EOS.
    assert shown["place_tokens"] == [8, 77, 1]
    assert shown["text"] == ["a stormy sky the calm sea"]


def test_a_longer_prompt_is_counted_in_chunks(encode):
    used, length, chunks = encode("sea = " + "wave " * 85)["place_tokens"]
    assert (used, length, chunks) == (3 + 85 + 2 * 2, 77, 2)
    assert encode("sea = wave BREAK wave")["place_tokens"] == [3 + 2 + 2 * 2, 77, 2]


def test_a_run_that_makes_a_layout_tells_its_classes(host):
    from place_pack.nodes.layout import PLACEMasksToLCM

    masks = {"mask0": torch.tensor([[[1.0, 0, 0, 0]]]), "mask1": torch.tensor([[[0, 1.0, 1.0, 0]]])}
    shown = as_json(PLACEMasksToLCM.execute(masks, "sky\nsea").ui)
    rows = [(row[0], row[1], row[4]) for row in shown["place_classes"]]
    assert rows == [(0, "sky", 0.25), (1, "sea", 0.5)]
    assert len(shown["images"]) == 1


def test_one_pixel_of_a_large_map_counts(host):
    from place_pack.nodes.class_rows import class_rows
    from place_pack.place_core.layout import Layout, LayoutClass

    labels = torch.full((1, 2048, 2048), -1, dtype=torch.int16)
    labels[0, 5, 5] = 0
    ((*_, coverage),) = class_rows(Layout(labels, (LayoutClass(0, "sun", "sun", (1, 2, 3)),)))
    assert 0 < coverage < 1e-6


# --- The route ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def post(host):
    """Status and answer of the route to a body, which is made JSON unless it is bytes."""
    from place_pack.nodes.routes import count_tokens

    async def ask(body: bytes) -> tuple[int, Any]:
        app = web.Application()
        app.router.add_post("/place/tokens", count_tokens)
        async with TestClient(TestServer(app)) as client:
            answer = await client.post("/place/tokens", data=body)
            return answer.status, await answer.json()

    def run(body: Any) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return asyncio.run(ask(data))

    return run


def question(class_prompts: str = "", global_prompt: str = "", classes: Any = ROWS) -> dict:
    return {"classes": classes, "class_prompts": class_prompts, "global_prompt": global_prompt}


@pytest.mark.parametrize(
    "texts",
    [
        ("",),
        ("sea = the (calm:1.2) sea", "oil painting, muted"),
        ("sea = " + "wave " * 85, "sunset BREAK clouds"),
        ("sky = extraordinarily antediluvian\n#0907e6 = ☔ 🌊 море",),
        ("sky = {blue|red} // not green\nsea＝calm，cold", "fog // {no} mist\n// rain {a|b}"),
        ("2 = a tree",),
    ],
)
def test_the_server_counts_and_notes_as_a_run_does(post, encode, texts):
    ran = encode(*texts)
    assert post(question(*texts)) == (
        200,
        {"tokens": ran["place_tokens"], "notes": ran["place_notes"]},
    )


def test_a_run_drops_comments_and_leaves_braces(encode):
    shown = encode("sky = {blue|red} // not green\nsea＝calm，cold", "fog // mist")
    assert shown["text"][0].splitlines()[0] == "{blue|red} calm cold fog"
    (note,) = shown["place_notes"]
    assert note.startswith("class_prompts, line 1: '{blue|red}' is plain text here")


def test_no_text_of_the_encoder_is_for_dynamic_prompts(host):
    from place_pack.nodes.prompt import PLACEPromptEncoder

    optional = PLACEPromptEncoder.GET_NODE_INFO_V1()["input"]["optional"]
    assert not any(optional[name][1].get("dynamicPrompts") for name in optional)


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (("sky = blue\nsee = calm",), "class_prompts, line 2: 'see' is no class of this layout"),
        (("sky",), "class_prompts, line 1: 'sky' is not of the form 'class = words'"),
        (("sky = a\n0 = b",), "class_prompts, lines 1 and 2 both name 'sky'"),
    ],
)
def test_the_server_says_what_a_run_would_say(post, texts, problem):
    status, answer = post(question(*texts))
    assert status == 200
    assert answer["problem"].startswith(problem)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "must be JSON"),
        (b"\xff\xfe", "must be JSON"),
        (b"[" * 100_000, "must be JSON"),
        ([], "must be JSON"),
        (question(classes=None), "classes: it must be a list"),
        (question(classes=[ROWS[0]] * 1001), "at most 1000"),
        (question(classes=[ROWS[0], [1, "a", "b"]]), "classes: number 1 is not of the form"),
        (question(classes=[[True, "a", "b", "#000000", 1]]), "classes: number 0 is not"),
        (question(classes=[[10**9, "a", "b", "#000000", 1]]), "classes: number 0 is not"),
        (question(classes=[[1, "a", "b", "red", 1]]), "classes: number 0 is not"),
        (question(classes=[ROWS[0], ROWS[0]]), "different ids"),
        (question(class_prompts=5), "class_prompts: it must be text"),
        (question(global_prompt=None), "global_prompt: it must be text"),
        (question(global_prompt="x" * 20_001), "it has 20,001 characters"),
        (b" " * 1_000_001, "over 1,000,000 bytes"),
    ],
)
def test_a_question_that_is_none_is_refused(post, body, error):
    status, answer = post(body)
    assert status == 400
    assert error in answer["error"]


def test_the_longest_texts_do_not_take_forever(post):
    status, answer = post(question("sea = " + "waves, " * 2800, "x" * 20_000))
    assert status == 200
    assert answer["tokens"][0] > 2800


PIECES = [
    "sky = ", "sea ＝ ", "2 = ", "\n", " ", "embedding:", "embedding: ", "embedding:gone",
    "(a:nan)",
    "(a:1e999)", "(", ")", "(" * 900, ":1.2)", "BREAK", "//", "\ud800", "\0\1", "²", "9" * 5000,
    "🌊",
    "wave, " * 60, "\\(", "<", "[",
]  # fmt: skip


def test_generated_questions_are_always_answered(post):
    """As one types: tokens or a problem in one sentence, never an error of the server."""
    chance = random.Random(6)
    counted = 0
    for _ in range(250):
        texts = ["".join(chance.choices(PIECES, k=chance.randrange(7))) for _ in range(2)]
        asked = question("sky = " + texts[0], texts[1])
        if chance.random() < 0.1:
            asked["classes"] = [[*chance.choice(ROWS)[:4], chance.choice([0, -1, 1e308, "1"])]]
        start = time.perf_counter()
        status, answer = post(asked)
        assert time.perf_counter() - start < 10
        assert status == 200 or (status == 400 and "error" in answer), (asked, answer)
        counted += "tokens" in answer
        assert len(answer.get("problem", "")) < 1500
    assert counted > 20


@pytest.mark.parametrize(
    "words", ["embedding:", "\ud800", "(" * 1000 + "a" + ")" * 1000, "(a:nan)"]
)
def test_what_one_types_on_the_way_is_a_problem_with_its_line(post, words):
    status, answer = post(question(f"sea = calm\nsky = {words}"))
    assert status == 200
    assert answer["problem"].startswith("class_prompts, line 2: ")
