"""A report says what was found, and which parts are over their limits."""

from pathlib import Path
from typing import Any

import pytest
from audits import Example
from data_sets import draw_image

from wsss.apps.audit import AuditOptions, report
from wsss.apps.audit.names import PARTS
from wsss.apps.findings import read_findings
from wsss.errors import ConfigError, StoreError


def told(example: Example, out: Path, *fail_over: str, what: tuple[str, ...] = ("classes", "duplicates")) -> list[str]:
    assert example.audited.artifacts
    options = AuditOptions(what=what, top=2, device="cpu", store=example.store, out=out, fail_over=fail_over)
    return report(example.dataset, options, command="wsss data audit")


def test_parts_over_their_limits_are_told(audit_example: Example, tmp_path: Path):
    assert told(audit_example, tmp_path, "leaks=1") == []
    (over,) = told(audit_example, tmp_path, "leaks=0.5")
    assert over.startswith("leaks: images of other splits")
    assert {each.kind for each in read_findings(tmp_path / "audit.json").tables} == {"classes", "duplicates"}


@pytest.fixture
def _not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsss.apps.audit.reporting.audit", lambda *_, **__: pytest.fail("computed first"))


@pytest.mark.usefixtures("_not_computed")
@pytest.mark.parametrize(("kind", "part", "what"), [("tags", "tags", "duplicates"), ("leaks", "duplicates", "tags")])
def test_a_limit_of_a_part_that_is_not_looked_at_is_refused_before_anything_is_computed(
    kind: str, part: str, what: str, audit_example: Example, tmp_path: Path
):
    with pytest.raises(ConfigError, match=f"--fail-over {kind}: add {part} to --what"):
        told(audit_example, tmp_path / "out", f"{kind}=3", what=(what,))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("train", "splits", "limits", "why"),
    [
        ("trian", ("train", "val"), (), "--train: there is no split 'trian'; there are train, val"),
        ("train", ("train",), ("drift",), "--fail-over drift: 'train' and another split need 10 images each"),
        ("train", ("train", "val"), ("drift",), "--fail-over drift: 'train' and another split need 10 images each"),
    ],
)
def test_splits_that_do_not_fit_are_refused_before_the_networks_work(
    train: str, splits: tuple[str, ...], limits: tuple[str, ...], why: str, tmp_path: Path, monkeypatch: Any
):
    monkeypatch.setattr("wsss.stages.embed_images.EmbedImages.run", lambda *_: pytest.fail("embedded first"))
    dataset = {"_target_": "wsss.data.layouts.folder.Folder", "root": str(photos(tmp_path / "photos", splits))}
    options = AuditOptions(
        train=train,
        what=PARTS,
        device="cpu",
        store=tmp_path / "store",
        out=tmp_path / "out",
        fail_over=tuple(f"{kind}=1" for kind in limits),
    )
    with pytest.raises(ConfigError, match=why):
        report(dataset, options, command="wsss data audit")


def photos(root: Path, splits: tuple[str, ...]) -> Path:
    (root / "images").mkdir(parents=True)
    rows = ["image,labels,split"]
    for number, split in enumerate((*splits, *splits)):
        draw_image(root / "images" / f"{number}.png", key=number, size=(40, 40))
        rows.append(f"{number}.png,{'cat' if number < len(splits) else 'dog'},{split}")
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.mark.usefixtures("_not_computed")
def test_a_place_that_takes_no_files_is_refused_before_anything_is_computed(audit_example: Example, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="a file is where a folder is wanted"):
        told(audit_example, tmp_path / "file")
