"""Models of Stable Diffusion 1.x's design in other sizes: written, described, read and refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderTiny, StableDiffusionPipeline
from safetensors.torch import load_file, save_file

from place_core.checkpoint import CheckpointError, read_config, read_metadata
from place_core.checkpoint.describe import describe
from place_core.checkpoint.diffusers_model import (
    ldm_state_dict,
    load_model,
    load_unet,
    save_diffusers,
    save_ldm,
)
from place_core.checkpoint.model_config import (
    EPSILON,
    MODEL_KEY,
    STABLE_DIFFUSION_1,
    VELOCITY,
    LatentColors,
    ModelConfig,
    TinyVAEConfig,
)
from place_core.checkpoint.model_shapes import tensor_shapes
from place_core.checkpoint.prediction import set_prediction
from place_core.training.diffusion import decode_latents, encode_images, shapes_of


@pytest.fixture
def small(model, unet, vae):
    """Nothing of it can be told from shapes alone: heads, groups, scale of the latents."""
    torch.manual_seed(1)
    model.unet = unet(attention_head_dim=4, norm_num_groups=16).eval()
    model.vae = AutoencoderTiny(scaling_factor=1.25).eval()
    return model


@pytest.fixture
def kl(model, unet, vae):
    torch.manual_seed(1)
    model.unet = unet(attention_head_dim=2, norm_num_groups=8).eval()
    model.vae = vae((32, 48, 64), norm_num_groups=16, scaling_factor=0.5).eval()
    return model


@pytest.fixture
def velocity(small):
    set_prediction(small.unet, VELOCITY)
    return small


@pytest.fixture(params=["small", "kl", "velocity"])
def either(request):
    return request.getfixturevalue(request.param)


def configuration(model) -> ModelConfig:
    return describe(model.unet, model.vae, model.text_encoder)


def outputs(model):
    """What each part computes."""
    generator = torch.Generator().manual_seed(2)
    latent = torch.randn(1, 4, 8, 8, generator=generator)
    picture = torch.rand(1, 3, 16, 16, generator=generator) * 2 - 1
    draws = torch.zeros(1, *shapes_of(model.unet, model.vae, (16, 16)).latent)
    with torch.inference_mode():
        text = model.text_encoder(torch.arange(77)[None] % 100).last_hidden_state
        return (
            text,
            model.unet(latent, torch.tensor([7]), text).sample,
            encode_images(model.vae, picture, draws),
            decode_latents(model.vae, latent),
        )


def assert_computes_the_same(one, other):
    for found, expected in zip(outputs(one), outputs(other), strict=True):
        torch.testing.assert_close(found, expected)


# --- Round trips --------------------------------------------------------------------------------


def test_a_single_file_of_a_small_model_computes_the_same(tmp_path, either):
    save_ldm(either, tmp_path / "small.safetensors", {})
    loaded = load_model(tmp_path / "small.safetensors")
    assert_computes_the_same(loaded, either)
    assert torch.equal(loaded.heads.weight, either.heads.weight)
    assert configuration(loaded) == configuration(either)


def test_a_folder_of_a_small_model_computes_the_same(tmp_path, either):
    save_diffusers(either, tmp_path / "small", {})
    loaded = load_model(tmp_path / "small")
    assert_computes_the_same(loaded, either)
    assert configuration(loaded) == configuration(either)


def test_a_folder_without_a_sampler_predicts_the_noise(tmp_path, velocity):
    save_diffusers(velocity, tmp_path / "small", {})
    (tmp_path / "small" / "scheduler" / "scheduler_config.json").unlink()
    assert configuration(load_model(tmp_path / "small")).unet.prediction == EPSILON


@pytest.mark.parametrize("text", ["[]", "{", '{"prediction_type": "sample"}'])
def test_a_damaged_sampler_is_told(tmp_path, small, text):
    save_diffusers(small, tmp_path / "small", {})
    (tmp_path / "small" / "scheduler" / "scheduler_config.json").write_text(text)
    with pytest.raises(CheckpointError, match="small"):
        load_model(tmp_path / "small")


def test_single_file_to_folder_to_single_file_is_equal_to_the_bit(tmp_path, either):
    first, again = tmp_path / "first.safetensors", tmp_path / "again.safetensors"
    save_ldm(either, first, {})
    save_diffusers(load_model(first), tmp_path / "folder", {})
    save_ldm(load_model(tmp_path / "folder"), again, {})
    assert read_metadata(first) == read_metadata(again)
    one, other = load_file(first), load_file(again)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_unet_of_a_small_model_loads_alone(tmp_path, small):
    save_ldm(small, tmp_path / "small.safetensors", {})
    found = load_unet(tmp_path / "small.safetensors")
    assert all(torch.equal(found[n], t) for n, t in small.unet.state_dict().items())


def test_a_text_as_wide_as_that_of_another_family_is_no_matter_where_the_file_tells(
    tmp_path, small, unet, text_encoder
):
    small.unet, small.heads = unet(cross_attention_dim=1024), None
    small.text_encoder = text_encoder(1024)
    save_ldm(small, tmp_path / "wide.safetensors", {})
    assert load_model(tmp_path / "wide.safetensors").unet.config.cross_attention_dim == 1024


def test_the_pipeline_of_diffusers_reads_a_folder_with_a_tiny_vae(tmp_path, small):
    save_diffusers(small, tmp_path / "small", {})
    pipeline = StableDiffusionPipeline.from_pretrained(
        tmp_path / "small", tokenizer=None, local_files_only=True
    )
    assert isinstance(pipeline.vae, AutoencoderTiny)
    assert pipeline.vae_scale_factor == 8


# --- The description ----------------------------------------------------------------------------


def test_a_small_model_is_described_in_its_file(tmp_path, small):
    save_ldm(small, tmp_path / "small.safetensors", {"license": "MIT", MODEL_KEY: "stale"})
    metadata = read_metadata(tmp_path / "small.safetensors")
    assert metadata["license"] == "MIT"
    assert json.loads(metadata[MODEL_KEY]) == {
        "version": 1,
        "unet": {
            "latent_channels": 4,
            "channels": [32, 64],
            "attention": [True, False],
            "resnets": 1,
            "heads": 4,
            "context": 32,
            "norm_groups": 16,
            "prediction": "epsilon",
        },
        "text_encoder": {
            "width": 32,
            "layers": 2,
            "heads": 1,
            "intermediate": 64,
            "vocabulary": 100,
            "positions": 77,
        },
        "vae": {"kind": "taesd", "latent_channels": 4, "scaling_factor": 1.25},
    }
    assert read_config(tmp_path / "small.safetensors") == configuration(small)


def test_stable_diffusion_itself_needs_no_description():
    assert STABLE_DIFFUSION_1.to_metadata() == {}
    assert ModelConfig.from_metadata({"format": "place-checkpoint-1"}, "file") is None


def test_an_older_description_is_of_a_model_that_predicts_the_noise():
    metadata = {MODEL_KEY: without("unet", "prediction")}
    assert ModelConfig.from_metadata(metadata, "file").unet.prediction == EPSILON


def test_the_description_reads_back_the_same(either):
    config = configuration(either)
    assert ModelConfig.from_metadata(config.to_metadata(), "file") == config


def test_the_shapes_of_a_description_are_those_of_the_model(either):
    either.heads = None
    tensors = {n: tuple(t.shape) for n, t in ldm_state_dict(either).items()}
    del tensors["cond_stage_model.transformer.text_model.embeddings.position_ids"]
    assert tensor_shapes(configuration(either)) == tensors


@pytest.mark.parametrize("channels", [(32,), (32, 48), (64, 32, 96)])
@pytest.mark.parametrize("resnets", [1, 2])
@pytest.mark.parametrize("attends", [True, False])
def test_the_shapes_of_unets_of_many_sizes(model, unet, channels, resnets, attends):
    attention = tuple(attends or i % 2 == 1 for i in range(len(channels)))
    model.unet, model.heads = unet(channels, attention, resnets, norm_num_groups=16), None
    shapes = tensor_shapes(configuration(model))
    for name, tensor in ldm_state_dict(model).items():
        assert name.endswith("position_ids") or shapes.pop(name) == tuple(tensor.shape)
    assert not shapes


def test_the_shapes_of_stable_diffusion_are_the_known_ones():
    shapes = tensor_shapes(STABLE_DIFFUSION_1)
    counts = dict.fromkeys(("model.", "first_stage_model.", "cond_stage_model."), 0)
    for name, shape in shapes.items():
        counts[f"{name.split('.')[0]}."] += torch.Size(shape).numel()
    assert list(counts.values()) == [859_520_964, 83_653_863, 123_060_480]


def test_core_needs_no_diffusers_to_read_a_description():
    code = (
        "import sys; sys.modules.update(diffusers=None, transformers=None, accelerate=None)\n"
        "from place_core.checkpoint import ModelConfig, check_tensors, read_config"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


# --- Colors of latents --------------------------------------------------------------------------

COLORS = LatentColors(((0.1, 0.2, 0.3), (1, 0, -1), (0.5, 0.5, 0.5), (0, 0, 0.25)), (0.1, 0, -0.1))


def test_colors_of_latents_go_from_file_to_folder_to_file(tmp_path, either):
    either.latent_colors = COLORS
    paths = [tmp_path / name for name in ("one.safetensors", "folder", "other.safetensors")]
    for path, save in zip(paths, (save_ldm, save_diffusers, save_ldm), strict=True):
        save(either, path, {})
        either = load_model(path)
        assert either.latent_colors == COLORS
    assert read_config(paths[2]).latent_colors == COLORS


def test_colors_for_other_channels_are_not_written(tmp_path, small):
    small.latent_colors = LatentColors(COLORS.factors[:3], COLORS.bias)
    with pytest.raises(CheckpointError, match="latent_colors has 3 channels, the UNet 4"):
        save_ldm(small, tmp_path / "model.safetensors", {})


# --- TAESD --------------------------------------------------------------------------------------


def test_a_tiny_vae_has_the_names_of_taesd(small):
    tensors = ldm_state_dict(small)
    layers = small.vae.state_dict()
    for own, name in {
        "encoder.layers.0.weight": "taesd_encoder.0.weight",
        "encoder.layers.14.bias": "taesd_encoder.14.bias",
        "decoder.layers.0.weight": "taesd_decoder.1.weight",
        "decoder.layers.2.conv.4.bias": "taesd_decoder.3.conv.4.bias",
        "decoder.layers.18.weight": "taesd_decoder.19.weight",
    }.items():
        assert torch.equal(tensors[f"first_stage_model.{name}"], layers[own])
    assert tensors["first_stage_model.taesd_decoder.1.weight"].shape == (64, 4, 3, 3)


def test_half_precision_spares_the_scale_of_the_latents(tmp_path, small):
    save_ldm(small, tmp_path / "half.safetensors", {}, torch.float16)
    scale = load_file(tmp_path / "half.safetensors")["first_stage_model.vae_scale"]
    assert scale.dtype == torch.float32
    # ComfyUI divides latents by 0.18215 before they come here, and the model by its own factor.
    assert scale.item() * 1.25 == pytest.approx(0.18215)


def test_latents_of_a_tiny_vae_are_deterministic(small):
    shapes = shapes_of(small.unet, small.vae, (32, 16))
    assert shapes.latent == (4, 2, 4)
    pictures = torch.rand(2, 3, 16, 32) * 2 - 1
    one, other = (encode_images(small.vae, pictures, torch.randn(2, 4, 2, 4)) for _ in range(2))
    assert torch.equal(one, other)
    assert torch.equal(one, small.vae.encode(pictures).latents * 1.25)
    decoded = decode_latents(small.vae, one)
    assert decoded.shape == (2, 16, 32, 3)
    assert decoded.min() >= 0 and decoded.max() <= 1


# --- What is refused ----------------------------------------------------------------------------

GOOD = replace(STABLE_DIFFUSION_1, vae=TinyVAEConfig(4, 1.0)).to_metadata()[MODEL_KEY]


def changed(*path_and_value) -> str:
    """The good description with one value changed."""
    *path, key, value = path_and_value
    content = json.loads(GOOD)
    inner = content
    for part in path:
        inner = inner[part]
    inner[key] = value
    return json.dumps(content)


def colors(**changes) -> dict:
    return {"factors": [[0, 0, 0]], "bias": [0, 0, 0], **changes}


def without(section: str, key: str) -> str:
    content = json.loads(GOOD)
    del content[section][key]
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("__import__('os').system('true')", "not JSON"),
        ("[" * 9000, "recursion"),
        ('{"unet":' * 300 + "1" + "}" * 300, "the key text_encoder is missing"),
        (changed("unet", "heads", json.loads("[" * 400 + "]" * 400)), "unet.heads is"),
        ("[" * 100_000, "100,000 characters"),
        ("9" * 5000, "not JSON"),
        ("null", "the whole is None, expected an object"),
        ("[]", r"the whole is \[\], expected an object"),
        (changed("version", 2), "version is 2, this PLACE reads 1; update it"),
        (changed("extra", 1), "the key extra is unknown"),
        (changed("unet", "class", "os.system"), "the key unet.class is unknown .*'os.system'"),
        (changed("unet", 7), "unet is 7, expected an object"),
        (without("unet", "heads"), "the key unet.heads is missing"),
        (changed("unet", "heads", 0), "unet.heads is 0, expected an integer from 1"),
        (changed("unet", "heads", -8), "unet.heads is -8"),
        (changed("unet", "heads", 8.0), r"unet.heads is 8\.0"),
        (changed("unet", "heads", "8"), "unet.heads is '8'"),
        (changed("unet", "heads", True), "unet.heads is True"),
        (changed("unet", "heads", None), "unet.heads is None"),
        (changed("unet", "heads", [8, 8]), r"unet.heads is \[8, 8\]"),
        (changed("unet", "heads", 7), "unet.heads is 7, which does not divide 320 channels"),
        (changed("unet", "prediction", "sample"), "unet.prediction is 'sample', expected one of"),
        (changed("unet", "prediction", ["epsilon"]), "unet.prediction is .*, expected one of"),
        (changed("unet", "norm_groups", 48), "unet.norm_groups is 48, which does not divide 320"),
        (changed("unet", "channels", []), r"unet.channels is \[\], expected a list of 1 to 8"),
        (changed("unet", "channels", [64] * 9), "unet.channels is .*expected a list of 1 to 8"),
        (changed("unet", "channels", 320), "unet.channels is 320, expected a list"),
        (changed("unet", "channels", [10**9] * 4), "unet.channels is 1000000000, expected"),
        (changed("unet", "channels", [[1], 2, 3, 4]), r"unet.channels is \[1\], expected"),
        (changed("unet", "attention", [True]), "unet.attention is .*for each of 4 levels"),
        (changed("unet", "attention", [1, 1, 1, 0]), "unet.attention is .*true or false"),
        (changed("unet", "resnets", 10**6), "unet.resnets is 1000000, expected"),
        (changed("unet", "context", 64), "the text encoder is 768 wide, the UNet reads 64"),
        (changed("unet", "latent_channels", 8), "the VAE has 4 latent channels, the UNet 8"),
        (changed("vae", "latent_channels", 0), "vae.latent_channels is 0, expected an integer"),
        (changed("text_encoder", "layers", 10**6), "text_encoder.layers is 1000000, expected"),
        (changed("text_encoder", "heads", 5), "text_encoder.heads is 5, which does not divide 768"),
        (changed("vae", None), "vae.kind is None, expected 'taesd' or 'kl'"),
        (changed("vae", "kind", "vq"), "vae.kind is 'vq'"),
        (changed("vae", "kind", ["kl"]), r"vae.kind is \['kl'\]"),
        (changed("vae", "channels", [64]), "the key vae.channels is unknown"),
        (changed("vae", "kind", "kl"), "the key vae.channels is missing"),
        (changed("vae", "scaling_factor", 0), "vae.scaling_factor is 0, expected a number"),
        (changed("vae", "scaling_factor", float("nan")), "vae.scaling_factor is nan"),
        (changed("vae", "scaling_factor", float("inf")), "vae.scaling_factor is inf"),
        (changed("vae", "scaling_factor", 10**400), "vae.scaling_factor is 1000"),
        (changed("vae", "scaling_factor", True), "vae.scaling_factor is True"),
        (changed("latent_colors", 1), "latent_colors is 1, expected an object"),
        (changed("latent_colors", {"factors": []}), "latent_colors.bias is missing"),
        (changed("latent_colors", colors(factors=[])), r"latent_colors.factors is \[\], expected"),
        (changed("latent_colors", colors(factors=[[1, 2]])), r"latent_colors hold \[1, 2\]"),
        (changed("latent_colors", colors(bias=[0, 0, "x"])), r"latent_colors hold \[0, 0, 'x'\]"),
        (changed("latent_colors", colors(bias=[0, 0, float("nan")])), "latent_colors hold .*nan"),
        (changed("latent_colors", colors(bias=[0, 0, 1e9])), "latent_colors hold .*1000000000"),
        (changed("latent_colors", colors()), "latent_colors has 1 channels, the UNet 4"),
    ],
)
def test_a_hostile_description_is_refused(text, message):
    with pytest.raises(CheckpointError, match=message) as caught:
        ModelConfig.from_metadata({MODEL_KEY: text}, "evil.safetensors")
    assert str(caught.value).startswith("evil.safetensors: its description of the model")
    assert len(str(caught.value)) < 500


def test_a_good_description_is_not_refused():
    assert ModelConfig.from_metadata({MODEL_KEY: GOOD}, "file").vae == TinyVAEConfig(4, 1.0)


def rewritten(model, path: Path, tensors=None, **sections) -> Path:
    """A file of the model whose tensors or description were changed."""
    save_ldm(model, path, {})
    content = json.loads(read_metadata(path)[MODEL_KEY])
    for section, values in sections.items():
        content[section] |= values
    found = {**load_file(path), **(tensors or {})}
    found = {name: tensor for name, tensor in found.items() if tensor is not None}
    save_file(found, path, {MODEL_KEY: json.dumps(content)})
    return path


def test_a_description_that_asks_for_more_than_the_file_holds_is_refused(tmp_path, small):
    path = rewritten(small, tmp_path / "huge.safetensors", unet={"channels": [8192, 8192]})
    with pytest.raises(CheckpointError, match=r"huge\.safetensors: .* asks for \[32768, 8192\]"):
        load_model(path)


def test_a_description_that_asks_for_less_than_the_file_holds_is_refused(tmp_path, small):
    path = rewritten(small, tmp_path / "few.safetensors", text_encoder={"layers": 1})
    with pytest.raises(CheckpointError, match=r"has the weight .*layers\.1\..* does not mention"):
        load_model(path)


@pytest.mark.parametrize(
    "name",
    [
        "model.diffusion_model.out.2.weight",
        "first_stage_model.taesd_decoder.1.weight",
        "cond_stage_model.transformer.text_model.final_layer_norm.bias",
    ],
)
def test_a_missing_weight_of_a_small_model_is_named(tmp_path, small, name):
    path = rewritten(small, tmp_path / "cut.safetensors", {name: None})
    with pytest.raises(CheckpointError, match=rf"cut\.safetensors lacks the weight {name}"):
        load_model(path)


def test_a_file_of_another_vae_than_it_says_is_refused(tmp_path, kl):
    path = tmp_path / "mixed.safetensors"
    save_ldm(kl, path, {})
    content = json.loads(read_metadata(path)[MODEL_KEY])
    content["vae"] = {"kind": "taesd", "latent_channels": 4, "scaling_factor": 1.0}
    save_file(load_file(path), path, {MODEL_KEY: json.dumps(content)})
    with pytest.raises(CheckpointError, match="lacks the weight first_stage_model.vae_scale"):
        load_model(path)


def test_heads_of_a_file_must_fit_its_unet(tmp_path, small):
    head = "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.cascale.0"
    lost = {f"{head}.weight": None, f"{head}.bias": None}
    path = rewritten(small, tmp_path / "headless.safetensors", lost)
    with pytest.raises(CheckpointError, match=r"middle_block.*attn2 is in the UNet or among"):
        load_model(path)


def test_a_tiny_vae_of_other_sizes_is_not_written(tmp_path, small):
    small.vae = AutoencoderTiny(
        encoder_block_out_channels=(32,) * 4, decoder_block_out_channels=(32,) * 4
    )
    with pytest.raises(CheckpointError, match="encoder_block_out_channels of its VAE is"):
        save_ldm(small, tmp_path / "other.safetensors", {})
    assert not (tmp_path / "other.safetensors").exists()


def test_attentions_of_different_head_counts_are_not_written(tmp_path, small, unet):
    small.unet = unet(attention_head_dim=(4, 8))
    with pytest.raises(CheckpointError, match=r"attention_head_dim of its UNet is \[4, 8\]"):
        save_ldm(small, tmp_path / "other.safetensors", {})


def test_a_text_encoder_with_another_activation_is_not_written(tmp_path, small):
    small.text_encoder.config.hidden_act = "gelu"
    with pytest.raises(CheckpointError, match="hidden_act of its text encoder is gelu"):
        save_ldm(small, tmp_path / "other.safetensors", {})
