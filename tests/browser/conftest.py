"""A real browser with the real front end of a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_server import HostServer
from in_browser import Browser, find
from in_server import change_setting, required_path, running_server

# So that no dialog or overlay lies on the canvas.
SETTINGS = {"Comfy.TutorialCompleted": True, "Comfy.Minimap.Visible": False}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip("there is no Chromium or Chrome here (PLACE_CHROMIUM may name one)")
    with Browser(program) as browser:
        yield browser


@pytest.fixture(scope="session")
def server(browser: Browser) -> Iterator[HostServer]:
    """A server of its own, as the browser changes settings; asks for the browser first."""
    with running_server(required_path("PLACE_COMFYUI_PATH")) as server:
        for name, value in SETTINGS.items():
            change_setting(server, name, value)
        yield server


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots stay: `PLACE_ARTIFACTS`, or a folder of the cache."""
    if chosen := os.environ.get("PLACE_ARTIFACTS"):
        return Path(chosen)
    if cache := os.environ.get("PLACE_CACHE"):
        return Path(cache) / "screenshots"
    return tmp_path_factory.mktemp("screenshots")
