"""Recording fusion maps: what is asked for, what is kept, and of which run."""

from __future__ import annotations

import pytest
import torch

from place_core import recording
from place_core.fusion import fusion_map
from place_core.fusion_sheet import draw_fusion_maps
from place_core.recording import (
    Choice,
    FusionRecording,
    LayerGroup,
    MapKey,
    Run,
    Steps,
    attention_to_words,
    parse_layers,
    parse_steps,
    split_list,
)

LAYERS = [
    f"{place}.transformer_blocks.0.attn2"
    for place in ("input_blocks.1.1", "input_blocks.10.1", "middle_block.1", "output_blocks.1.1")
]
ALL = LayerGroup("all", frozenset(LAYERS))
CHOICE = Choice(("sky", "sea"), Steps(every=1), (ALL,))
SIGMAS = [8.0, 4.0, 2.0, 0.0]


# --- What is asked for ----------------------------------------------------------------------------


def test_steps_are_a_list_or_every_nth():
    some, others = parse_steps(" 1, 10 25"), parse_steps("Every 10")
    assert [step for step in range(1, 40) if step in some] == [1, 10, 25]
    assert [step for step in range(1, 40) if step in others] == [1, 11, 21, 31]


@pytest.mark.parametrize("text", ["", "0", "1, two", "every", "every 0", "1-5"])
def test_other_texts_are_no_steps(text):
    with pytest.raises(ValueError, match=r"steps: .*neither a list .* nor 'every 10'"):
        parse_steps(text)


def test_a_layer_is_chosen_by_a_whole_part_of_its_name():
    (group,) = parse_layers("input_blocks.1", LAYERS)
    assert [group.holds(layer, (8, 8)) for layer in LAYERS] == [True, False, False, False]


def test_layers_are_chosen_by_the_longer_side_of_their_grid():
    one, both = parse_layers("16, all", LAYERS)
    assert one.holds(LAYERS[0], (8, 16)) and not one.holds(LAYERS[0], (8, 8))
    assert both.holds(LAYERS[3], (8, 8))


@pytest.mark.parametrize("text", ["", "input_block", "middle_block, up"])
def test_an_unknown_layer_is_named_with_the_known_ones(text):
    with pytest.raises(ValueError, match=r"layers: '.*' is no part .*middle_block\.1\.trans"):
        parse_layers(text, LAYERS)


def test_words_are_a_list_with_commas_or_lines():
    assert split_list("old oak, sky\n\n sky ,sea") == ["old oak", "sky", "sea"]
    assert split_list("空，海、木") == ["空", "海", "木"]


# --- A map ----------------------------------------------------------------------------------------


def test_the_attention_to_a_word_is_that_of_its_tokens_in_the_reference(monkeypatch):
    monkeypatch.setattr(recording, "_TOKENS_AT_ONCE", 5)
    torch.manual_seed(0)
    query, key = torch.randn(2, 12, 4), torch.randn(2, 7, 4)
    scale, alpha = torch.rand(12, 7).round(decimals=1), torch.tensor(0.3)
    expected = fusion_map(query[None], key[None], scale[None], alpha[None])[0].mean(0)
    found = attention_to_words(query, key, scale, alpha, [[2], [1, 4, 5]])
    torch.testing.assert_close(found[0], expected[:, 2])
    torch.testing.assert_close(found[1], expected[:, [1, 4, 5]].sum(1))


def test_all_tokens_together_have_all_the_attention():
    query, key = torch.randn(2, 6, 4), torch.randn(2, 7, 4)
    found = attention_to_words(query, key, torch.ones(6, 7), torch.tensor(0.7), [list(range(7))])
    torch.testing.assert_close(found, torch.ones(1, 6))


# --- A run ----------------------------------------------------------------------------------------


def keep(run, sigma, value, grid=(2, 3), layers=1):
    """Record maps of one value, as the layers of a prediction do."""
    evaluation = run.evaluation(sigma)
    if evaluation is not None:
        for layer in LAYERS[:layers]:
            map_ = torch.full((grid[0] * grid[1],), value)
            evaluation.add(0, evaluation.groups(layer, grid), grid, {"sky": map_})
            value += 1
        run.keep(evaluation)


def key(step, word="sky", grid=(2, 3), picture=0):
    return MapKey(picture, word, "all", grid, step)


def test_maps_of_layers_are_averaged_and_kept_in_half_precision():
    run = Run(CHOICE, SIGMAS)
    keep(run, 8.0, 1.0, layers=3)
    found = run.maps[key(1)]
    assert found.dtype == torch.float16 and found.tolist() == [[2.0] * 3] * 2


def test_only_chosen_steps_are_recorded():
    run = Run(Choice(("sky",), parse_steps("2"), (ALL,)), SIGMAS)
    for sigma in SIGMAS[:-1]:
        keep(run, sigma, sigma)
    assert [k.step for k in run.maps] == [2] and run.maps[key(2)].unique().item() == 4.0


def test_a_step_is_what_the_sampler_saw_at_its_beginning():
    """Second-order samplers look again inside of a step, or ahead at its end."""
    run = Run(CHOICE, SIGMAS)
    keep(run, 8.0, 0.8)
    keep(run, 6.0, 0.6)
    keep(run, 4.0, 0.5)
    keep(run, 4.0, 0.4)
    assert sorted(k.step for k in run.maps) == [1, 2]
    assert [round(run.maps[key(step)].max().item(), 2) for step in (1, 2)] == [0.8, 0.4]


def test_a_run_has_a_largest_size_and_says_where_it_was_cut(monkeypatch):
    monkeypatch.setattr(recording, "MOST_NUMBERS", 12)
    run = Run(CHOICE, SIGMAS)
    for sigma in SIGMAS[:-1]:
        keep(run, sigma, sigma)
    assert [k.step for k in run.maps] == [1, 2] and run.cut_at == 3


# --- Which run ------------------------------------------------------------------------------------


def finished(recorded, latent, value=0.5):
    run = Run(recorded.choice, SIGMAS)
    keep(run, 8.0, value)
    recorded.add(run, latent)
    return run


def test_a_latent_finds_the_run_that_made_it():
    recorded = FusionRecording(CHOICE)
    one, other = torch.randn(2, 1, 4, 2, 3)
    first, second = finished(recorded, one), finished(recorded, other)
    assert recorded.run_of(one) is first and recorded.run_of(other) is second
    assert recorded.run_of(one.bfloat16()) is first


def test_of_two_equal_runs_the_newer_is_meant():
    recorded = FusionRecording(CHOICE)
    latent = torch.randn(1, 4, 2, 3)
    finished(recorded, latent)
    newer = finished(recorded, latent)
    assert recorded.run_of(latent) is newer


def test_without_a_run_the_remedy_is_told():
    with pytest.raises(ValueError, match="nothing was recorded.*change its seed"):
        FusionRecording(CHOICE).run_of(torch.zeros(1, 4, 2, 3))


@pytest.mark.parametrize("shape", [(1, 4, 2, 3), (2, 4, 2, 3), (1, 4, 8, 8)])
def test_a_latent_of_no_kept_run_is_refused(shape):
    recorded = FusionRecording(CHOICE)
    finished(recorded, torch.randn(1, 4, 2, 3))
    with pytest.raises(ValueError, match="latent: it is none of the last 1 results.*cache"):
        recorded.run_of(torch.randn(shape))


def test_only_the_last_few_runs_are_kept():
    recorded = FusionRecording(CHOICE)
    latents = torch.randn(9, 1, 4, 2, 3)
    for latent in latents:
        finished(recorded, latent)
    assert recorded.run_of(latents[-4])
    with pytest.raises(ValueError, match="none of the last 4"):
        recorded.run_of(latents[-5])


def test_a_run_without_a_map_is_refused():
    recorded = FusionRecording(CHOICE)
    recorded.add(Run(CHOICE, SIGMAS), torch.zeros(1, 4, 2, 3))
    with pytest.raises(ValueError, match="fused no layout with the words sky, sea"):
        recorded.run_of(torch.zeros(1, 4, 2, 3))


# --- The sheet ------------------------------------------------------------------------------------


def recorded_run(pictures=1, steps=(1, 2), words=("sky", "sea")):
    run = Run(CHOICE, SIGMAS)
    run.latent = torch.zeros(pictures, 4, 2, 3)
    for picture in range(pictures):
        for step in steps:
            for word in words:
                run.maps[key(step, word, picture=picture)] = torch.rand(2, 3).half()
    return run


def test_a_sheet_shows_each_picture_of_the_run():
    sheets = draw_fusion_maps(recorded_run(2), torch.rand(2, 64, 96, 3))
    assert len(sheets) == 2 and not torch.equal(sheets[0], sheets[1])
    assert 0 <= sheets.min() < sheets.max() <= 1


def test_the_picture_is_bright_where_the_attention_is():
    run = recorded_run(steps=(1,), words=("sky",))
    run.maps[key(1)] = torch.tensor([[0, 0, 0.2], [0, 0, 0]]).half()
    sheet = draw_fusion_maps(run, torch.full((1, 64, 96, 3), 0.4))[0].mean(-1)
    rows, columns = (sheet > 0.75).nonzero(as_tuple=True)
    bright = (rows > 44) & (rows < 44 + 105)
    assert bright.float().mean() > 0.9 and columns[bright].min() > 16 + 200


def test_a_word_that_is_nowhere_is_noted_in_the_sheet():
    images = torch.rand(1, 64, 96, 3)
    with_note = draw_fusion_maps(recorded_run(words=("sky",)), images)
    run = recorded_run(words=("sky",))
    run.choice = Choice(("sky",), CHOICE.steps, CHOICE.layers)
    assert with_note.shape[1] > draw_fusion_maps(run, images).shape[1]


@pytest.mark.parametrize("size", [(64, 32), (64, 64), (32, 64)])
def test_many_words_make_smaller_pictures(size):
    words = tuple(f"word {i}" for i in range(20))
    run = recorded_run(words=words, steps=range(1, 6))
    run.choice = Choice(words, CHOICE.steps, CHOICE.layers)
    sheet = draw_fusion_maps(run, torch.rand(1, *size, 3))[0]
    assert sheet.shape[0] <= 4096 + 32 and sheet.shape[1] <= 2048 + 100


def test_pictures_of_another_number_are_refused():
    with pytest.raises(ValueError, match="image: 3 pictures, but the run made 1"):
        draw_fusion_maps(recorded_run(), torch.rand(3, 8, 8, 3))


def test_more_maps_than_a_picture_can_show_are_refused():
    with pytest.raises(ValueError, match="2 rows of words and layers with 60 steps"):
        draw_fusion_maps(recorded_run(steps=range(60)), torch.rand(1, 8, 8, 3))
