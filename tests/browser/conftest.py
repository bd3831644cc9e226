"""A real browser with the real front end of a real server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host_server import HostServer
from in_browser import Browser, find
from in_front_end import (
    RENDERERS,
    look_at_origin,
    open_workflow,
    our_errors,
    running_front_end,
    use_renderer,
)
from in_painter import Painter, graph


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip("there is no Chromium or Chrome here (PLACE_CHROMIUM may name one)")
    with Browser(program) as browser:
        yield browser


@pytest.fixture(scope="session")
def server(browser: Browser) -> Iterator[HostServer]:
    """Asks for the browser first."""
    with running_front_end() as server:
        yield server


@pytest.fixture(scope="module", params=RENDERERS)
def front_end(request: pytest.FixtureRequest, browser: Browser, server: HostServer) -> str:
    """The name of the renderer that pages opened from now on have."""
    use_renderer(browser, server, request.param)
    return request.param


@pytest.fixture
def show(
    front_end: str, browser: Browser, server: HostServer, tmp_path: Path
) -> Iterator[Callable[..., list[Painter]]]:
    """Shows a workflow with painters of these drawings."""

    def show(*drawings: str) -> list[Painter]:
        open_workflow(browser, server, graph(tmp_path, *drawings))
        look_at_origin(browser)
        painters = [Painter(browser, number) for number in range(1, len(drawings) + 1)]
        for painter in painters:
            painter.wait()
        return painters

    yield show
    assert our_errors(browser) == []


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots stay: `PLACE_ARTIFACTS`, or a folder of the cache."""
    if chosen := os.environ.get("PLACE_ARTIFACTS"):
        return Path(chosen)
    if cache := os.environ.get("PLACE_CACHE"):
        return Path(cache) / "screenshots"
    return tmp_path_factory.mktemp("screenshots")
