"""What an artist writes for the regions, as segments."""

from __future__ import annotations

import re

import pytest
import torch

from place_core.layout import Layout, LayoutClass
from place_core.palettes import ADE20K, load_classes
from place_core.prompts import parse_class_prompts, prompt_segments, read_prompt, wordless
from place_core.tokens import FREE, Segment


@pytest.fixture
def layout():
    """Sky (2), tree (4) and sea (26)."""
    return Layout(torch.tensor([[[2, 4, 26, 26]]], dtype=torch.int16), load_classes(ADE20K))


@pytest.fixture
def colors():
    """Two regions without names of their own."""
    classes = (
        LayoutClass(0, "color 1", "", (255, 0, 0)),
        LayoutClass(1, "color 2", "", (0, 0, 255)),
    )
    return Layout(torch.tensor([[[0, 1]]], dtype=torch.int16), classes)


def test_without_lines_the_words_of_the_table_come_by_ascending_id(layout):
    assert prompt_segments(layout, {}, "") == [
        Segment("sky", 2),
        Segment("tree", 4),
        Segment("sea", 26),
    ]


def test_lines_name_a_class_by_name_or_number_and_replace_its_words(layout):
    text = "\n// comment\nTree = an old oak\n26 = calm = sea\nsky ="
    words = parse_class_prompts(text, layout).words
    assert words == {4: "an old oak", 26: "calm = sea"}
    texts = [s.text for s in prompt_segments(layout, words, "")]
    assert texts == ["sky", "an old oak", "calm = sea"]


def test_what_follows_two_slashes_is_a_comment(layout):
    text = "tree = oak // mine = yours\nsky = https://a.b\t// c\n  // sea = no\n26 = //"
    assert parse_class_prompts(text, layout).words == {4: "oak", 2: "https://a.b"}
    assert [
        s.text for s in read_prompt(layout, text, "fog // mist\n//rain\nhttps://c").segments
    ] == [
        "https://a.b",
        "oak",
        "sea",
        "fog \n\nhttps://c",
    ]


def test_signs_of_keyboards_for_wide_letters_are_read(layout, colors):
    words = parse_class_prompts("tree ＝ 古い，木、緑\n２６＝ a = b", layout).words
    assert words == {4: "古い，木、緑", 26: "a = b"}
    assert prompt_segments(layout, words, "")[1] == Segment("古い 木 緑", 4)
    assert parse_class_prompts("＃００00ＦＦ＝ sea", colors).words == {1: "sea"}


@pytest.mark.parametrize(
    ("texts", "note"),
    [
        (
            ("tree = an {old|young} oak", ""),
            r"class_prompts, line 1: '\{old\|young\}' is plain text",
        ),
        (("", "{a|b}"), r"global_prompt: '\{a\|b\}' is plain text here; braces choose no words"),
        (
            ("\ntree = an （old：1.3） oak", ""),
            r"class_prompts, line 2: '（old：1.3）' is no emphasis; write '\(old:1.3\)'",
        ),
        (("", "(old：１．３)"), r"global_prompt: '\(old：１．３\)' is no .* write '\(old:1.3\)'"),
    ],
)
def test_signs_that_look_as_if_they_did_something_have_a_note(layout, texts, note):
    (found,) = read_prompt(layout, *texts).notes
    assert re.match(note, found)


@pytest.mark.parametrize("text", ["an (old:1.3) oak", "a {b} c", "at 12：30 （noon）", "a | b"])
def test_other_signs_have_none(layout, text):
    assert read_prompt(layout, f"tree = {text}", text).notes == ()


def test_notes_are_as_many_as_people_read(layout):
    notes = read_prompt(layout, "tree = " + "{a|b} " * 5000, "").notes
    assert len(notes) == 21
    assert notes[-1] == "and 4980 more notes of this kind"


def test_a_number_that_the_name_of_its_class_contradicts_has_a_note(colors):
    assert parse_class_prompts("1 = sea\ncolor 1 = sky", colors).words == {1: "sea", 0: "sky"}
    (note,) = parse_class_prompts("1 = sea\ncolor 1 = sky", colors).notes
    assert note.startswith("line 1: the number 1 is 'color 2', as numbers count from 0 here")


def test_lines_may_name_a_class_by_its_color(colors):
    assert parse_class_prompts("#0000FF = the sea", colors).words == {1: "the sea"}


def test_commas_of_class_words_are_dropped_and_those_of_the_global_prompt_stay(layout):
    segments = prompt_segments(layout, {2: "red, stormy sky"}, "film grain, dusk")
    assert segments[0] == Segment("red  stormy sky", 2)
    assert segments[-1] == Segment("film grain, dusk", FREE)


def test_a_class_of_the_table_that_the_map_lacks_is_left_out_with_a_note(layout):
    prompts = parse_class_prompts("boat = a red boat", layout)
    assert prompts.words == {}
    assert prompts.notes == ("line 1: the map has no 'boat', its words are left out",)


def test_regions_without_words_are_known(colors):
    assert [c.name for c in wordless(colors, {0: "sky"})] == ["color 2"]
    assert [s.text for s in prompt_segments(colors, {0: "sky"}, "")] == ["sky"]


def test_a_global_prompt_alone_is_a_prompt(colors):
    assert prompt_segments(colors, {}, "fog") == [Segment("fog")]


def test_no_word_at_all_is_refused_with_an_example(colors):
    with pytest.raises(ValueError, match=r"no class of the map has words.*'color 1 = sky'"):
        prompt_segments(colors, {}, " ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tree an old oak", "line 1: 'tree an old oak' is not of the form"),
        ("= oak", "line 1"),
        ("tree // = oak", "line 1: 'tree' is not of the form"),
        ("tree：oak", "line 1: .*for example 'tree = an old oak'. Write '=' in place of '：'."),
        ("tree: oak", "in place of ':'."),
        ("\ntreee = oak", "line 2: 'treee' is no class.*Did you mean 'tree'"),
        ("tree = oak\nTREE = pine", "lines 1 and 2 both name 'tree'"),
        ("tree = oak\n4 = pine", "lines 1 and 2 both name 'tree'"),
        ("999 = oak", "line 1: '999' is no class"),
    ],
)
def test_a_wrong_line_is_answered_with_its_number_and_the_remedy(layout, text, message):
    with pytest.raises(ValueError, match=message):
        parse_class_prompts(text, layout)
