"""The translations are complete, and ComfyUI's front end can read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LOCALES = Path(__file__).parents[1] / "locales"
LANGUAGES = ["de", "en", "es", "fr", "ja", "zh"]
FILES = ["main.json", "nodeDefs.json"]

PLACE_OF_A_VALUE = re.compile(r"\{\d\}")
NAMES = {"nodeCategories", "dataTypes"}
"""Sections of main.json whose messages are names."""

every_file = pytest.mark.parametrize("file", FILES)
every_translation = pytest.mark.parametrize(
    "language", [name for name in LANGUAGES if name != "en"]
)


def read(language: str, file: str) -> dict[str, Any]:
    return json.loads((LOCALES / language / file).read_text(encoding="utf-8"))


def messages(content: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the path of its keys."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from messages(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def test_the_languages_are_there() -> None:
    assert sorted(folder.name for folder in LOCALES.iterdir()) == LANGUAGES


@every_file
@every_translation
def test_a_translation_has_the_keys_of_the_english(language: str, file: str) -> None:
    english = [path for path, _ in messages(read("en", file))]
    translated = [path for path, _ in messages(read(language, file))]

    assert translated == english, sorted(set(translated) ^ set(english))


@every_file
@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_can_be_read(language: str, file: str) -> None:
    r"""In vue-i18n ``@ { } |`` have a meaning, and some texts are shown without being compiled.

    So nothing is escaped: none of these occurs but ``{0}``, for a value that the painter fills in.
    """
    for path, text in messages(read(language, file)):
        plain = PLACE_OF_A_VALUE.sub("", text) if path.startswith("place.") else text

        assert not set(plain) & set("@{}|"), f"{path}: {text}"
        assert text and text == text.strip(), path


@every_translation
def test_a_translation_has_the_same_values_to_fill_in(language: str) -> None:
    translated = dict(messages(read(language, "main.json")))
    for path, text in messages(read("en", "main.json")):
        values = [PLACE_OF_A_VALUE.findall(t) for t in (text, translated[path])]

        assert sorted(set(values[0])) == sorted(set(values[1])), path


@every_translation
def test_sentences_are_translated(language: str) -> None:
    for file in FILES:
        english = dict(messages(read("en", file)))
        for path, text in messages(read(language, file)):
            sentence = len(english[path].split()) > 2 and re.search("[a-z]{3}", english[path])
            assert not sentence or text != english[path], path


@every_translation
def test_options_and_settings_keep_their_names(language: str) -> None:
    """Choices are shown in English, whatever the language: a tooltip must call them so too."""
    translated = dict(messages(read(language, "nodeDefs.json")))
    for path, text in messages(read("en", "nodeDefs.json")):
        for option in re.findall(r"'([\w ]+)'", text):
            assert option in translated[path], f"{path}: {option}"


@every_file
@pytest.mark.parametrize("language", LANGUAGES)
def test_files_are_written_to_be_compared(language: str, file: str) -> None:
    text = (LOCALES / language / file).read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
