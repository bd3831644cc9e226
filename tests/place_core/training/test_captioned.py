"""Pictures with captions: folders and WebDataset shards."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import tarfile
import unicodedata

import numpy as np
import pytest
from PIL import Image

from place_core.training.data import DataError, Unreadable, open_captioned


def encoded(color=(200, 100, 50), extension="png"):
    stream = io.BytesIO()
    Image.new("RGB", (4, 3), color).save(stream, {"jpg": "JPEG"}.get(extension, extension))
    return stream.getvalue()


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def write_lines(folder, *lines):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return write(folder / "metadata.jsonl", text)


def write_tar(path, members, form=tarfile.USTAR_FORMAT):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:", format=form) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def numbered(*numbers):
    """Members of samples whose picture and caption tell their number."""
    for n in numbers:
        yield f"{n:05d}.png", encoded((n, 0, 0))
        yield f"{n:05d}.txt", f"number {n}".encode()


def contents(source):
    """The number in each picture and the caption."""
    loaded = [source.load(i) for i in range(len(source))]
    return [(sample.image.getpixel((0, 0))[0], sample.caption) for sample in loaded]


def names(source):
    return [source.name(i) for i in range(len(source))]


# --- Captions -------------------------------------------------------------------------------------


def load_caption(folder, data):
    write(folder / "a.png", encoded())
    write(folder / "a.txt", data)
    return open_captioned(folder).load(0).caption


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"], ids=lambda name: name
)
def test_captions_are_read_in_any_encoding(tmp_path, encoding):
    assert load_caption(tmp_path, "a café – “blue”".encode(encoding)) == "a café – “blue”"


def test_big_endian_utf16_and_other_alphabets_are_read(tmp_path):
    data = b"\xfe\xff" + "море 🌊".encode("utf-16-be")
    assert load_caption(tmp_path, data) == "море 🌊"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        "море и небо",
        "一只猫坐在屋顶上，天空很蓝",
        "ひらがなのえ",
        "언덕 위의 집",
        "θάλασσα",
    ],
)
def test_utf16_without_its_mark_is_named_and_not_read_as_nonsense(tmp_path, text, encoding):
    with pytest.raises(Unreadable, match=r"a\.txt: is neither UTF-8.*save it as UTF-8"):
        load_caption(tmp_path, text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_lines_in_utf16_without_its_mark_are_left_out_and_named(tmp_path, encoding):
    write(tmp_path / "a.png", encoded())
    write_lines(tmp_path, {"file_name": "a.png", "text": "море"})
    line = json.dumps({"file_name": "a.png", "text": "море"}, ensure_ascii=False)
    write(tmp_path / "metadata.jsonl", "море".encode(encoding) + b"\n" + line.encode())
    source = open_captioned(tmp_path)
    assert [source.load(0).caption, len(source)] == ["море", 1]
    assert "line 1: is neither UTF-8" in source.problems[0]


@pytest.mark.parametrize(
    "text",
    ["été", "Ein schöner Baum über grünen Hügeln", "ça et là, à l'école", "Åre älv ö", "banana"],
)
def test_western_text_is_read(tmp_path, text):
    assert load_caption(tmp_path, text.encode("cp1252")) == text


def test_bytes_that_no_code_page_knows_are_still_a_caption(tmp_path):
    assert load_caption(tmp_path, b"caf\xe9 \x81 table") == "café table"


def test_no_bytes_at_all_raise_another_error(tmp_path):
    generator = np.random.default_rng(0)
    write(tmp_path / "a.png", encoded())
    write(tmp_path / "a.txt", "a")
    source = open_captioned(tmp_path)
    for mark in [b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"] * 50:
        write(tmp_path / "a.txt", mark + generator.bytes(int(generator.integers(1, 40))))
        try:
            caption = source.load(0).caption
        except Unreadable:
            continue
        caption.encode()
        assert not any(unicodedata.category(c) == "Cc" for c in caption)


def test_a_caption_is_one_line_without_control_characters(tmp_path):
    data = b"\r\n  a\x00 dog\x07\t on\r\n\r\n\xc2\xa0the  beach \n"
    assert load_caption(tmp_path, data) == "a dog on the beach"


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\x00\x01", b"\xef\xbb\xbf"])
def test_an_empty_caption_is_unreadable_and_named(tmp_path, data):
    with pytest.raises(Unreadable, match=r"a\.txt: the caption is empty"):
        load_caption(tmp_path, data)


# --- Pictures with .txt files ---------------------------------------------------------------------


def test_pictures_and_text_files_pair_by_path(tmp_path):
    for n, name in enumerate(["b/x.JPEG", "a.v2.webp", "b/a.png", "c.bmp"]):
        extension = name.rsplit(".")[-1].lower()
        write(tmp_path / name, encoded((n, 0, 0), {"jpeg": "jpg"}.get(extension, extension)))
        write((tmp_path / name).with_suffix(".TXT"), f"caption {n}")
    write(tmp_path / "._c.bmp", b"")
    write(tmp_path / "__MACOSX/c.bmp", b"")
    source = open_captioned(tmp_path)
    assert names(source) == ["a.v2.webp", "b/a.png", "b/x.JPEG", "c.bmp"]
    assert [source.load(i).caption for i in range(4)] == [f"caption {n}" for n in (1, 2, 0, 3)]
    assert source.load(3).image.getpixel((0, 0)) == (3, 0, 0)
    assert source.problems == ()


def test_pictures_and_texts_without_a_partner_are_named(tmp_path):
    for name in ["a.png", "sub/b.png"]:
        write(tmp_path / name, encoded())
    write(tmp_path / "a.txt", "a")
    write(tmp_path / "README.txt", "hello")
    source = open_captioned(tmp_path)
    assert names(source) == ["a.png"]
    assert source.problems == (
        "sub/b.png: has no caption sub/b.txt",
        "README.txt: has no picture of its name",
    )


@pytest.mark.parametrize("data", [b"", b"<html>", encoded()[:40]])
def test_a_damaged_picture_is_unreadable_and_named(tmp_path, data):
    write(tmp_path / "a.png", data)
    write(tmp_path / "a.txt", "a")
    with pytest.raises(Unreadable, match=r"a\.png: (is|cannot)"):
        open_captioned(tmp_path).load(0)


def test_a_folder_of_nothing_says_what_was_looked_for(tmp_path):
    with pytest.raises(DataError, match=r"no picture with a caption.*metadata\.jsonl, \*\.tar, or"):
        open_captioned(tmp_path)
    write(tmp_path / "a.png", encoded())
    with pytest.raises(DataError, match=r"Found: a\.png: has no caption a\.txt"):
        open_captioned(tmp_path)


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere: is not there"):
        open_captioned(tmp_path / "nowhere")


def test_a_path_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "metadata.jsonl").mkdir()
    with pytest.raises(DataError, match=r"metadata\.jsonl: cannot be read"):
        open_captioned(tmp_path)


# --- metadata.jsonl -------------------------------------------------------------------------------


def test_metadata_lines_name_pictures_and_captions(tmp_path):
    write(tmp_path / "b.png", encoded((1, 0, 0)))
    write(tmp_path / "sub/a.png", encoded((2, 0, 0)))
    write_lines(
        tmp_path,
        {"file_name": "sub/a.png", "text": "a\nsea", "width": 4},
        "",
        {"file_name": "b.png", "caption": "the sky"},
        {"file_name": "b.png", "text": "the same sky"},
    )
    source = open_captioned(tmp_path)
    assert names(source) == ["sub/a.png", "b.png", "b.png"]
    assert contents(source) == [(2, "a sea"), (1, "the sky"), (1, "the same sky")]
    assert source.problems == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_metadata_may_have_another_encoding(tmp_path, encoding):
    write(tmp_path / "a.png", encoded())
    lines = '{"file_name": "a.png", "text": "café"}\r\n{"file_name": "a.png", "text": "thé"}\r\n'
    write(tmp_path / "metadata.jsonl", lines.encode(encoding))
    source = open_captioned(tmp_path)
    assert [caption for _, caption in contents(source)] == ["café", "thé"]
    assert source.problems == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"file_name": "a.png", "text": ', "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('["a.png", "a"]', "is not an object"),
        ({"text": "a"}, "has no 'file_name'"),
        ({"file_name": 5, "text": "a"}, "has no 'file_name'"),
        ({"file_name": "a.png", "title": "a"}, r"no text under 'text' or 'caption', only \["),
        ({"file_name": "a.png", "text": None}, "no text under"),
        ({"file_name": "gone.png", "text": "a"}, "the picture 'gone.png' is not there"),
        ({"file_name": "a\0.png", "text": "a"}, "is not there"),
        ({"file_name": "a" * 5000, "text": "a"}, "is not there"),
        ({"file_name": ".", "text": "a"}, "is not there"),
        ({"file_name": "../secret.png", "text": "a"}, "leads out of the folder"),
        ({"file_name": "sub/../../secret.png", "text": "a"}, "leads out of the folder"),
        ({"file_name": "..\\secret.png", "text": "a"}, "leads out of the folder"),
        ({"file_name": "/etc/secret.png", "text": "a"}, "leads out of the folder"),
        ({"file_name": "C:\\secret.png", "text": "a"}, "leads out of the folder"),
    ],
)
def test_a_broken_metadata_line_is_a_problem_with_its_number(tmp_path, line, message):
    folder = tmp_path / "set"
    write(tmp_path / "secret.png", encoded())
    write(folder / "a.png", encoded())
    good = {"file_name": "a.png", "text": "a"}
    write_lines(folder, good, line, good)
    source = open_captioned(folder)
    assert names(source) == ["a.png", "a.png"]
    (problem,) = source.problems
    assert "metadata.jsonl, line 2: " in problem
    with pytest.raises(DataError, match=rf"metadata\.jsonl, line 1: .*{message}"):
        write_lines(folder, line)
        open_captioned(folder)


def test_an_empty_metadata_caption_and_half_characters_are_handled(tmp_path):
    write(tmp_path / "a.png", encoded())
    write_lines(
        tmp_path,
        {"file_name": "a.png", "text": ""},
        '{"file_name": "a.png", "text": "half \\ud83d wave"}',
    )
    source = open_captioned(tmp_path)
    with pytest.raises(Unreadable, match=r"a\.png: the caption is empty"):
        source.load(0)
    assert source.load(1).caption == "half wave"


# --- Shards ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT],
    ids=["ustar", "gnu", "pax"],
)
def test_samples_are_read_from_a_tar_in_any_order(tmp_path, form):
    long = "folder/" * 30 + "é00009"
    members = [*numbered(3, 1), (f"{long}.txt", b"number 9"), (f"{long}.png", encoded((9, 0, 0)))]
    source = open_captioned(write_tar(tmp_path / "s.tar", members, form))
    assert names(source) == ["s.tar/00003", "s.tar/00001", f"s.tar/{long}"]
    assert source.load(2).caption == "number 9"
    assert contents(source) == [(3, "number 3"), (1, "number 1"), (9, "number 9")]
    assert source.problems == ()


def test_keys_end_at_the_first_dot_of_the_base_name(tmp_path):
    picture = encoded((7, 0, 0))
    members = [
        ("./v1.0/a.jpg", picture),
        ("./v1.0/a.seg.png", b"not this one"),
        ("./v1.0/a.txt", b"first"),
        ("./v1.0/b.part.png", picture),
        ("./v1.0/b.txt", b"the picture has the extension part.png"),
        ("./v2.0/a.JPEG", picture),
        ("./v2.0/a.json", b'{"caption": "second"}'),
        ("./v2.0/._a.jpeg", b"resource"),
        ("__MACOSX/a.jpeg", b"resource"),
        ("README", b"no extension"),
    ]
    source = open_captioned(write_tar(tmp_path / "s.tar", members))
    assert names(source) == ["s.tar/./v1.0/a", "s.tar/./v2.0/a"]
    assert contents(source) == [(7, "first"), (7, "second")]
    assert len(source.problems) == 1
    assert "./v1.0/b has no picture, only ['part.png', 'txt']" in source.problems[0]


def test_json_captions_are_read_and_txt_goes_first(tmp_path):
    def sample(key, **captions):
        return [
            (f"{key}.webp", encoded((1, 0, 0), "webp")),
            *((f"{key}.{e}", d) for e, d in captions.items()),
        ]

    members = [
        *sample("a", json='{"text": "thé"}'.encode("cp1252")),
        *sample("b", json=b'{"caption": "of json"}', txt=b"of txt"),
        *sample("c", json=b'{"url": "x"}'),
        *sample("d", json=b'{"text": '),
        *sample("e", txt=b""),
        *sample("f", json=b'{"caption": "two\nlines"}'),
    ]
    source = open_captioned(write_tar(tmp_path / "s.tar", members))
    assert [source.load(i).caption for i in (0, 1, 5)] == ["thé", "of txt", "two lines"]
    for index, message in [
        (2, r"c\.json: has no text"),
        (3, r"d\.json: is not JSON"),
        (4, "is empty"),
    ]:
        with pytest.raises(Unreadable, match=rf"s\.tar: .*{message}"):
            source.load(index)


def test_a_folder_of_shards_is_one_set_by_name(tmp_path):
    write_tar(tmp_path / "1.tar", numbered(5))
    write_tar(tmp_path / "0.tar", numbered(2, 1))
    write(tmp_path / "0_stats.json", "{}")
    source = open_captioned(tmp_path)
    assert names(source) == ["0.tar/00002", "0.tar/00001", "1.tar/00005"]
    assert contents(source) == [(2, "number 2"), (1, "number 1"), (5, "number 5")]
    assert source.problems == ()


def test_a_brace_pattern_names_shards_and_missing_ones_are_problems(tmp_path):
    for n in (8, 9, 11, 12):
        write_tar(tmp_path / f"s{n:03d}.tar", numbered(n))
    source = open_captioned(tmp_path / "s{008..011}.tar")
    assert [name for name, _ in contents(source)] == [8, 9, 11]
    assert source.problems == (f"{tmp_path / 's010.tar'}: is not there",)
    with pytest.raises(DataError, match=r"s\{020\.\.021\}\.tar: is not there"):
        open_captioned(tmp_path / "s{020..021}.tar")


def test_brace_patterns_count_as_shells_do(tmp_path):
    for name in ["a/9.tar", "a/10.tar", "b/9.tar", "b/10.tar"]:
        write_tar(tmp_path / name, numbered(1))
    (tmp_path / "a").rename(tmp_path / "1")
    (tmp_path / "b").rename(tmp_path / "2")
    found = names(open_captioned(tmp_path / "{1..2}" / "{10..9}.tar"))
    assert found == ["9.tar/00001", "10.tar/00001"] * 2


@pytest.mark.parametrize("name", ["s.tar.gz", "s.tgz", "s.tar"])
def test_a_compressed_tar_is_refused_with_the_remedy(tmp_path, name):
    plain = write_tar(tmp_path / "plain.tar", numbered(1))
    write(tmp_path / "set" / name, gzip.compress(plain.read_bytes()))
    for path in (tmp_path / "set" / name, tmp_path / "set"):
        with pytest.raises(DataError, match=rf"{name}: is compressed.*Decompress it \(gunzip"):
            open_captioned(path)


def test_an_archive_beside_loose_pictures_is_left_alone(tmp_path):
    write(tmp_path / "a.png", encoded())
    write(tmp_path / "a.txt", "a")
    write(tmp_path / "backup.tar.gz", b"")
    assert names(open_captioned(tmp_path)) == ["a.png"]


def test_every_cut_keeps_the_whole_samples_before_it_and_names_the_shard(tmp_path):
    path = write_tar(tmp_path / "s.tar", numbered(1, 2, 3))
    whole = path.read_bytes()
    with tarfile.open(path) as tar:
        ends = [m.offset_data + m.size for m in tar.getmembers() if m.name.endswith(".txt")]
        end_mark = -(-ends[-1] // 512) * 512
    for length in range(0, end_mark + 1, 64):
        path.write_bytes(whole[:length])
        count = sum(end <= length for end in ends)
        if not count:
            with pytest.raises(DataError, match=r"s\.tar"):
                open_captioned(path)
            continue
        source = open_captioned(path)
        assert contents(source) == [(n, f"number {n}") for n in range(1, count + 1)]
        assert source.problems
        assert all("s.tar" in problem for problem in source.problems)


def test_a_broken_header_keeps_the_samples_before_it(tmp_path):
    path = write_tar(tmp_path / "s.tar", numbered(1, 2, 3))
    with tarfile.open(path) as tar:
        place = tar.getmember("00002.png").offset
    data = bytearray(path.read_bytes())
    data[place : place + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    source = open_captioned(path)
    assert contents(source) == [(1, "number 1")]
    assert any(f"damaged at byte {place}" in problem for problem in source.problems)


def test_a_broken_shard_does_not_hide_the_others(tmp_path):
    write(tmp_path / "0.tar", b"this is no tar" * 100)
    write_tar(tmp_path / "1.tar", numbered(1))
    (tmp_path / "2.tar").mkdir()
    source = open_captioned(tmp_path)
    assert contents(source) == [(1, "number 1")]
    assert len(source.problems) == 2
    assert "0.tar: cannot be read" in source.problems[0]
    assert "2.tar: cannot be read" in source.problems[1]


def test_a_member_that_is_there_twice_is_named(tmp_path):
    members = [*numbered(1), ("00001.txt", b"another")]
    source = open_captioned(write_tar(tmp_path / "s.tar", members))
    assert contents(source) == [(1, "number 1")]
    assert "00001.txt: is there twice" in source.problems[0]


def test_a_shard_that_shrank_after_listing_is_unreadable(tmp_path):
    path = write_tar(tmp_path / "s.tar", numbered(1, 2))
    source = open_captioned(path)
    with tarfile.open(path) as tar:
        place = tar.getmember("00002.png").offset_data
    path.write_bytes(path.read_bytes()[: place + 10])
    assert source.load(0).caption == "number 1"
    with pytest.raises(Unreadable, match=r"s\.tar: 00002\.png: has 10 of \d+ bytes"):
        source.load(1)


def test_a_damaged_picture_in_a_shard_is_named_with_its_member(tmp_path):
    members = [("a.png", encoded()[:50]), ("a.txt", b"a")]
    source = open_captioned(write_tar(tmp_path / "s.tar", members))
    with pytest.raises(Unreadable, match=r"s\.tar: a\.png: cannot be decoded"):
        source.load(0)


def test_sources_can_go_to_another_process(tmp_path):
    source = open_captioned(write_tar(tmp_path / "s.tar", numbered(1, 2)))
    source.load(0)
    assert contents(pickle.loads(pickle.dumps(source))) == [(1, "number 1"), (2, "number 2")]
