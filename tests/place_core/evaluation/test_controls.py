"""Ways to put a layout into a picture: what they predict, and that a batch changes nothing."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor2_0

from in_server import tokenizer_folder
from place_core.alpha import FusionSettings, cosine, linear
from place_core.evaluation.controls import (
    Painter,
    attention_couple,
    forced,
    hard_scales,
    learned,
    log_fractions,
    masked_conditionings,
    place,
    plain,
    scheduled,
)
from place_core.evaluation.request import LayoutRequest
from place_core.evaluation.sampling import SamplingSettings, sample_requests
from place_core.layout import VOID, Layout, LayoutClass
from place_core.tokens import Segment
from place_core.training.attention import FusionCall
from place_core.training.diffusion import shapes_of
from place_core.training.model import PlaceUNet
from place_core.training.samples import layout_scales
from place_core.training.tokenizer import load_tokenizer
from place_core.training.validation import ValidationMap, sample_map
from small_training import small_model

SKY, SEA, SAND, WIRE = range(4)
CLASSES = tuple(
    LayoutClass(i, name, name, (40 * i, 10, 10))
    for i, name in enumerate(("sky", "sea", "sand", "wire"))
)
CONTROLS = {
    "plain": plain,
    "place": place(),
    "hard": place(scales_of=hard_scales),
    "scheduled": place(scheduled(FusionSettings(None, cosine))),
    "log_fractions": log_fractions,
    "attention_couple": attention_couple,
    "masked_conditionings": masked_conditionings,
}
GRIDS = ((8, 8), (4, 4))


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield


@pytest.fixture(scope="module")
def model():
    made = small_model()
    with torch.no_grad():
        # Random layers look almost evenly at everything; larger keys make the words matter.
        for name, weight in made.unet.named_parameters():
            if name.endswith(("to_q.weight", "to_k.weight", "to_v.weight")):
                weight.mul_(4)
    return made


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(tokenizer_folder(), None)


@pytest.fixture(scope="module")
def painter(model, tokenizer):
    unet = PlaceUNet(copy.deepcopy(model.unet)).eval()
    torch.manual_seed(3)
    with torch.no_grad():
        unet.heads.bias.copy_(torch.randn(len(unet.heads.layers)))
        unet.heads.weight.copy_(0.1 * torch.randn(unet.heads.weight.shape))
    return Painter(unet, model.text_encoder, tokenizer, shapes_of(unet.unet, model.vae, (64, 64)))


def request(labels, words=None, global_prompt=""):
    return LayoutRequest(Layout(labels[None], CLASSES), words or {}, global_prompt)


def whole(class_id, **more):
    return request(torch.full((64, 64), class_id, dtype=torch.int16), **more)


def halves(left=SKY, right=SEA, **more):
    labels = torch.full((64, 64), left, dtype=torch.int16)
    labels[:, 32:] = right
    return request(labels, **more)


def many():
    """Four classes, one of them a line of one pixel between the sampled ones, and void."""
    labels = torch.full((64, 64), SKY, dtype=torch.int16)
    labels[24:] = SEA
    labels[50:, :40] = SAND
    labels[:, 13] = WIRE
    labels[:16, 48:] = VOID
    return request(labels, {SEA: "a green sea"}, "at night")


def predictions(painter, control, requests, timestep=700):
    torch.manual_seed(5)
    latents = torch.randn(4, 4, 8, 8)[: len(requests)]
    return control(painter, requests)(latents, torch.full((len(requests),), timestep)), latents


def close(one, other):
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_no_layout_is_an_unpatched_unet(painter, model):
    """The same words, through diffusers' own attention."""
    (without, prompted), latents = predictions(painter, plain, [many()])
    tokenizer = painter.tokenizer
    tokens = tokenizer.encode([Segment("sky a green sea sand wire at night")])[0]
    own = copy.deepcopy(model.unet)
    own.set_attn_processor(AttnProcessor2_0())
    for noise, ids in ((without, painter.empty()), (prompted, tokens)):
        context = model.text_encoder(ids[None]).last_hidden_state
        close(noise, own(latents, torch.tensor([700]), context).sample)


def test_alpha_zero_is_no_layout(painter):
    one, _ = predictions(painter, place(forced(0.0)), [many(), halves()])
    other, _ = predictions(painter, plain, [many(), halves()])
    close(one, other)


def test_place_changes_the_prompted_half_only(painter):
    (without, prompted), _ = predictions(painter, place(), [many()])
    (plain_without, plain_prompted), _ = predictions(painter, plain, [many()])
    close(without, plain_without)
    assert (prompted - plain_prompted).abs().max() > 1e-3


@pytest.mark.parametrize("name", CONTROLS)
def test_the_first_half_is_of_the_empty_prompt(painter, name):
    (without, prompted), _ = predictions(painter, CONTROLS[name], [many()])
    (empty, _), _ = predictions(painter, plain, [many()])
    close(without, empty)
    assert (prompted - without).abs().max() > 1e-3


@pytest.mark.parametrize("name", CONTROLS)
def test_a_batch_changes_nothing(painter, name):
    """Layouts with one, two and four classes, with and without void."""
    requests = [whole(SEA), many(), halves(SAND, SKY)]
    together, latents = predictions(painter, CONTROLS[name], requests)
    for number, alone in enumerate(requests):
        predict = CONTROLS[name](painter, [alone])
        some = predict(latents[number : number + 1], torch.tensor([700]))
        for half, single in zip(together, some, strict=True):
            close(half[number], single[0])


def test_place_samples_what_the_trainer_samples(painter, model):
    wanted = many()
    tokens, ids = painter.tokenizer.encode_layout(wanted.layout, wanted.words, wanted.global_prompt)
    scales = layout_scales(wanted.layout, ids, painter.shapes.grids)
    noise = np.random.default_rng((4, 0)).standard_normal((4, 8, 8), dtype=np.float32)
    target = ValidationMap(
        torch.empty(0),
        torch.stack([painter.empty(), tokens]),
        {n: torch.stack([torch.ones_like(s), s]) for n, s in scales.items()},
        torch.from_numpy(noise),
    )
    expected = sample_map(painter.unet, model, target, 3, 2.0)
    settings = SamplingSettings(3, 2.0, seed=4)
    pictures = sample_requests(model, painter.unet, painter.tokenizer, [wanted], place(), settings)
    close(pictures[0], expected)


class DirectLogFractions(FusionCall):
    """``softmax(S + log L)``, as written."""

    def attend(self, layer, query, key, value):
        scores = query @ key.mT / query.shape[-1] ** 0.5
        return (scores + self.scales[query.shape[2]].log()[:, None]).softmax(-1) @ value


def test_log_fractions_are_added_to_the_scores(painter):
    wanted = many()
    (_, prompted), latents = predictions(painter, log_fractions, [wanted])
    tokens, ids = painter.tokenizer.encode_layout(wanted.layout, wanted.words, wanted.global_prompt)
    scales = layout_scales(wanted.layout, ids, painter.shapes.grids)
    call = DirectLogFractions({n: s[None] for n, s in scales.items()}, alpha=None)
    expected = painter.unet.unet(
        latents,
        torch.tensor([700]),
        painter.encode(tokens[None]),
        cross_attention_kwargs={"place": call},
    ).sample
    close(prompted, expected)


@pytest.mark.parametrize("control", [attention_couple, masked_conditionings])
def test_one_region_is_its_prompt(painter, control):
    wanted = whole(SEA, words={SEA: "a green sea"}, global_prompt="at night")
    one, _ = predictions(painter, control, [wanted])
    other, _ = predictions(painter, plain, [wanted])
    close(one, other)


@pytest.mark.parametrize("control", [attention_couple, masked_conditionings])
def test_regions_of_the_same_words_are_one(painter, control):
    same = halves(words={SKY: "a green sea", SEA: "a green sea"})
    one, _ = predictions(painter, control, [same])
    other, _ = predictions(painter, plain, [whole(SEA, words={SEA: "a green sea"})])
    close(one, other)


@pytest.mark.parametrize("control", [attention_couple, masked_conditionings])
def test_void_has_the_global_prompt(painter, control):
    half_void, _ = predictions(painter, control, [halves(SEA, VOID, global_prompt="at night")])
    named = halves(SEA, SKY, words={SEA: "sea at night", SKY: "at night"})
    close(half_void, predictions(painter, control, [named])[0])


def test_masked_conditionings_are_blended_by_their_masks(painter):
    """As ComfyUI does it: the mask is resized bilinearly to the latent's size."""
    labels = torch.full((64, 64), SKY, dtype=torch.int16)
    # Column 4 of the latent lies between pixels 35 and 36, of which one is sea.
    labels[:, 36:] = SEA
    (_, blended), _ = predictions(painter, masked_conditionings, [request(labels)])
    sky, sea = (predictions(painter, plain, [whole(c)])[0][1] for c in (SKY, SEA))
    close(blended[..., :4], sky[..., :4])
    close(blended[..., 4], (sky[..., 4] + sea[..., 4]) / 2)
    close(blended[..., 5:], sea[..., 5:])


def test_a_hard_map_loses_what_is_thin():
    layout = many().layout
    ids = torch.tensor([-1, SKY, SEA, WIRE, -1])
    hard, exact = hard_scales(layout, ids, GRIDS), layout_scales(layout, ids, GRIDS)
    for n in (64, 16):
        assert set(hard[n].unique().tolist()) == {0.0, 1.0}
        assert hard[n].shape == exact[n].shape == (n, 5)
        # The line is in none of the sampled pixels, yet its words stay bound: nobody sees them.
        assert hard[n][:, 3].sum() == 0 and exact[n][:, 3].sum() > 0
        assert (hard[n][:, [0, 4]] == 1).all()
    # Where a cell is all of one class, both say the same; void has none.
    pure = exact[64][:, 1:4].amax(1) == 1
    assert torch.equal(hard[64][pure], exact[64][pure])
    assert hard[64].view(8, 8, 5)[0, 7, 1:4].sum() == 0


def test_a_schedule_is_that_of_apply_place(painter):
    settings = FusionSettings(None, linear, strength=0.5, start=0.1, end=0.75)
    alpha = scheduled(settings)
    layers = len(painter.unet.heads.layers)
    for timestep, expected in ((999, 0.0), (799, 0.4), (500, 0.25), (300, 0.15), (200, 0.0)):
        values = alpha(painter.unet, torch.full((2,), timestep))
        assert values.shape == (layers, 2)
        assert values.tolist() == [[pytest.approx(expected, abs=1e-3)] * 2] * layers


def test_learned_alpha_is_that_of_the_heads(painter):
    timesteps = torch.tensor([900, 20])
    assert torch.equal(learned(painter.unet, timesteps), painter.unet.alpha(timesteps))


def wide(class_id=SAND):
    labels = torch.full((64, 96), SKY, dtype=torch.int16)
    labels[30:] = class_id
    return request(labels)


def test_pictures_come_in_the_order_of_the_requests(painter, model):
    """Of two sizes, mixed; in batches or one by one."""
    requests = [wide(), halves(), many(), wide(SEA), whole(SEA)]

    def sample(batch):
        settings = SamplingSettings(2, 2.0, batch=batch)
        return sample_requests(model, painter.unet, painter.tokenizer, requests, place(), settings)

    together, alone = sample(16), sample(1)
    for wanted, one, other in zip(requests, together, alone, strict=True):
        assert one.shape == (wanted.layout.height, wanted.layout.width, 3)
        close(one, other)
    settings = SamplingSettings(2, 2.0, seed=1)
    others = sample_requests(
        model, painter.unet, painter.tokenizer, requests[:1], place(), settings
    )
    assert (others[0] - together[0]).abs().max() > 1e-3
