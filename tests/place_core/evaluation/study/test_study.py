"""The study from a base to its report: stopping it, going on with it, and sharing it."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from PIL import Image

from in_server import tokenizer_folder
from place_core.demo import loop
from place_core.demo.__main__ import JUDGE
from place_core.demo.bundled import save_network
from place_core.demo.segmenter import Segmenter
from place_core.evaluation.study import __main__ as command
from place_core.evaluation.study import evaluate, finetune, report
from place_core.evaluation.study.context import StudyError
from place_core.evaluation.study.evaluate import RENDERED, read_results
from place_core.evaluation.study.finetune import fine_tune
from place_core.evaluation.study.rows import PLAIN, ROW_OF, ROWS, Group, rows_like
from place_core.evaluation.study.timing import read_ratios, rows_to_time
from place_core.evaluation.study.variants import ABLATION
from small_study import SCALE, open_study

SOME = ["plain", "set-mask", "1-hard", "8-all", "lora", "cosine-1-1", "constant-0.5-0.5"]


@pytest.fixture
def refuse(monkeypatch):
    """Makes a function of a module fail, as work that must not be done again."""

    def set_(module, name):
        def fail(*arguments, **named):
            raise AssertionError(f"{name} was called")

        monkeypatch.setattr(module, name, fail)

    return set_


def test_from_the_base_to_the_report_and_again(study, layouts, tmp_path, refuse):
    rows = rows_like(SOME)
    command.evaluate_rows(study, rows, layouts)
    output = tmp_path / "docs"
    output.mkdir()
    (output / report.FINDINGS).write_text("## What we see\n\nNothing was learned in two steps.\n")
    command.measure_seconds(study, rows_to_time(rows), layouts, rounds=1)
    command.finish(study, rows, layouts, output)

    text = (output / report.REPORT).read_text()
    assert "Nothing was learned in two steps." in text
    for row in rows:
        assert f"{row.title} |" in text or f"**{row.title}** |" in text
    assert "nan" not in text
    sheet = Image.open(output / "pictures" / "study_rows.png")
    # The layout, its scene and six rows: of the schedules, the best one.
    assert sheet.width == 12 + 5 * (256 + 12) and sheet.height == 12 + 2 * (256 + 36 + 12)
    for name in ("study_rows.png", "study_alpha.png"):
        assert (output / "pictures" / name).stat().st_size < 600_000

    # Fine-tunes, pictures and seconds are there: only the report is made again.
    refuse(finetune, "train_steps")
    refuse(evaluate, "sample_requests")
    refuse(command, "measure_seconds")
    again = open_study(study.work)
    command.evaluate_rows(again, rows, layouts)
    command.finish(again, rows, layouts, output)
    assert (output / report.REPORT).read_text() == text


def test_another_judge_looks_at_the_pictures_that_are_there(study, layouts, refuse):
    rows = rows_like(["plain"])
    command.evaluate_rows(study, rows, layouts)
    before = read_results(study, ["plain", RENDERED])
    torch.manual_seed(1)
    (study.work / JUDGE).unlink()
    save_network(Segmenter(), study.work / JUDGE)
    refuse(evaluate, "sample_requests")
    again = open_study(study.work)
    assert read_results(again, ["plain", RENDERED]) == {}
    command.evaluate_rows(again, rows, layouts)
    after = read_results(again, ["plain", RENDERED])
    assert after["plain"][0] != before["plain"][0] and after[RENDERED] != before[RENDERED]


def test_seconds_are_ratios_to_plain(study, layouts):
    rows = rows_to_time(rows_like(["plain", "set-mask", "cosine-*", "constant-*"]))
    assert [row.name for row in rows] == ["plain", "set-mask", "constant-0.5-0.5"]
    assert read_ratios(study) == {}
    command.measure_seconds(study, rows, layouts, rounds=3)
    ratios = read_ratios(study)
    # A pass for each region takes longer than a pass for each prompt.
    assert ratios["plain"] == 1 and ratios["set-mask"] > 1.2


def test_a_fine_tune_that_was_stopped_ends_where_one_that_was_not_does(study, monkeypatch):
    variant = ABLATION[4]
    whole = fine_tune(study, variant, 0).state_dict()
    finetune.fine_tuned_file(study, variant, 0).unlink()
    monkeypatch.setattr(loop, "_SAVE_SECONDS", 0.0)
    step_loss = finetune.step_loss

    def stopped(*arguments):
        loss_of = step_loss(*arguments)

        def loss(step):
            if step == 1:
                raise KeyboardInterrupt
            return loss_of(step)

        return loss

    monkeypatch.setattr(finetune, "step_loss", stopped)
    with pytest.raises(KeyboardInterrupt):
        fine_tune(study, variant, 0)
    state = study.folder / "5-lcm-alpha-0.pt"
    assert state.exists()
    monkeypatch.setattr(finetune, "step_loss", step_loss)
    halves = fine_tune(study, variant, 0).state_dict()
    assert not state.exists()
    assert all((whole[name] == halves[name]).all() for name in whole)
    assert (whole["heads.bias"] != 0).any()


def test_seeds_train_and_sample_differently(study, layouts):
    more = dataclasses.replace(study, scale=dataclasses.replace(SCALE, seeds=2))
    rows = rows_like(["2-lcm", "plain"])
    command.evaluate_rows(more, rows, layouts)
    results = read_results(more, ["rendered", "plain", "2-lcm", "8-all"])
    assert {name: sorted(seeds) for name, seeds in results.items()} == {
        RENDERED: [0],
        "plain": [0, 1],
        "2-lcm": [0, 1],
    }
    for name in ("plain", "2-lcm"):
        assert results[name][0] != results[name][1]


def test_results_of_another_scale_are_not_mixed(work, study):
    open_study(work, dataclasses.replace(SCALE, seeds=5))
    with pytest.raises(StudyError, match="training_steps.*move the folder away"):
        open_study(work, dataclasses.replace(SCALE, training_steps=3))


def test_rows_have_names_of_their_own_and_cover_the_issue():
    assert len(ROW_OF) == len(ROWS)
    counts = {group: sum(row.group is group for row in ROWS) for group in Group}
    assert counts == {
        Group.WITHOUT_TRAINING: 4,
        Group.ABLATION: 8,
        Group.GENTLE: 3,
        Group.LORA: 1,
        Group.FORCED: 3,
        Group.SCHEDULES: 27,
    }
    assert [r.name for r in rows_like([])] == list(ROW_OF)
    assert len(rows_like(["cosine-*"])) == 9 and rows_like(["plain"]) == [PLAIN]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "base.safetensors"), (["--only", "9-more"], "there is no row like '9-more'")],
)
def test_what_cannot_be_done_is_said(tmp_path, capsys, arguments, message):
    common = ["--work", str(tmp_path), "--tokenizer", tokenizer_folder()]
    assert command.main([*common, *arguments]) == 1
    assert message in capsys.readouterr().err


def test_a_process_may_do_some_rows(work, tmp_path, capsys):
    """By the command line, without a report."""
    arguments = ["--work", str(work), "--tokenizer", tokenizer_folder(), "--only", "plain"]
    arguments += ["--seeds", "1", "--count", "2", "--output", str(tmp_path / "docs")]
    assert command.main(arguments) == 0
    assert "plain, seed 0: done" in capsys.readouterr().out
    assert not (tmp_path / "docs").exists()
