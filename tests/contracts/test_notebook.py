"""The notebook of the docs runs as it stands, and what it keeps of its outputs is small."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


def test_the_notebook_runs_from_its_top_to_its_end(tmp_path: Path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    kept = [[output.output_type for output in cell.get("outputs", [])] for cell in notebook.cells]
    NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(tmp_path)}}).execute()
    made = [
        [output.output_type for output in cell.get("outputs", []) if output.get("name") != "stderr"]
        for cell in notebook.cells
    ]
    assert made == kept
    shown = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "text/html" in output.get("data", {})
    ]
    assert len(shown) == 2
    assert all("data:image/jpeg;base64," in output["data"]["text/html"] for output in shown)


def test_the_notebook_is_small():
    assert NOTEBOOK.stat().st_size < 200_000
