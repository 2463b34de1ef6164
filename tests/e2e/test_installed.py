"""The wheel, installed beside nothing of this checkout: configs and templates are in it, and the command is there."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    ran = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel, and with what this one has but without its own wsss."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=venv.parent)
    run(venv / "bin" / "pip", "install", "--no-deps", "--no-index", "--quiet", wheel, cwd=venv.parent)
    (site,) = venv.glob("lib/python*/site-packages")
    # A path in a .pth file is not searched for further .pth files, such as that of an editable wsss.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    return venv / "bin"


def test_the_wheel_holds_what_the_checkout_has(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    own = [path for path in (ROOT / "wsss").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    configs = [path for path in (ROOT / "conf").rglob("*") if path.is_file()]
    expected = {path.relative_to(ROOT).as_posix() for path in own}
    assert names == expected | {f"wsss/{path.relative_to(ROOT).as_posix()}" for path in configs}


def test_what_is_in_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Unpacked, not installed: making an environment takes longer than all of this."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (entry,) = (tmp_path / "site").glob("*.dist-info/entry_points.txt")
    assert "wsss = wsss.__main__:command" in entry.read_text(encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import wsss; print(wsss.__file__); "
    call = "sys.argv = ['wsss', 'run', '--help', 'cam']; from wsss.__main__ import command; command()"
    printed = run(sys.executable, "-c", f"{code}\ntry:\n    {call}\nexcept SystemExit: pass", cwd=tmp_path)
    assert printed.startswith(str(tmp_path / "site"))
    assert "\n  layercam " in printed


@pytest.mark.slow
def test_the_command_works_from_anywhere(scripts: Path, tmp_path: Path) -> None:
    where = run(scripts / "python", "-c", "import wsss; print(wsss.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(scripts.parent)
    assert "wsss run experiment=toy" in run(scripts / "wsss", "--help", cwd=tmp_path)
    assert "\n  layercam " in run(scripts / "wsss", "run", "--help", "cam", cwd=tmp_path)
    plan = run(scripts / "wsss", "run", "experiment=toy", "plan=true", cwd=tmp_path)
    for stage in ("index_data", "train_segmenter", "report"):
        assert stage in plan
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_config_is_found(scripts: Path, tmp_path: Path) -> None:
    experiments = sorted(path.stem for path in (ROOT / "conf" / "experiment").glob("*.yaml"))
    for name in experiments:
        printed = run(scripts / "wsss", "run", f"experiment={name}", "--cfg", "job", cwd=tmp_path)
        assert f"name: {name}" in printed
