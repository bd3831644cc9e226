"""The route that reads a picture file for the painter."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from host_server import HostServer
from in_server import INPUTS, png
from place_core.map_file import read_map_file

pytestmark = pytest.mark.host


def ask(server: HostServer, body: bytes, query: str = "") -> Any:
    request = urllib.request.Request(f"{server.url}/place/map{query}", data=body, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return json.loads(answer.read())


def labels_of(answer: Any) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(base64.b64decode(answer["png"]))))


@pytest.mark.parametrize("file", INPUTS, ids=lambda f: f.stem)
def test_a_file_is_read_as_the_core_reads_it(server: HostServer, file) -> None:
    answer = ask(server, file.read_bytes())
    found = read_map_file(file.read_bytes())

    np.testing.assert_array_equal(labels_of(answer), found.labels)
    assert [row[0] for row in answer["classes"]] == [c.name for c in found.classes]
    assert [row[3] for row in answer["classes"]] == [
        f"#{bytes(c.color).hex()}" for c in found.classes
    ]
    assert answer["reading"] == found.reading


def test_a_reading_can_be_asked_for(server: HostServer) -> None:
    values = png(np.repeat(np.array([0, 3, 7], np.uint8), 20)[None].repeat(40, 0))
    assert ask(server, values)["classes"] == [["", 3, "", None], ["", 7, "", None]]
    answer = ask(server, values, "?reading=ade20kNumbers")
    assert [row[0] for row in answer["classes"]] == ["sky", "road"]
    photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert len(ask(server, png(photo), "?reading=strongest&count=5")["classes"]) == 5


def test_what_is_no_map_has_a_code(server: HostServer) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert ask(server, png(noise)) == {"problem": ["photo"]}
    assert ask(server, b"GIF89a") == {"problem": ["notPicture"]}
    assert ask(server, b"") == {"problem": ["notPicture"]}
    assert ask(server, png(np.zeros((1, 5000), np.uint8))) == {
        "problem": ["tooLarge", 5000, 1, 4096]
    }


def test_a_body_is_given_up_before_it_floods_the_memory(server: HostServer) -> None:
    assert ask(server, bytes(64_000_001)) == {"problem": ["tooManyBytes", 64]}


@pytest.mark.parametrize("query", ["?reading=magic", "?count=-1", "?count=%C2%B2", "?count=99999"])
def test_a_strange_question_is_refused(server: HostServer, query: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(server, png(np.zeros((4, 4), np.uint8)), query)
    assert caught.value.code == 400
