"""Pictures with label maps."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from place_core.layout import VOID
from place_core.layout_readers import read_index_map
from place_core.palettes import ADE20K, COCO_STUFF, load_classes
from place_core.training.data import (
    DataError,
    Unreadable,
    ade20k,
    coco_stuff,
    paired,
    plain_folder,
)

SAMPLE = Path(__file__).parents[3].parent / "shared" / "data" / "coco_stuff_sample"
SKY_AND_SEA = {"void": 255, "classes": [{"id": 0, "name": "sky"}, {"id": 3, "name": "sea"}]}
MAP = np.array([[0, 0, 3, 255]] * 3, np.uint8)


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(path, **options)
    return path


def photo(width=4, height=3, color=(200, 100, 50)):
    return Image.new("RGB", (width, height), color)


@pytest.fixture
def folder(tmp_path):
    """A folder of the user's own with one pair."""
    save(tmp_path / "images" / "a.png", photo())
    save(tmp_path / "maps" / "a.png", MAP)
    write_classes(tmp_path, SKY_AND_SEA)
    return tmp_path


def write_classes(folder, content):
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "classes.json").write_text(text, encoding="utf-8")


def load_only(folder):
    source = plain_folder(folder)
    assert len(source) == 1
    return source.load(0)


# --- Labels ---------------------------------------------------------------------------------------


def test_ade20k_values_are_one_above_the_class_and_zero_is_void(tmp_path):
    save(tmp_path / "images/training/b.jpg", photo(3, 1))
    save(tmp_path / "annotations/training/b.png", np.array([[0, 1, 150]], np.uint8))
    source = ade20k(tmp_path)
    assert source.load(0).labels.tolist() == [[VOID, 0, 149]]
    assert source.classes == load_classes(ADE20K)
    assert source.name(0) == "images/training/b.jpg"


def test_coco_stuff_values_are_the_class_and_255_is_void(tmp_path):
    save(tmp_path / "val2017/b.jpg", photo(3, 1))
    maps = tmp_path / "stuffthingmaps_trainval2017/val2017"
    save(maps / "b.png", np.array([[0, 181, 255]], np.uint8))
    source = coco_stuff(tmp_path, "val2017")
    assert source.load(0).labels.tolist() == [[0, 181, VOID]]
    assert source.classes == load_classes(COCO_STUFF)


def test_values_that_are_no_class_are_named(tmp_path):
    save(tmp_path / "images/training/b.jpg", photo(3, 1))
    save(tmp_path / "annotations/training/b.png", np.array([[151, 1, 255]], np.uint8))
    with pytest.raises(Unreadable, match=r"b\.png: has the values 151, 255, .* the ADE20K table"):
        ade20k(tmp_path).load(0)


def test_a_plain_folder_has_its_own_classes(folder):
    source = plain_folder(folder)
    pair = source.load(0)
    assert [(c.id, c.name, c.words) for c in source.classes] == [
        (0, "sky", "sky"),
        (3, "sea", "sea"),
    ]
    assert pair.labels.dtype == torch.int16
    assert pair.labels.tolist() == [[0, 0, 3, VOID]] * 3
    assert source.problems == ()


def test_an_id_that_classes_json_lacks_is_named(folder):
    save(folder / "maps/a.png", np.array([[1, 0, 3, 2]] * 3, np.uint8))
    with pytest.raises(Unreadable, match=r"a\.png: has the values 1, 2, .*classes\.json"):
        load_only(folder)


def test_without_a_void_value_255_is_no_class(folder):
    write_classes(folder, {"classes": SKY_AND_SEA["classes"]})
    with pytest.raises(Unreadable, match="has the values 255"):
        load_only(folder)


def test_palette_maps_are_read_as_numbers_whatever_their_colors(folder):
    indices = Image.fromarray(MAP).convert("L")
    indices = Image.frombytes("P", indices.size, indices.tobytes())
    indices.putpalette([255, 0, 0] * 256)
    save(folder / "maps/a.png", indices)
    assert load_only(folder).labels.tolist() == [[0, 0, 3, VOID]] * 3


def test_16_bit_maps_hold_ids_beyond_255(folder):
    classes = [{"id": 32767, "name": "last"}, {"id": 300, "name": "other"}]
    write_classes(folder, {"void": 65535, "classes": classes})
    save(folder / "maps/a.png", np.array([[32767, 300, 300, 65535]] * 3, np.uint16))
    assert load_only(folder).labels.tolist() == [[32767, 300, 300, VOID]] * 3
    save(folder / "maps/a.png", np.array([[32768, 300, 300, 65534]] * 3, np.uint16))
    with pytest.raises(Unreadable, match="values 32768, 65534"):
        load_only(folder)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "1"])
def test_a_map_of_colors_is_refused_with_the_remedy(folder, mode):
    save(folder / "maps/a.png", Image.new(mode, (4, 3)))
    with pytest.raises(Unreadable, match=rf"maps.a\.png: .*mode {mode}.*index map is needed"):
        load_only(folder)


def test_a_jpeg_that_calls_itself_png_is_no_map(folder):
    save(folder / "maps/a.png", MAP, format="JPEG")
    with pytest.raises(Unreadable, match=r"maps.a\.png: is not a picture of the format PNG"):
        load_only(folder)


def test_a_map_of_another_size_is_refused_with_both_sizes(folder):
    save(folder / "maps/a.png", MAP[:2])
    with pytest.raises(Unreadable, match=r"maps.a\.png: is 4×2, but .*a\.png is 4×3"):
        load_only(folder)


# --- Pictures -------------------------------------------------------------------------------------


def test_a_photo_is_turned_upright_and_its_map_has_that_size(folder):
    (folder / "images/a.png").unlink()
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to see it upright
    lying = Image.new("RGB", (48, 64), "white")
    lying.paste("black", (0, 0, 48, 32))  # its upper half is the right one, upright
    save(folder / "images/a.jpg", lying, exif=exif)
    save(folder / "maps/a.png", np.zeros((48, 64), np.uint8))
    pair = load_only(folder)
    assert pair.image.size == (64, 48)
    assert pair.image.getpixel((60, 24)) == (0, 0, 0)
    assert pair.image.getpixel((4, 24)) == (255, 255, 255)
    save(folder / "maps/a.png", np.zeros((64, 48), np.uint8))
    with pytest.raises(Unreadable, match="is 48×64, but .* is 64×48"):
        load_only(folder)


def palette_picture():
    picture = Image.new("P", (4, 3), 1)
    picture.putpalette([0, 0, 0, 200, 100, 50])
    return picture


@pytest.mark.parametrize(
    ("picture", "color"),
    [
        (Image.new("L", (4, 3), 90), (90, 90, 90)),
        (Image.new("1", (4, 3), 1), (255, 255, 255)),
        (palette_picture(), (200, 100, 50)),
        (Image.fromarray(np.full((3, 4), 257 * 90 - 30, np.uint16)), (90, 90, 90)),
        (Image.new("RGBA", (4, 3), (10, 20, 30, 0)), (255, 255, 255)),
        (Image.new("RGBA", (4, 3), (0, 0, 0, 51)), (204, 204, 204)),
        (Image.new("LA", (4, 3), (0, 51)), (204, 204, 204)),
    ],
    ids=["gray", "1 bit", "palette", "16 bits", "clear", "translucent", "translucent gray"],
)
def test_every_kind_of_picture_becomes_rgb_over_white(folder, picture, color):
    save(folder / "images/a.png", picture)
    image = load_only(folder).image
    assert image.mode == "RGB"
    assert image.getpixel((2, 1)) == color


def test_a_clear_palette_color_is_white(folder):
    save(folder / "images/a.png", palette_picture(), transparency=1)
    assert load_only(folder).image.getpixel((2, 1)) == (255, 255, 255)


def test_a_cmyk_photo_becomes_rgb(folder):
    (folder / "images/a.png").unlink()
    save(folder / "images/a.jpg", Image.new("CMYK", (4, 3), (0, 0, 0, 0)))
    assert load_only(folder).image.getpixel((0, 0)) == (255, 255, 255)


def cut(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


@pytest.mark.parametrize("which", ["images", "maps"])
@pytest.mark.parametrize("share", [0, 0.02, 0.5, 0.9])
def test_a_cut_off_file_is_unreadable_and_named(folder, which, share):
    noise = np.random.default_rng(0).integers(0, 2, (64, 64), np.uint8) * 3
    for name in ("images", "maps"):
        save(folder / name / "a.png", noise)
    load_only(folder)
    cut(folder / which / "a.png", share)
    with pytest.raises(Unreadable, match=rf"{which}.a\.png: (is|cannot be)"):
        load_only(folder)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_cut_off_jpeg_is_unreadable(folder, share):
    (folder / "images/a.png").unlink()
    noise = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)
    path = save(folder / "images/a.jpg", Image.fromarray(noise).resize((64, 64)))
    save(folder / "maps/a.png", np.zeros((64, 64), np.uint8))
    cut(path, share)
    with pytest.raises(Unreadable, match=r"a\.jpg"):
        load_only(folder)


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "bmp"])
def test_a_damaged_byte_never_is_another_error(folder, extension):
    (folder / "images/a.png").unlink()
    noise = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    path = save(folder / f"images/a.{extension}", noise)
    save(folder / "maps/a.png", np.zeros((24, 24), np.uint8))
    whole = path.read_bytes()
    refused = 0
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            load_only(folder)
        except Unreadable:
            refused += 1
    assert refused


def test_text_is_no_picture(folder):
    (folder / "images/a.png").write_text("<html>404</html>")
    with pytest.raises(Unreadable, match=r"a\.png: is not a picture"):
        load_only(folder)


def test_a_postscript_file_is_never_run(folder):
    (folder / "images/a.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 3\n")
    with pytest.raises(Unreadable, match=r"a\.png: is not a picture"):
        load_only(folder)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [2, 11])
def test_decompression_bombs_are_unreadable(folder, monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(Unreadable, match=r"a\.png: .*bomb"):
        load_only(folder)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12)
    load_only(folder)


def test_a_file_without_permission_is_unreadable(folder, monkeypatch):
    def refuse(path, *args):
        raise PermissionError(13, "Permission denied", str(path))

    source = plain_folder(folder)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Unreadable, match=r"images.a\.png: cannot be read \(Permission denied\)"):
        source.load(0)


def test_a_file_that_vanished_is_unreadable(folder):
    source = plain_folder(folder)
    (folder / "maps/a.png").unlink()
    with pytest.raises(Unreadable, match=r"maps.a\.png: cannot be read \(No such file"):
        source.load(0)


# --- Listing --------------------------------------------------------------------------------------


def test_listing_decodes_nothing(folder):
    (folder / "images/a.png").write_bytes(b"")
    (folder / "maps/a.png").write_bytes(b"not a map")
    assert len(plain_folder(folder)) == 1


def test_pairs_are_sorted_by_path_with_any_extension_and_subfolder(folder):
    for name in ["b/c.JPG", "b/a.webp", "B.bmp", "a.b.jpeg"]:
        save(folder / "images" / name, photo())
        save((folder / "maps" / name).with_suffix(".PNG"), MAP, format="PNG")
    source = plain_folder(folder)
    names = [source.name(i) for i in range(len(source))]
    assert names == [f"images/{n}" for n in ["B.bmp", "a.b.jpeg", "a.png", "b/a.webp", "b/c.JPG"]]
    assert source.problems == ()
    for i in range(len(source)):
        source.load(i)


def test_hidden_and_resource_files_are_skipped_without_a_word(folder):
    for name in [".DS_Store.png", "._a.png", "__MACOSX/a.png", ".thumbnails/b.png"]:
        save(folder / "images" / name, photo())
    source = plain_folder(folder)
    assert len(source) == 1
    assert source.problems == ()


def test_what_has_no_partner_is_named(folder):
    save(folder / "images/sub/lonely.jpg", photo())
    save(folder / "maps/orphan.png", MAP)
    source = plain_folder(folder)
    assert len(source) == 1
    assert source.problems == (
        "images/sub/lonely.jpg: has no map maps/sub/lonely.png",
        "maps/orphan.png: has no picture",
    )


def test_of_two_pictures_with_one_map_the_first_is_used_and_the_other_named(folder):
    save(folder / "images/a.jpg", photo())
    source = plain_folder(folder)
    assert [source.name(i) for i in range(len(source))] == ["images/a.jpg"]
    assert source.problems == (
        "images/a.png: left out, a.jpg differs from it only in the extension",
    )


def test_linked_folders_are_followed_but_not_in_a_circle(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("disk")
    save(elsewhere / "b.png", photo())
    try:
        (folder / "images/linked").symlink_to(elsewhere, target_is_directory=True)
        (folder / "images/circle").symlink_to(folder / "images", target_is_directory=True)
    except OSError:
        pytest.skip("no links on this system")
    save(folder / "maps/linked/b.png", MAP)
    source = plain_folder(folder)
    assert [source.name(i) for i in range(len(source))] == ["images/a.png", "images/linked/b.png"]
    assert source.problems == ()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="every folder is open to this user"
)
def test_a_folder_that_cannot_be_listed_is_a_problem(folder):
    closed = folder / "images/closed"
    closed.mkdir(mode=0)
    try:
        assert "closed: cannot be listed" in plain_folder(folder).problems[0]
    finally:
        closed.chmod(0o700)


def test_a_missing_split_is_named_with_those_there_are(tmp_path):
    save(tmp_path / "images/validation/b.jpg", photo())
    with pytest.raises(DataError, match=r"images/training is missing.*has the folders validation"):
        ade20k(tmp_path)


def test_missing_maps_are_named(tmp_path):
    save(tmp_path / "train2017/b.jpg", photo())
    with pytest.raises(DataError, match="stuffthingmaps_trainval2017/train2017 is missing"):
        coco_stuff(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: the folder images is missing"):
        plain_folder(tmp_path / "nowhere")


def test_an_empty_listing_says_what_was_looked_for(folder):
    (folder / "maps/a.png").rename(folder / "maps/b.png")
    with pytest.raises(
        DataError, match=r"no picture has a map.*1 found\) and maps.*has no map maps/a\.png"
    ):
        plain_folder(folder)


def test_sources_can_go_to_another_process(folder):
    source = pickle.loads(pickle.dumps(plain_folder(folder)))
    assert source.load(0).labels.tolist() == [[0, 0, 3, VOID]] * 3


def test_paired_opens_each_kind(folder, tmp_path):
    assert paired("folder", folder).pairs == plain_folder(folder).pairs
    save(tmp_path / "ade/images/validation/b.jpg", photo())
    save(tmp_path / "ade/annotations/validation/b.png", MAP)
    assert len(paired("ade20k", tmp_path / "ade", "validation")) == 1
    with pytest.raises(DataError, match="images/training is missing"):
        paired("ade20k", tmp_path / "ade", None)
    with pytest.raises(DataError, match="train2017 is missing"):
        paired("coco-stuff", tmp_path, None)


def test_paired_refuses_other_kinds_and_useless_splits(folder):
    with pytest.raises(DataError, match="'cityscapes'; there are 'ade20k', 'coco-stuff' and 'fold"):
        paired("cityscapes", folder, None)
    with pytest.raises(DataError, match="split is 'training'.*no splits"):
        paired("folder", folder, "training")


# --- classes.json ---------------------------------------------------------------------------------


def test_classes_are_sorted_and_keep_words_and_color(folder):
    sea = {"id": 3, "name": "sea", "words": "a stormy sea", "color": "#0010Ff"}
    write_classes(folder, {"void": 255, "classes": [sea, {"id": 0, "name": "sky"}]})
    sky, sea = plain_folder(folder).classes
    assert (sea.id, sea.name, sea.words, sea.color) == (3, "sea", "a stormy sea", (0, 16, 255))
    assert (sky.id, sky.words) == (0, "sky")
    assert sky.color != sea.color


def of_class(**changes):
    return {"void": 255, "classes": [{"id": 0, "name": "sky"}, {"id": 3, "name": "sea"} | changes]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"void": 255,\n "classes": [}', r"is not JSON \(.*line 2"),
        ([], "must be an object"),
        ({"void": 255}, "lacks 'classes'"),
        (SKY_AND_SEA | {"clases": []}, "unknown key 'clases'"),
        ({"classes": []}, "at least one class"),
        ({"classes": {"0": "sky"}}, "must be a list"),
        ({"classes": ["sky"]}, "class 1 must be an object"),
        (SKY_AND_SEA | {"void": 3}, "void is 3, which is also the id"),
        (SKY_AND_SEA | {"void": "255"}, "void is '255'"),
        (SKY_AND_SEA | {"void": -1}, "void is -1"),
        (of_class(id=0), "several classes have the id 0"),
        (of_class(id=-1), "class 2: the id is -1"),
        (of_class(id=32768), r"the id is 32768.*0\.\.32767"),
        (of_class(id=True), "the id is True"),
        (of_class(id=1.0), r"the id is 1\.0"),
        (of_class(name=" "), "the name is ' '"),
        (of_class(words=5), "the words is 5"),
        (of_class(color="blue"), "the color is 'blue'"),
        (of_class(colour="#000000"), "class 2 has the unknown key 'colour'"),
        ({"classes": [{"name": "sky"}]}, "class 1 lacks 'id'"),
    ],
)
def test_a_broken_class_file_is_refused_with_the_reason(folder, content, message):
    write_classes(folder, content)
    with pytest.raises(DataError, match=rf"(?s)classes\.json.*{message}"):
        plain_folder(folder)


def test_a_missing_class_file_is_refused_with_an_example(folder):
    (folder / "classes.json").unlink()
    with pytest.raises(DataError, match=r'classes\.json: cannot be read .*"name": "sky"'):
        plain_folder(folder)


def test_a_class_file_in_another_encoding_is_refused(folder):
    (folder / "classes.json").write_bytes('{"classes": [{"id": 0, "name": "sé"}]}'.encode("cp1252"))
    with pytest.raises(DataError, match=r"classes\.json: is not JSON \('utf-8'"):
        plain_folder(folder)


# --- Real data ------------------------------------------------------------------------------------

needs_sample = pytest.mark.skipif(
    not SAMPLE.is_dir(), reason="../shared/data/coco_stuff_sample is not there"
)


@needs_sample
@pytest.mark.parametrize(("split", "count"), [("train2017", 13), ("val2017", 4)])
def test_the_real_coco_stuff_sample_loads(split, count):
    source = paired("coco-stuff", SAMPLE, split)
    assert len(source) == count
    assert source.problems == ()
    ids = {c.id for c in source.classes}
    for i in range(count):
        pair = source.load(i)
        assert pair.image.mode == "RGB"
        assert pair.labels.shape == (pair.image.height, pair.image.width)
        assert set(pair.labels.unique().tolist()) <= ids | {VOID}
        assert (pair.labels != VOID).any()


@needs_sample
def test_real_maps_are_what_the_layout_node_reads():
    source = coco_stuff(SAMPLE, "val2017")
    for i, (_, path) in enumerate(source.pairs):
        values = np.array(Image.open(path)).astype(np.float32)[None, ..., None] / 255
        layout = read_index_map(torch.from_numpy(values), COCO_STUFF)
        assert torch.equal(source.load(i).labels, layout.labels[0])


# --- Words ----------------------------------------------------------------------------------------


def write_text(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)


def test_a_picture_without_words_of_its_own_has_those_of_the_table(folder):
    pair = load_only(folder)
    assert (pair.words, pair.global_prompt) == ({}, "")


def test_a_picture_may_have_words_for_classes_and_for_all_of_it(folder):
    write_text(folder / "class_prompts" / "a.txt", "sky = stormy sky\n// a note\n3 = calm sea")
    write_text(folder / "global_prompts" / "a.txt", "at night,\n  a sketch", "utf-16")
    pair = load_only(folder)
    assert pair.words == {0: "stormy sky", 3: "calm sea"}
    assert pair.global_prompt == "at night, a sketch"


def test_words_lie_in_the_subfolder_of_their_picture(folder):
    save(folder / "images" / "sub" / "b.png", photo())
    save(folder / "maps" / "sub" / "b.png", MAP)
    write_text(folder / "class_prompts" / "sub" / "b.txt", "sea = rough sea")
    source = plain_folder(folder)
    assert [source.load(i).words for i in range(2)] == [{}, {3: "rough sea"}]


def test_words_for_a_class_that_there_is_not_are_named_with_their_line(folder):
    write_text(folder / "class_prompts" / "a.txt", "sky = blue\nhouze = red")
    with pytest.raises(Unreadable, match=r"a\.txt: class_prompts, line 2: 'houze'"):
        load_only(folder)
