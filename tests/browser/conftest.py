"""A real browser with the real front end of a real server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
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
from in_server import REGISTRY_NAME
from missing import missing, optional_path

HOSTS_OWN, NEWEST = "the host's front end", "the newest front end"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Main flows run a second time: on the newest front end, with the pack from its package."""
    marked = metafunc.definition.get_closest_marker("main_flow")
    if marked and "server" in metafunc.fixturenames:
        metafunc.parametrize("server", [HOSTS_OWN, NEWEST], indirect=True, scope="module")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find()
    if program is None:
        missing(
            "there is no Chromium or Chrome: install one (Debian: apt install chromium), or name "
            "its program in PLACE_CHROMIUM"
        )
    with Browser(program) as browser:
        yield browser


@pytest.fixture(scope="session")
def servers(
    browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], HostServer]]:
    """Starts a server for a front end once, and keeps it to the end."""
    with ExitStack() as stack:

        @cache
        def start(front_end: str) -> HostServer:
            if front_end == HOSTS_OWN:
                return stack.enter_context(running_front_end())
            folder = optional_path("PLACE_NEWEST_FRONT_END", front_end)
            packs = {REGISTRY_NAME: request.getfixturevalue("archive")}
            arguments = ["--front-end-root", str(folder)]
            return stack.enter_context(running_front_end(packs, arguments))

        yield start


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, servers: Callable[[str], HostServer]) -> HostServer:
    """With the host's own front end; for main flows also with the newest one."""
    return servers(getattr(request, "param", HOSTS_OWN))


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


@pytest.fixture
def artifacts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots stay: `PLACE_ARTIFACTS`, or a folder of the cache."""
    if chosen := os.environ.get("PLACE_ARTIFACTS"):
        folder = Path(chosen)
    elif cache_folder := os.environ.get("PLACE_CACHE"):
        folder = Path(cache_folder) / "screenshots"
    else:
        folder = tmp_path_factory.mktemp("screenshots")
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    return folder / NEWEST if parameters.get("server") == NEWEST else folder
