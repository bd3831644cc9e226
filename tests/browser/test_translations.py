"""The front end speaks the user's language about our nodes, and so does the painter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_server import HostServer
from in_browser import Browser
from in_front_end import our_errors
from in_server import change_setting

pytestmark = [pytest.mark.host, pytest.mark.slow]

LOCALES = Path(__file__).parents[2] / "locales"
SETTING = "Comfy.Locale"
# German is not among the front end's languages yet.
LANGUAGES = ["en", "es", "fr", "ja", "zh"]

READY = "window.app?.vueAppReady && LiteGraph.registered_node_types.PLACELayoutPainter"

PAINTER_TEXTS = """
    async (pack) => {
        const { TEXTS } = await import(`/extensions/${pack}/painter/texts.js`);
        const messages = (texts) => Object.fromEntries(Object.entries(texts).map(
            ([name, text]) => [
                name,
                typeof text === 'function' ? text('{0}', '{1}', '{2}')
                    : typeof text === 'object' ? messages(text) : text,
            ]));
        return messages(TEXTS);
    }
"""
"""All texts of the painter as messages, with {0}, {1}, {2} for what they are given."""


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, browser: Browser, server: HostServer) -> Iterator[str]:
    """A fresh page in each language."""
    change_setting(server, SETTING, request.param)
    browser.errors.clear()
    browser.open(server.url, READY)
    yield request.param
    change_setting(server, SETTING, "en")


def read(language: str, file: str) -> dict[str, Any]:
    return json.loads((LOCALES / language / file).read_text(encoding="utf-8"))


@pytest.mark.main_flow
def test_the_painter_and_the_nodes_speak_it(
    language: str, browser: Browser, server: HostServer
) -> None:
    """In English it is the other way round: the file has what the painter's own texts say."""
    title = "LiteGraph.registered_node_types.PLACELayoutPainter.title"

    (pack,) = server.packs
    texts = browser.function(PAINTER_TEXTS, pack)
    assert texts == read(language, "main.json")["place"]["painter"]
    assert (
        browser.evaluate(title)
        == read(language, "nodeDefs.json")["PLACELayoutPainter"]["display_name"]
    )
    assert our_errors(browser) == []
