import multiprocessing
import re
from dataclasses import replace

import pytest
from toy_runs import SMALL, Run

import wsss
from wsss.errors import ConfigError, WsssError


def test_a_run_is_made_and_its_scores_are_returned(toy_run: Run, capsys: pytest.CaptureFixture[str]):
    finished = wsss.run([*SMALL, *toy_run.overrides, "objective=predict_masks/val/miou"])
    assert finished.folder == toy_run.out
    assert finished.report.is_file()
    assert finished.objective == finished.scores["predict_masks"]["val"]["miou"]
    assert next(iter(finished.record.stages)) == "index_data"
    shown = replace(finished, scores={"a<b": {"val": {"miou": 0.11, "fp": 0.22, "fn": 0.33, "map": 0.44}}})
    cells = [re.findall(r"<td>(.*?)</td>", line) for line in shown._repr_html_().split("</tr>")]
    assert cells[:2] == [
        ["stage", "split", "mIoU %", "FP %", "FN %", "mAP %"],
        ["a&lt;b", "val", "11.0", "22.0", "33.0", "44.0"],
    ]
    assert "predict_masks" in capsys.readouterr().out


def test_mistakes_and_plans_are_refused():
    with pytest.raises(ConfigError, match="plan=true: a plan is printed by"):
        wsss.run([*SMALL, "plan=true"])
    with pytest.raises(ConfigError, match="gradcamm"):
        wsss.run("cam=gradcamm")


def test_the_package_stays_a_package():
    import wsss.run.record

    assert wsss.run.record.RunRecord
    assert callable(wsss.run)


def test_a_script_that_a_process_of_its_own_run_imports_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(WsssError, match=r'call wsss\.run below `if __name__ == "__main__":`'):
        wsss.run([*SMALL, "plan=true"])
