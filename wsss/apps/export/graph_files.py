"""Graphs as files: ONNX for onnxruntime, OpenVINO and TensorRT, and PyTorch's own export."""

import json
import os
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.apps.export.checked import Check, compared
from wsss.apps.export.fixed_padding import with_fixed_padding
from wsss.apps.export.graphs import Exported, NetworkName, exported
from wsss.errors import ConfigError, ModelError, first_line
from wsss.store.texts import whole

Answers = Sequence[NDArray[Any]]
EXAMPLE: Final = (2, 256, 320, 3)
"""The images by which a graph is traced: tracing makes a side of 1 fixed, and sides that are the same one."""
ONNX_PACKAGES: Final = ("onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True, kw_only=True)
class GraphFormat:
    """How a graph becomes a file, and how the file is asked."""

    suffix: str
    check: Callable[[], None]
    """Raises `ConfigError` where the format cannot be written here."""
    write: Callable[[Exported, Path], None]
    ask: Callable[[Path], Callable[[NDArray[np.uint8]], Answers]]
    """Opens a file, and returns what answers a batch of images `[b h w 3]`."""


def export_graph(
    model: Path, out: Path, *, to: str, network: NetworkName, check: int, store: Path | None = None
) -> Check | None:
    """Write a network as a file, and compare its answers with PyTorch's on some images of the run.

    Args:
        model: A run's folder, or a model file.
        out: The file to write.
        to: A name in `FORMATS`.
        network: Which of the run's networks.
        check: How many images to compare on; 0 compares nothing.
        store: Where the run's store lies, if it was moved.

    Raises:
        ConfigError: The format's packages are not installed, or the suffix is another one.
        ModelError: The network cannot be exported, or the file answers otherwise; nothing is written then.
        StoreError: The run has no such network.
    """
    form = FORMATS[to]
    if out.suffix != form.suffix:
        raise ConfigError([f"--out {out}: name a file with the suffix {form.suffix}"])
    form.check()
    made = exported(model, network, store=store)
    if check and made.index is None:
        raise ConfigError([f"--check {check}: {model} holds no images to compare on: use --check 0"])
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole(out) as hidden:
        _write(form, made, hidden)
        if not check or made.index is None:
            return None
        with _quiet():
            ask = form.ask(hidden)
        return compared(made, ask, images=check)


def _write(form: GraphFormat, made: Exported, path: Path) -> None:
    with _quiet() as output:
        try:
            form.write(replace(made, graph=with_fixed_padding(made.graph)), path)
        except (RuntimeError, ValueError, TypeError, NotImplementedError, torch.onnx.errors.OnnxExporterError) as error:
            name, why = type(made.graph.network).__name__, first_line(_root_cause(error))
            log = _written_aside(f"{output.getvalue()}{''.join(traceback.format_exception(error))}")
            remedy = f"choose another network; what torch's exporter said is in {log}"
            raise ModelError(f"a {name} cannot be exported ({why}): {remedy}") from error


@contextmanager
def _quiet() -> Iterator[StringIO]:
    """Collect what torch's exporter prints of its own parts, hundreds of lines where it fails."""
    output = StringIO()
    with warnings.catch_warnings(), redirect_stdout(output), redirect_stderr(output):
        warnings.simplefilter("ignore")
        yield output


def _root_cause(error: BaseException) -> BaseException:
    """Return the error that all others of a chain were raised from."""
    return error if error.__cause__ is None else _root_cause(error.__cause__)


def _written_aside(text: str) -> Path:
    """Write a log into a new file of the system's temporary folder, and return its path."""
    handle, path = tempfile.mkstemp(prefix="wsss-export-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return Path(path)


def _shapes() -> dict[str, Any]:
    dynamic = torch.export.Dim.DYNAMIC
    return {"image": {0: dynamic, 1: dynamic, 2: dynamic}}


def _example() -> torch.Tensor:
    return torch.zeros(EXAMPLE, dtype=torch.uint8)


def _check_onnx() -> None:
    if missing := [name for name in ONNX_PACKAGES if find_spec(name) is None]:
        raise ConfigError([f"--to onnx: {' and '.join(missing)} are not installed: `pip install 'wsss[export]'`"])


def _write_onnx(made: Exported, path: Path) -> None:
    program = torch.onnx.export(
        made.graph,
        (_example(),),
        dynamo=True,
        dynamic_shapes=_shapes(),
        input_names=["image"],
        output_names=list(made.graph.outputs),
        verbose=False,
    )
    assert program is not None
    program.model.metadata_props.update(made.metadata)
    program.save(path)


def _ask_onnx(path: Path) -> Callable[[NDArray[np.uint8]], Answers]:
    session = import_module("onnxruntime").InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"image": images})


def _write_torch(made: Exported, path: Path) -> None:
    program = torch.export.export(made.graph, (_example(),), dynamic_shapes=_shapes())
    torch.export.save(program, path, extra_files={METADATA: json.dumps(dict(made.metadata), ensure_ascii=False)})


def _ask_torch(path: Path) -> Callable[[NDArray[np.uint8]], Answers]:
    module = torch.export.load(path).module()

    def answer(images: NDArray[np.uint8]) -> Answers:
        with torch.no_grad():
            return [each.numpy() for each in module(torch.from_numpy(images))]

    return answer


METADATA: Final = "wsss.json"
"""The file of metadata in a `.pt2` archive."""
FORMATS: Final[Mapping[str, GraphFormat]] = {
    "onnx": GraphFormat(suffix=".onnx", check=_check_onnx, write=_write_onnx, ask=_ask_onnx),
    "torch-export": GraphFormat(suffix=".pt2", check=lambda: None, write=_write_torch, ask=_ask_torch),
}
"""Formats by the name that `--to` takes."""
