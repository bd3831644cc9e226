"""Reading layouts from pictures and masks."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from place_core.color_regions import nearest_colors, region_labels
from place_core.layout import VOID
from place_core.layout_readers import (
    OVERLAP_RULES,
    covering_colors,
    layout_from_masks,
    parse_color_list,
    read_color_list_map,
    read_color_map,
    read_distinct_colors,
    read_index_map,
)
from place_core.palettes import ADE20K, COCO_STUFF, load_classes

DATA = Path(__file__).parents[3] / "shared" / "data"
ADE = load_classes(ADE20K)


def to_image(array):
    """uint8 ``[H, W]`` or ``[H, W, 3]`` → IMAGE ``[1, H, W, 3]``."""
    array = np.asarray(array)
    array = array[..., None].repeat(3, -1) if array.ndim == 2 else array
    return torch.from_numpy(array.astype(np.float32) / 255)[None]


def paint(labels, classes=ADE):
    """A label map in the colors of its classes, void black."""
    table = np.zeros((len(classes) + 1, 3), np.uint8)
    table[:-1] = [c.color for c in classes]
    return table[np.asarray(labels)]


def scene(size=256, seed=0, classes=(2, 6, 9, 16, 25)):
    """Polygons and ellipses of some classes; each is large enough to be a region."""
    generator = np.random.default_rng(seed)
    picture = Image.new("I", (size, size), int(classes[0]))
    draw = ImageDraw.Draw(picture)
    for i in range(8):
        x, y = generator.integers(0, size, 2)
        w, h = generator.integers(size // 6, size // 3, 2)
        shape = draw.ellipse if i % 2 else draw.rectangle
        shape((int(x - w), int(y - h), int(x + w), int(y + h)), fill=int(classes[i % len(classes)]))
    return np.array(picture)


def jpeg(array, quality, subsampling=2):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "JPEG", quality=quality, subsampling=subsampling)
    return np.array(Image.open(stream).convert("RGB"))


def resize(array, factor, method):
    size = tuple(round(n * factor) for n in array.shape[1::-1])
    return np.array(Image.fromarray(array).resize(size, method))


def neighbors(labels, radius):
    """``[H, W, N]`` the labels around each pixel."""
    padded = np.pad(labels, radius, mode="edge")
    h, w = labels.shape
    steps = range(2 * radius + 1)
    return np.stack([padded[y : y + h, x : x + w] for y in steps for x in steps], -1)


# --- Index maps -----------------------------------------------------------------------------------


def test_an_ade20k_index_map_is_void_at_zero_and_else_id_plus_one():
    layout = read_index_map(to_image([[0, 1, 150]]), ADE20K)
    assert layout.labels.tolist() == [[[VOID, 0, 149]]]
    assert layout.unresolved == (0,)


def test_a_coco_index_map_has_ids_and_void_at_255():
    layout = read_index_map(to_image([[0, 181, 255]]), COCO_STUFF)
    assert layout.labels.tolist() == [[[0, 181, VOID]]]


def test_every_index_survives_the_way_through_floats():
    values = np.arange(182, dtype=np.uint8)[None]
    assert read_index_map(to_image(values), COCO_STUFF).labels[0, 0].tolist() == list(range(182))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_gray_files_that_the_host_loads_by_way_of_16_bits_keep_their_values(dtype):
    """ComfyUI 0.30 gives 256·k / 65535 for the value k of an 8-bit gray PNG."""
    values = torch.arange(182)[None, None, :, None].expand(1, 1, -1, 3)
    for image in (values * 256 / 65535, values / 255):
        labels = read_index_map(image.to(dtype), COCO_STUFF).labels
        assert labels[0, 0].tolist() == list(range(182))


def test_single_values_of_no_class_become_void_and_are_counted_and_noted():
    layout = read_index_map(to_image([[1, 1, 1, 151]]), ADE20K)
    assert layout.labels[0, 0].tolist() == [0, 0, 0, VOID]
    assert layout.unresolved == (1,)
    assert layout.unresolved_pixels[0, 0].tolist() == [False, False, False, True]
    assert "151" in layout.notes[0]


def test_a_gray_picture_of_no_class_is_refused():
    with pytest.raises(ValueError, match=r"most pixels have values that are no class.*200"):
        read_index_map(to_image([[200, 200, 1]]), ADE20K)


def test_a_color_picture_is_no_index_map():
    with pytest.raises(ValueError, match="color picture.*Choose a color palette"):
        read_index_map(to_image(paint([[2, 3]])), ADE20K)


# --- Color maps -----------------------------------------------------------------------------------


def test_every_color_of_the_tables_reads_back_as_its_class():
    for table in (ADE20K, COCO_STUFF):
        classes = load_classes(table)
        labels = np.arange(len(classes)).repeat(4)[None].repeat(4, 0)
        found = read_color_map(to_image(paint(labels, classes)), classes)
        expected = np.where(labels == 48, 6, labels) if table == ADE20K else labels
        assert np.array_equal(found.labels[0].numpy(), expected)


def test_the_color_that_two_classes_share_is_read_as_the_first_and_noted():
    layout = read_color_map(to_image(paint([[48] * 4] * 4)), ADE)
    assert set(layout.labels.flatten().tolist()) == {6}
    assert any("#8c8c8c" in note and "skyscraper" in note for note in layout.notes)
    assert not read_color_map(to_image(paint([[2] * 4] * 4)), ADE).notes


def test_black_is_void_and_not_unresolved():
    layout = read_color_map(to_image(paint([[2, 2, -1]])), ADE)
    assert layout.labels[0, 0].tolist() == [2, 2, VOID]
    assert layout.unresolved == (0,)


def test_a_line_of_one_pixel_survives_in_a_hard_edged_map():
    labels = np.full((64, 64), 2)
    labels[:, 32:] = 9
    labels[20, :] = 93
    labels[:, 10] = 6
    assert np.array_equal(read_color_map(to_image(paint(labels)), ADE).labels[0].numpy(), labels)


def test_a_thin_line_whose_color_lies_between_its_neighbors_survives_in_a_hard_edged_map():
    lines = "#000080 = left\n#808080 = line\n#ffff80 = right"
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:, :16], picture[:, 16], picture[:, 17:] = (0, 0, 128), (128, 128, 128), (255, 255, 128)
    labels = read_color_list_map(to_image(picture), lines).labels[0]
    assert (labels[:, 16] == 1).all() and (labels == 1).sum() == 32


BLURS = {
    "bilinear × 0.6": lambda a: resize(a, 0.6, Image.BILINEAR),
    "bicubic × 1.5": lambda a: resize(a, 1.5, Image.BICUBIC),
    "lanczos × 2": lambda a: resize(a, 2, Image.LANCZOS),
    "box × 0.5": lambda a: resize(a, 0.5, Image.BOX),
    "jpeg 95 4:4:4": lambda a: jpeg(a, 95, 0),
    "jpeg 90": lambda a: jpeg(a, 90),
    "jpeg 75": lambda a: jpeg(a, 75),
}


@pytest.mark.parametrize("blur", BLURS)
@pytest.mark.parametrize("seed", range(3))
def test_blurred_edges_go_to_a_neighboring_region_and_never_to_a_third_class(blur, seed):
    labels = scene(seed=seed)
    picture = BLURS[blur](paint(labels))
    found = read_color_map(to_image(picture), ADE).labels[0].numpy()
    factor = found.shape[0] / labels.shape[0]
    rows = ((np.arange(found.shape[0]) + 0.5) / factor).astype(int)
    truth = labels[rows][:, rows]
    radius = max(3, round(3 * factor))
    assert set(np.unique(found)) <= {*np.unique(labels), VOID}
    # JPEG smears colors over blocks of 16 pixels: there a few pixels join a region farther away.
    strayed = ~(neighbors(truth, radius) == found[..., None]).any(-1)
    assert strayed.mean() <= (0.001 if "jpeg" in blur else 0)
    assert (found == truth).mean() > 0.98


def test_the_blend_of_two_regions_is_not_the_class_that_has_its_color():
    """Red and blue blend to the purple of a third class along their antialiased border."""
    lines = "#ff0000 = red\n#0000ff = blue\n#800080 = purple"
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, :31], picture[:, 31], picture[:, 32:] = (255, 0, 0), (128, 0, 128), (0, 0, 255)
    picture[::7, 31] = (90, 0, 165)  # so that the map is not taken for a hard-edged one
    picture[::5, 31] = (140, 0, 115)
    layout = read_color_list_map(to_image(picture), lines)
    assert set(layout.labels.flatten().tolist()) == {0, 1}


def test_an_area_of_an_unknown_color_is_void_and_counted_and_does_not_spread():
    labels = scene(classes=(2, 9))
    picture = paint(labels)
    picture[40:120, 60:160] = (255, 120, 200)
    layout = read_color_map(to_image(jpeg(picture, 92)), ADE, tolerance=20)
    inside = layout.labels[0, 50:110, 70:150]
    assert (inside == VOID).float().mean() > 0.95
    assert layout.unresolved[0] == pytest.approx(80 * 100, rel=0.1)
    assert torch.equal(layout.unresolved_pixels, layout.labels == VOID)
    assert "no known color" in layout.notes[-1]


def test_tolerance_zero_takes_exact_colors_only():
    picture = paint([[2] * 6] * 6)
    picture[:, 3:] += 1
    layout = read_color_map(to_image(picture), ADE, tolerance=0)
    assert (layout.labels[..., :3] == 2).all() and (layout.labels[..., 3:] == VOID).all()


def test_a_map_of_one_class_is_a_layout_of_one_class():
    assert [c.id for c in read_color_map(to_image(paint([[2] * 9] * 9)), ADE).present()] == [2]


def test_a_picture_without_any_known_color_names_what_it_has_and_the_remedy():
    picture = np.full((8, 8, 3), (255, 120, 200), np.uint8)
    with pytest.raises(ValueError, match=r"no known color within tolerance 10.*#ff78c8.*distinct"):
        read_color_map(to_image(picture), ADE, tolerance=10)


def test_nan_in_the_picture_is_named():
    image = to_image(paint([[2, 2]]))
    image[0, 0, 0, 0] = float("nan")
    with pytest.raises(ValueError, match="image: holds NaN"):
        read_color_map(image, ADE)


def test_a_batch_may_hold_different_maps():
    images = torch.cat([to_image(paint([[2] * 4] * 4)), to_image(paint([[9] * 4] * 4))])
    layout = read_color_map(images, ADE)
    assert layout.batch == 2 and [c.id for c in layout.index(1).present()] == [9]


def test_an_alpha_channel_is_ignored():
    image = torch.cat([to_image(paint([[2, 2]])), torch.zeros(1, 1, 2, 1)], -1)
    assert read_color_map(image, ADE).labels.tolist() == [[[2, 2]]]


# --- A user's own colors --------------------------------------------------------------------------


def test_a_color_list_is_read_with_comments_and_signs_of_keyboards_for_wide_letters():
    classes, colors, void, _ = parse_color_list(
        "#787878 = wall // gray = not blue\n\t// ＝\n"
        "＃０af＝ sky, blue\n10，20、 ３０ ＝ old//tree\n#000 ＝ void //none"
    )
    assert [c.name for c in classes] == ["wall", "sky, blue", "old//tree"]
    assert colors == {(120, 120, 120): 0, (0, 170, 255): 1, (10, 20, 30): 2}
    assert void == ((0, 0, 0),)


def test_a_color_list_gives_classes_in_order_of_appearance():
    classes, colors, void, notes = parse_color_list(
        "#787878 = wall\n\n// sky colors\n#0af = sky\n10, 20, 30 = old tree\n#000000 = void"
    )
    assert [(c.id, c.name, c.words) for c in classes] == [
        (0, "wall", "wall"),
        (1, "sky", "sky"),
        (2, "old tree", "old tree"),
    ]
    assert colors == {(120, 120, 120): 0, (0, 170, 255): 1, (10, 20, 30): 2}
    assert void == ((0, 0, 0),) and notes == ()


def test_two_colors_of_one_name_are_one_class_and_noted():
    layout = read_color_list_map(
        to_image(np.array([[[120] * 3, [10] * 3]] * 2, np.uint8)),
        "#787878 = wall\n#0a0a0a = Wall",
    )
    assert set(layout.labels.flatten().tolist()) == {0}
    assert "several colors are 'Wall'" in layout.remarks[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "color_list: empty"),
        ("#787878：wall", "line 1: .*Write '=' in place of '：'."),
        ("#787878 =  // wall", "line 1: '#787878 =' is not of the form"),
        ("#000000 = void", "color_list: empty"),
        ("#787878 wall", "line 1.*not of the form"),
        ("#787878 = wall\n#12 = sky", "line 2.*not of the form"),
        ("300, 0, 0 = wall", "line 1.*not of the form"),
        ("#787878 = wall\n#787878 = sky", "lines 1 and 2: one color, two names"),
    ],
)
def test_a_wrong_color_list_is_answered_with_the_line(text, message):
    with pytest.raises(ValueError, match=message):
        parse_color_list(text)


def test_black_is_a_color_like_any_other_in_a_list():
    picture = np.array([[[0, 0, 0], [255, 0, 0]]] * 2, np.uint8)
    layout = read_color_list_map(to_image(picture), "#000000 = night\n#ff0000 = lamp")
    assert layout.labels[0, 0].tolist() == [0, 1]


# --- Distinct colors ------------------------------------------------------------------------------


def test_each_color_that_covers_enough_is_a_region_from_the_largest_on():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, :40], picture[:, 40:60], picture[:, 60:] = (9, 99, 199), (200, 30, 30), (30, 200, 30)
    layout = read_distinct_colors(to_image(picture))
    assert [c.name for c in layout.classes] == ["color 1", "color 2", "color 3"]
    assert [c.words for c in layout.classes] == ["", "", ""]
    assert layout.labels[0, 0].tolist() == [0] * 40 + [1] * 20 + [2] * 4


def test_near_colors_of_a_hard_edged_map_are_regions_of_their_own():
    picture = np.full((32, 32, 3), (120, 120, 80), np.uint8)
    picture[:, 16:] = (120, 120, 90)
    assert len(read_distinct_colors(to_image(picture)).classes) == 2


def test_a_large_antialiased_map_with_few_edges_is_not_taken_for_a_hard_edged_one():
    picture = Image.new("RGB", (2048, 2048), (255, 0, 0))
    ImageDraw.Draw(picture).ellipse((400, 400, 1600, 1600), fill=(0, 0, 255))
    picture = np.array(picture.resize((1024, 1024), Image.BOX))
    layout = read_color_list_map(
        to_image(picture), "#ff0000 = red\n#0000ff = blue\n#800080 = purple"
    )
    assert set(layout.labels.flatten().tolist()) == {0, 1}


def test_blurred_edges_make_no_regions_of_their_own():
    labels = scene(classes=(2, 9, 25))
    layout = read_distinct_colors(to_image(jpeg(paint(labels), 85)))
    assert len(layout.classes) == 3


def test_one_color_is_one_class_in_all_maps_of_a_batch():
    one, other = np.full((16, 16, 3), 200, np.uint8), np.full((16, 16, 3), 60, np.uint8)
    one[:4] = 60
    layout = read_distinct_colors(torch.cat([to_image(one), to_image(other)]))
    assert layout.labels[0, 0, 0] == layout.labels[1, 0, 0]


def test_a_picture_of_noise_is_no_map():
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    with pytest.raises(ValueError, match="0 colors cover enough.*photograph"):
        read_distinct_colors(to_image(noise))


def test_many_shades_are_compared_in_a_moment():
    """Each against all others in Python, thousands of them took minutes."""
    steps = np.arange(2048) // 25
    red, green = np.meshgrid(steps * 2, steps * 2)
    # So that it is no hard-edged map, whose colors are all meant.
    blue = 4 * (np.random.default_rng(0).random(red.shape) < 0.03)
    shades = np.stack([red, green, blue], -1).astype(np.uint8)
    start = time.perf_counter()
    found = covering_colors(torch.from_numpy(shades)[None], tolerance=1)
    assert time.perf_counter() - start < 15
    assert found == []


# --- Masks ----------------------------------------------------------------------------------------


def masks():
    one, other = torch.zeros(4, 4), torch.zeros(4, 4)
    one[:, :3], other[:, 2:] = 0.7, 0.6
    return [one, other]


@pytest.mark.parametrize(
    ("rule", "shared"), list(zip(OVERLAP_RULES, ["other", "one", "one"], strict=True))
)
def test_the_overlap_rule_decides_who_gets_a_shared_pixel(rule, shared):
    layout = layout_from_masks(masks(), ["one", "other"], rule)
    names = [layout.classes[i].name for i in layout.labels[0, 0].tolist()]
    assert names == ["one", "one", shared, "other"]
    assert layout.remarks == (f"4 pixels lie in several masks; {rule}",)


def test_of_equally_strong_masks_the_later_one_wins():
    given = [torch.full((2, 2), 0.8), torch.full((2, 2), 0.8), torch.full((2, 2), 0.7)]
    assert (layout_from_masks(given, ["a", "b", "c"], "strongest").labels == 1).all()


@pytest.mark.parametrize("rule", OVERLAP_RULES)
def test_a_hundred_masks_are_laid_over_each_other_one_at_a_time(rule):
    mask = torch.zeros(1, 1024, 1024)
    mask[:, 200:800] = 1
    start = time.perf_counter()
    layout = layout_from_masks([mask] * 100, [f"mask {i}" for i in range(100)], rule)
    assert time.perf_counter() - start < 10
    assert (layout.labels[0, 500] == (0 if rule == "first wins" else 99)).all()


def test_pixels_of_no_mask_are_void():
    layout = layout_from_masks([torch.tensor([[0.0, 0.49, 0.5, 1.0]])], ["a"])
    assert layout.labels[0, 0].tolist() == [VOID, VOID, 0, 0]


def test_masks_of_one_name_are_one_class():
    layout = layout_from_masks(masks(), ["tree", "tree"])
    assert len(layout.classes) == 1 and (layout.labels == 0).all()


def test_single_masks_serve_a_batch():
    batch = torch.zeros(3, 4, 4)
    batch[1] = 1
    layout = layout_from_masks([masks()[0], batch], ["a", "b"])
    assert layout.batch == 3 and (layout.labels[1] == 1).all()


def test_an_empty_mask_is_noted():
    assert (
        "mask1 (b) has no pixel"
        in layout_from_masks([torch.ones(2, 2), torch.zeros(2, 2)], ["a", "b"]).notes[0]
    )


@pytest.mark.parametrize(
    ("given", "names", "rule", "message"),
    [
        ([], [], "last wins", "none is connected"),
        ([torch.ones(2, 2), torch.ones(2, 3)], ["a", "b"], "last wins", "mask1 is 3×2, mask0"),
        ([torch.ones(2, 2, 2), torch.ones(3, 2, 2)], ["a", "b"], "last wins", "batch of 2"),
        ([torch.full((2, 2), float("nan"))], ["a"], "last wins", "mask0 holds NaN"),
        ([torch.ones(2, 2)], [" "], "last wins", "mask0 has no name"),
        ([torch.ones(2, 2)], ["a"], "biggest", "overlap: 'biggest' is none of"),
    ],
)
def test_masks_that_do_not_fit_are_named(given, names, rule, message):
    with pytest.raises(ValueError, match=message):
        layout_from_masks(given, names, rule)


# --- Real maps ------------------------------------------------------------------------------------

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")


@needs_data
def test_the_boat_map_has_its_six_classes():
    image = to_image(np.array(Image.open(DATA / "layout_boat.png")))
    layout = read_index_map(image, COCO_STUFF)
    assert [c.id for c in layout.present()] == [0, 8, 134, 149, 154, 156]
    assert layout.unresolved == (0,)


@needs_data
@pytest.mark.parametrize("quality", [90, 75])
def test_real_maps_painted_in_colors_read_back_through_jpeg(quality):
    classes = load_classes(COCO_STUFF)
    folder = DATA / "coco_stuff_sample" / "stuffthingmaps_trainval2017"
    agreement = []
    for path in sorted(folder.glob("*/*.png"))[::4]:
        labels = np.array(Image.open(path)).astype(int)
        labels[labels == 255] = -1
        found = read_color_map(to_image(jpeg(paint(labels, classes), quality)), classes)
        agreement.append((found.labels[0].numpy() == labels).mean())
    assert np.mean(agreement) > 0.96


@pytest.mark.parametrize("quality", [50, 75, 90])
@pytest.mark.parametrize("size", [24, 32, 40, 48, 64, 96, 128])
def test_small_maps_read_through_jpeg_never_worse_than_by_the_nearest_color(size, quality):
    colors = torch.tensor([c.color for c in ADE], dtype=torch.float32)
    for seed in range(6):
        classes = np.random.default_rng(seed).choice(len(ADE), 5, replace=False)
        truth = scene(size, seed, classes)
        picture = torch.from_numpy(jpeg(paint(truth), quality))
        found = region_labels(picture, colors, 32.0).numpy()
        nearest = nearest_colors(picture, colors, torch.inf)[0].numpy()
        painted = colors.numpy()[truth]
        wrong = (colors.numpy()[found] != painted).any(-1) | (found < 0)
        wrong_by_color = (colors.numpy()[nearest] != painted).any(-1)
        assert wrong.mean() <= wrong_by_color.mean() + 0.005


def test_colors_of_large_pictures_are_found_as_those_of_small_ones():
    generator = torch.Generator().manual_seed(0)
    large = torch.randint(0, 256, (1100, 1000, 3), dtype=torch.uint8, generator=generator)
    colors = torch.tensor([c.color for c in ADE], dtype=torch.float32)
    index, distance = nearest_colors(large, colors, 30.0)
    for rows in (slice(0, 100), slice(1000, 1100)):
        small_index, small_distance = nearest_colors(large[rows], colors, 30.0)
        assert torch.equal(index[rows], small_index)
        assert torch.equal(distance[rows], small_distance)
