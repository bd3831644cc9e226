"""Training samples by their number."""

from __future__ import annotations

import pytest
import torch
from transformers import CLIPTokenizer

from in_server import tokenizer_folder
from place_core.fusion import bound_class_ids
from place_core.layout import Layout, LayoutClass
from place_core.lcm import layout_fractions
from place_core.tokens import FREE
from place_core.training.config import read_config
from place_core.training.data import Unreadable, open_captioned, paired
from place_core.training.samples import (
    CaptionedSamples,
    PairedSamples,
    Shapes,
    ShuffledSource,
    collate,
    layout_scales,
)
from place_core.training.tokenizer import PromptTokenizer, load_tokenizer

SHAPES = Shapes((4, 8, 8), ((8, 8), (4, 4)))


@pytest.fixture(scope="module")
def tokenizer() -> PromptTokenizer:
    return load_tokenizer(tokenizer_folder(), None)


@pytest.fixture
def samples(configure, material, tokenizer):
    def make(kind=PairedSamples, numbers=range(100), **values):
        config = read_config(configure(**values))
        source = (
            paired("folder", material / "pairs")
            if kind is PairedSamples
            else open_captioned(material / "captioned")
        )
        return kind(source, tokenizer, config, SHAPES, numbers)

    return make


def assert_equal_samples(one, other):
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=0, atol=0)


class Numbers:
    """A source of its own indices; some cannot be read."""

    def __init__(self, count, bad=()):
        self.count, self.bad = count, bad

    def __len__(self):
        return self.count

    def load(self, index):
        if index in self.bad:
            raise Unreadable(f"{index} is bad")
        return index


def test_each_epoch_shows_every_item_once_in_an_order_of_its_own():
    source = ShuffledSource(Numbers(10), seed=0, stream=0)
    epochs = [[source.load(10 * e + i)[1] for i in range(10)] for e in range(3)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_order_follows_the_seed_and_the_stream():
    def order(seed, stream):
        source = ShuffledSource(Numbers(20), seed, stream)
        return [source.load(i)[1] for i in range(20)]

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(1, 0)
    assert order(0, 0) != order(0, 1)


def test_an_unreadable_item_is_replaced_by_the_next_of_its_epoch():
    whole = ShuffledSource(Numbers(10), 0, 0)
    order = [whole.load(i)[1] for i in range(10)]
    source = ShuffledSource(Numbers(10, bad=(order[3],)), 0, 0)
    index, item, problems = source.load(3)
    assert index == item == order[4]
    assert problems == [f"{order[3]} is bad"]
    assert source.load(5) == (order[5], order[5], [])


@pytest.mark.parametrize("kind", [PairedSamples, CaptionedSamples])
def test_a_sample_names_its_picture(samples, kind):
    shown = samples(kind, crop=False, flip=False)
    by_name = {}
    for i in range(8):
        sample = shown[i]
        image = by_name.setdefault(tuple(sample["picture"].tolist()), sample["image"])
        assert torch.equal(image, sample["image"])
    assert len(by_name) == 4


@pytest.mark.parametrize("kind", [PairedSamples, CaptionedSamples])
def test_a_sample_depends_on_its_number_alone(samples, kind):
    first, later = samples(kind), samples(kind, numbers=range(7, 20))
    assert_equal_samples(first[9], later[2])


def test_samples_of_one_number_differ_in_their_noise_between_the_kinds(samples):
    pair, caption = samples()[0], samples(CaptionedSamples)[0]
    assert not torch.equal(pair["noise"], caption["noise"])
    assert not torch.equal(pair["noise"], pair["posterior"])


def test_timesteps_and_noise_are_drawn_evenly(samples):
    many = [samples(crop=False, flip=False)[i] for i in range(100)]
    timesteps = torch.stack([s["timestep"] for s in many]).float()
    assert 400 < timesteps.mean() < 600 and timesteps.min() < 100 and timesteps.max() > 900
    noise = torch.stack([s["noise"] for s in many])
    assert abs(noise.mean()) < 0.03 and abs(noise.std() - 1) < 0.03


@pytest.mark.parametrize("kind", [PairedSamples, CaptionedSamples])
@pytest.mark.parametrize("first", [0, 5, 1_000_000])
def test_each_batch_has_early_and_late_timesteps(samples, kind, first):
    batch = samples(kind, numbers=range(first, first + 8))
    quarters = [int(batch[i]["timestep"]) // 250 for i in range(8)]
    assert {quarters.count(quarter) for quarter in range(4)} <= {1, 2, 3}


def test_the_seed_decides_at_which_timestep_a_run_begins(samples):
    begins = {int(samples(seed=seed)[0]["timestep"]) for seed in range(5)}
    assert len(begins) > 3


def test_some_prompts_are_left_empty(samples, tokenizer):
    empty = tokenizer.encode([])[0]
    for kind in (PairedSamples, CaptionedSamples):
        many = samples(kind, caption_dropout=0.3)
        share = sum(torch.equal(many[i]["tokens"], empty) for i in range(100)) / 100
        assert 0.15 < share < 0.45
        assert not any(
            torch.equal(samples(kind, caption_dropout=0.0)[i]["tokens"], empty) for i in range(10)
        )


def test_an_empty_prompt_binds_nothing(samples):
    sample = samples(caption_dropout=1.0)[0]
    assert all((scale == 1).all() for scale in sample["layout"].values())


def test_the_layout_is_counted_on_the_map_that_belongs_to_the_view(samples, tokenizer):
    """Void is impossible here and all classes are words, so the fractions of a cell sum to 1."""
    sample = samples(caption_dropout=0.0)[3]
    assert sorted(sample["layout"]) == [16, 64]
    bound = (sample["layout"][64] != 1).any(0) | (sample["layout"][16] != 1).any(0)
    assert 2 <= bound.sum() <= 3
    torch.testing.assert_close(sample["layout"][64][:, bound].sum(-1), torch.ones(64))
    # The picture is striped as the map is: dark sea, light sand, in the cells that hold one class.
    assert sample["image"].shape == (3, 64, 64)


def test_scales_of_a_map_are_the_fractions_of_its_words():
    labels = torch.zeros(1, 8, 8, dtype=torch.int16)
    labels[:, 3:] = 1
    table = tuple(LayoutClass(i, str(i), str(i), (i, i, i)) for i in range(3))
    tokens = torch.full((77,), FREE)
    tokens[1], tokens[2:4], tokens[4] = 0, 1, 2
    scales = layout_scales(Layout(labels, table), tokens, [(4, 4)])[16]
    fractions = layout_fractions(labels[0], bound_class_ids(tokens, labels[0]), (4, 4)).flatten(1)
    torch.testing.assert_close(scales[:, 1], fractions[0])
    torch.testing.assert_close(scales[:, 3], fractions[1])
    assert (scales[:, 4] == 1).all(), "a class without pixels is free"


def test_batches_stack_layouts_and_join_problems(samples):
    one, other = samples()[0], samples()[1]
    batch = collate([one, {**other, "problems": ["a", "b"]}])
    assert batch["image"].shape == (2, 3, 64, 64)
    assert batch["layout"][64].shape == (2, 64, 77)
    assert batch["timestep"].shape == (2,)
    assert batch["problems"] == ["a", "b"]


def test_prompts_are_tokenized_as_clip_does(tokenizer):
    clip = CLIPTokenizer.from_pretrained(tokenizer_folder())
    for text in ("a photo of a cat, on a mat", "Fire-hydrant's 2 wheels", "日本 café", " x  y "):
        expected = clip(text, padding="max_length", max_length=77, truncation=True).input_ids
        assert tokenizer.encode_caption(text).tolist() == expected


def test_a_long_caption_is_cut_between_words_and_still_ends_with_eos(tokenizer):
    tokens = tokenizer.encode_caption("hippopotamus " * 100)
    assert len(tokens) == 77
    assert tokens[0] == 49406 and tokens[-1] == 49407


def test_a_map_of_void_only_has_the_empty_prompt(tokenizer):
    table = (LayoutClass(0, "sky", "sky", (0, 0, 0)),)
    layout = Layout(torch.full((1, 4, 4), -1, dtype=torch.int16), table)
    tokens, class_ids = tokenizer.encode_layout(layout, {}, "")
    assert torch.equal(tokens, tokenizer.encode([])[0])
    assert (class_ids == FREE).all()


def test_a_picture_may_have_words_of_its_own(tokenizer):
    table = tuple(LayoutClass(i, n, n, (i, 0, 0)) for i, n in enumerate(("sky", "sea", "sand")))
    layout = Layout(torch.tensor([[[0, 1]]], dtype=torch.int16), table)
    tokens, class_ids = tokenizer.encode_layout(layout, {1: "rough sea", 2: "snow"}, "at night")
    assert tokens.tolist() == tokenizer.encode_caption("sky rough sea at night").tolist()
    assert class_ids[:7].tolist() == [FREE, 0, 1, 1, FREE, FREE, FREE]
