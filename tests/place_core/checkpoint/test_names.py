"""The names of weights in a single file and in diffusers."""

from __future__ import annotations

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)

from place_core.checkpoint import CheckpointError
from place_core.checkpoint.names import (
    UNetLevels,
    cross_attention_names,
    is_vae_attention,
    text_encoder_names,
    unet_levels,
    unet_names,
    vae_names,
)

SIZES = [
    {"channels": (32, 64), "attention": (True, False), "layers": 1},
    {"channels": (32, 64), "attention": (True, True), "layers": 1},
    {"channels": (32, 32, 64), "attention": (False, True, False), "layers": 2},
    {"channels": (32, 64, 64, 64), "attention": (True, True, True, False), "layers": 3},
]


def shapes(module):
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


def test_the_names_and_shapes_of_the_authors_unet_are_those_of_diffusers(golden):
    manifest = golden.manifest("unet_sd1")["parameters"]
    theirs = {name: tuple(shape) for name, shape in manifest}
    with torch.device("meta"):
        ours = shapes(UNet2DConditionModel(cross_attention_dim=768))
    names = unet_names(theirs)
    heads = {ldm for ldm in theirs if ".cascale." in ldm}
    assert (len(theirs), len(heads), len(ours)) == (718, 32, 686)
    assert {names[ldm]: shape for ldm, shape in theirs.items() if ldm not in heads} == ours


def test_names_are_the_same_table_from_either_side(golden):
    theirs = [name for name, _ in golden.manifest("unet_sd1")["parameters"]]
    names = unet_names(theirs)
    assert unet_names(names.values()) == names


@pytest.mark.parametrize("size", SIZES)
def test_unets_of_any_size_are_understood(unet, size):
    with torch.device("meta"):
        state = unet(**size).state_dict()
    names = unet_names(state)
    expected = UNetLevels(size["layers"], size["attention"])
    assert unet_levels(state) == unet_levels(names) == expected
    assert sorted(names.values()) == sorted(state)
    assert unet_names(names) == names


@pytest.mark.parametrize("size", SIZES)
def test_unet_names_agree_with_the_converter_of_diffusers(unet, size):
    with torch.device("meta"):
        model = unet(**size)
    state = model.state_dict()
    single = {f"model.diffusion_model.{ldm}": state[own] for ldm, own in unet_names(state).items()}
    converted = convert_ldm_unet_checkpoint(single, dict(model.config))
    assert converted.keys() == state.keys()
    assert all(converted[name] is state[name] for name in state)


def test_vae_names_agree_with_the_converter_of_diffusers(vae):
    with torch.device("meta"):
        model = vae(channels=(32, 64, 64, 128))
    state = model.state_dict()
    single = {
        f"first_stage_model.{ldm}": state[own][..., None, None]
        if is_vae_attention(own)
        else state[own]
        for ldm, own in vae_names(state).items()
    }
    converted = convert_ldm_vae_checkpoint(single, dict(model.config))
    assert {name: tuple(tensor.shape) for name, tensor in converted.items()} == shapes(model)
    assert all(converted[n] is state[n] for n in state if not is_vae_attention(n))


def test_vae_names_of_the_full_size_are_the_same_table_from_either_side():
    channels = (128, 256, 512, 512)
    with torch.device("meta"):
        model = AutoencoderKL(
            block_out_channels=channels,
            down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4,
            layers_per_block=2,
        )
    names = vae_names(model.state_dict())
    assert len(names) == 248
    assert (
        names["decoder.up.3.block.0.norm1.weight"] == "decoder.up_blocks.0.resnets.0.norm1.weight"
    )
    assert names["encoder.mid.attn_1.q.weight"] == "encoder.mid_block.attentions.0.to_q.weight"
    assert vae_names(names) == names


def test_heads_have_the_name_of_their_cross_attention(golden):
    theirs = [name for name, _ in golden.manifest("unet_sd1")["parameters"]]
    layers = cross_attention_names(theirs)
    heads = [name for name in theirs if name.endswith(".cascale.0.weight")]
    assert [f"{layer}.cascale.0.weight" for layer in layers] == heads
    assert layers["middle_block.1.transformer_blocks.0.attn2"] == (
        "mid_block.attentions.0.transformer_blocks.0.attn2"
    )


def test_text_encoders_have_text_model_in_front_in_files_only():
    old = ["text_model.final_layer_norm.weight"]
    new = ["final_layer_norm.weight"]
    assert text_encoder_names(old) == {old[0]: old[0]}
    assert text_encoder_names(new) == {old[0]: new[0]}


def test_a_name_of_another_model_is_reported(unet):
    state = [*unet().state_dict(), "down_blocks.0.attentions.0.proj_in.lora_A.default.weight"]
    with pytest.raises(CheckpointError, match=r"lora_A.* merge a LoRA"):
        unet_names(state)


def test_what_is_no_unet_is_reported():
    with pytest.raises(CheckpointError, match="not a UNet's"):
        unet_names(["double_blocks.0.weight"])


def test_levels_of_unequal_length_are_reported(unet):
    ldm = list(unet_names(unet().state_dict()))
    ldm.append("input_blocks.4.0.in_layers.0.weight")
    with pytest.raises(CheckpointError, match="5 input blocks on 2 levels"):
        unet_names(ldm)
