"""Networks whose files are hashed as they should be, and hold what no network holds."""

import hashlib
import json
import pickle
import struct
from collections.abc import Callable
from typing import Any

from e2e.attacks.attack import Attack, Make, in_json, only, rewritten
from toy_runs import Run

from wsss.run.run_file import manifest_hash
from wsss.store.store import Store

STAGE = "train_segmenter"
NETWORK = "items/network.json"
WEIGHTS = "items/weights.safetensors"


def sealed(name: str, make: Make) -> Make:
    """The same, and the manifest and the run's record are made to fit, as a sender can do it."""

    def make_all(run: Run) -> None:
        make(run)
        data = only(run, STAGE, name).read_bytes()
        in_json(STAGE, "manifest.json", lambda c: c["files"].update({name: hashlib.sha256(data).hexdigest()}))(run)
        record = run.out / "run.yaml"
        artifact = Store(root=run.store).artifact(STAGE, only(run, STAGE, "manifest.json").parent.name)
        lines = record.read_text(encoding="utf-8").split("\n")
        start = lines.index("manifests:")
        row = next(n for n in range(start, len(lines)) if lines[n].startswith(f"  {STAGE}: "))
        lines[row] = f"  {STAGE}: {manifest_hash(artifact)}"
        record.write_text("\n".join(lines), encoding="utf-8")

    return make_all


def tensors(header: object, body: bytes = b"", *, length: int | None = None) -> bytes:
    """A safetensors file of any header."""
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def network(name: str, change: Callable[[Any], object], said: str = r"network\.json describes no network") -> Attack:
    """A record of a network that was changed."""
    return Attack(name=f"a network {name}", make=sealed(NETWORK, in_json(STAGE, NETWORK, change)), said=said)


def weights(name: str, data: bytes, said: str = r"weights\.safetensors holds no weights") -> Attack:
    """Weights that are not any."""
    return Attack(name=f"weights {name}", make=sealed(WEIGHTS, rewritten(STAGE, WEIGHTS, data)), said=said)


HUGE = {"x": {"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 4 * 10**18]}}
EMPTY = {"x": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}
ATTACKS = (
    network("of a class of others", lambda c: c["options"].update({"class": "antigravity.X"})),
    network("with a target", lambda c: c["options"]["fields"].update(_target_="antigravity.X")),
    network("on a server", lambda c: c["options"]["fields"].update(encoder="tu-hf-hub:evil/x")),
    network("with weights above", lambda c: c.update(weights={"last": ["../../thesis.safetensors"]})),
    network("with an absolute path", lambda c: c.update(weights={"last": ["/etc/hostname"]})),
    network("of a newer version", lambda c: c.update(format=99), "was written by a newer wsss: update wsss"),
    network("of a million classes", lambda c: c.update(classes=[f"c{i}" for i in range(1_000_000)])),
    network("without options", lambda c: c.pop("options"), r"network\.json cannot be read \(options: "),
    network(
        "with a mean of texts",
        lambda c: c["normalisation"].update(mean=["a", "b", "c"]),
        r"network\.json cannot be read \(normalisation\.mean\.0: ",
    ),
    weights("of nothing", b""),
    weights("with a header of 2**60 bytes", tensors({}, length=2**60)),
    weights("of 10**18 numbers", tensors(HUGE)),
    weights("of another network", tensors(EMPTY), r"holds another network's weights"),
    weights("that are a pickle", pickle.dumps({"x": 1})),
    weights("of 200,000 brackets", struct.pack("<Q", 200_000) + b"[" * 200_000),
)
