"""Texts that nobody would write, many of them made at random: read, or refused in one sentence."""

from __future__ import annotations

import json
import random
import re
import time

import pytest
import torch

from place_core.layout import Layout, LayoutClass
from place_core.layout_readers import parse_color_list
from place_core.painted import read_drawing, write_drawing
from place_core.prompts import read_prompt
from place_core.recording import parse_layers, parse_steps
from place_core.tokens import bind_tokens

PIECES = [
    "sky", "sea", "tree", "=", "＝", "\n", "\r\n", "\x85", " ", ",", "，", "(", ")", "\\(", "\\)",
    ":1.2", ":nan", ":inf", ":-1e999", ":1e-400", "(blue:nan)", "(a:inf)", "embedding:",
    "embedding: ", "embedding:none", "BREAK", "//", "#06e6e6", "#ff", "1", "²", "٣", "9" * 5000,
    "\ud800", "\udfff", "\0", "\0\1", "\ufeff", "🌲", "é", "void", "120, 120, 120", "{a|b}", "[",
    "(" * 1000, ")" * 1000, "((" * 20, "x" * 3000, ":" * 50, "a b " * 40, "'", '"', "\\", "%s",
]  # fmt: skip
LONGEST_MESSAGE = 1500


def texts(seed: int, count: int, longest: int = 12):
    chance = random.Random(seed)
    for _ in range(count):
        lines = []
        for _ in range(chance.randrange(4)):
            key = chance.choice(["sky = ", "1=", "#06e6e6 = ", "", "sea ＝", "tree"])
            lines.append(
                key + "".join(chance.choice(PIECES) for _ in range(chance.randrange(longest)))
            )
        yield "\n".join(lines)


def assert_one_sentence(error: ValueError, *places: str):
    message = str(error)
    assert type(error) is ValueError or isinstance(error, ValueError)
    assert len(message) < LONGEST_MESSAGE, message[:300]
    assert message.startswith(places), message[:300]


@pytest.fixture(scope="module")
def layout():
    classes = tuple(
        LayoutClass(i, name, name, color)
        for i, (name, color) in enumerate(
            {"sky": (6, 230, 230), "sea": (9, 7, 230), "tree": (4, 200, 3)}.items()
        )
    )
    return Layout(torch.tensor([[[0, 1, 1, -1]]], dtype=torch.int16), classes)


def tokenize(text):
    """As the host's: recursive in parentheses, and takes what Python takes for a number."""
    text.encode("utf-8")

    def depth(rest, now=0):
        return now if not rest else depth(rest[1:], now + 1)

    depth([c for c in text if c == "("])
    for name in re.findall(r"(?:^|(?<=\s))embedding:(.*)", text, re.DOTALL):
        name.split()[0]
    words = [(len(word), 1.0, i + 1) for i, word in enumerate(text.split())]
    chunks = [words[i : i + 75] for i in range(0, len(words), 75)] or [[]]
    pad = (49407, 1.0, 0)
    return [[pad, *chunk, pad, *[pad] * (75 - len(chunk))] for chunk in chunks]


def test_generated_prompts_are_bound_or_refused_in_one_sentence_with_the_place(layout):
    bound = 0
    for class_prompts, free in zip(texts(1, 1500), texts(2, 1500, 4), strict=True):
        try:
            prompt = read_prompt(layout, class_prompts, free)
            tokens = bind_tokens(prompt.segments, tokenize)
            assert len(tokens.class_ids) % 77 == 0
            bound += 1
        except ValueError as error:
            assert_one_sentence(error, "class_prompts", "global_prompt", "the words of")
    assert bound > 150


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("(blue:nan)", "the weight 'nan'"),
        ("(blue:inf)", "the weight 'inf'"),
        ("(blue:-Infinity )", "the weight '-Infinity'"),
        ("(" * 900 + "blue" + ")" * 900, "900 parentheses inside one another"),
        ("embedding:", "'embedding:' stands without a name"),
        ("embedding: ,", "'embedding:' stands without a name"),
        ("\ud800", "half of a character"),
    ],
)
def test_words_that_no_tokenizer_takes_are_refused_at_their_line(layout, words, said):
    with pytest.raises(ValueError, match=f"^class_prompts, line 2: .*{said}"):
        read_prompt(layout, f"sea = calm\nsky = {words}", "")
    # Commas are dropped from the words of classes only.
    with pytest.raises(ValueError, match=f"^global_prompt: .*{said}"):
        read_prompt(layout, "", words.rstrip(" ,"))


def test_words_of_the_map_itself_are_refused_by_the_name_of_their_class():
    broken = LayoutClass(0, "sky", "(blue:nan)", (1, 2, 3))
    layout = Layout(torch.zeros(1, 1, 1, dtype=torch.int16), (broken,))
    with pytest.raises(ValueError, match="^the words of 'sky': the weight 'nan'"):
        read_prompt(layout, "", "")


@pytest.mark.parametrize("text", ["x" * 100_000, "9" * 5000 + " = a", "a" * 100_000 + " = b"])
def test_long_lines_are_cut_in_messages_and_take_no_time(layout, text):
    start = time.perf_counter()
    with pytest.raises(ValueError) as caught:
        read_prompt(layout, text, "")
    assert time.perf_counter() - start < 1
    assert_one_sentence(caught.value, "class_prompts, line 1")
    assert "no class of this layout" in str(caught.value) or "not of the form" in str(caught.value)


def test_generated_color_lists_are_read_or_refused_in_one_sentence():
    chance = random.Random(3)
    keys = ["#ff0000", "#00f", "1,2,3", "１，2，3", "999,1,1", "#٣٣٣", "#ggg", "red", "", "٣,٣,٣"]
    for text in texts(4, 800, 5):
        lines = [f"{chance.choice(keys)} = {line[:9000]}" for line in text.split("\n")]
        try:
            classes, *_ = parse_color_list("\n".join(lines))
            assert classes
        except ValueError as error:
            assert_one_sentence(error, "color_list")


def test_generated_drawings_are_read_or_refused_in_one_sentence(layout):
    labels = torch.randint(-1, 3, (16, 24), generator=torch.Generator().manual_seed(0)).numpy()
    moved = [LayoutClass(c.id + 1, c.name, c.words, c.color) for c in layout.classes]
    sound = write_drawing(labels + (labels >= 0), moved)
    assert read_drawing(sound)
    content = json.loads(sound)
    chance = random.Random(5)
    odd = [None, True, -1, 0, 1e308, 10**400, "", "\ud800", "x" * 100_000, [], {}, [[]] * 9, 4097]
    for _ in range(800):
        changed = json.loads(json.dumps(content))
        place = chance.choice([changed, *changed["classes"]])
        place[chance.choice(list(place))] = chance.choice(odd)
        text = json.dumps(changed)
        if chance.random() < 0.5:
            cut = chance.randrange(len(text))
            text = text[:cut] + chance.choice(["", *PIECES]) + text[cut + chance.randrange(9) :]
        try:
            assert read_drawing(text).labels.shape[0] == 1
        except ValueError as error:
            assert_one_sentence(error, "drawing: ")


def test_numbers_of_thousands_of_digits_are_no_steps_and_no_grid():
    for text in ("9" * 5000, "every " + "9" * 5000, "1, ²", "٣"):
        with pytest.raises(ValueError) as caught:
            parse_steps(text)
        assert_one_sentence(caught.value, "steps")
        with pytest.raises(ValueError) as caught:
            parse_layers(text, ["input_blocks.1.1.attn2"])
        assert_one_sentence(caught.value, "layers")
