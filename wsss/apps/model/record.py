"""The record of a model file, `model.json`: what its networks answer, how they are asked, and every file's hash."""

from typing import Annotated, Final

from pydantic import Field

from wsss.store.schema import SHA256, FileName, Fingerprint, Plain, StageName, Strict, Text

FORMAT: Final = 1
"""Version of the file; one of a newer version is refused."""
RECORD: Final = "model.json"
CARD: Final = "README.md"
NETWORKS: Final = "networks"
"""The folder of the networks, which lie in it as in a store: `networks/<stage>/<fingerprint>/`."""


class AskedStage(Strict):
    """A stage of the run whose network is asked: its config, and the networks that it reads by role."""

    stage: StageName
    fingerprint: Fingerprint
    config: Plain
    networks: dict[Text, tuple[StageName, Fingerprint]]


class FileEntry(Strict):
    """A file of the archive."""

    sha256: SHA256
    bytes: Annotated[int, Field(ge=0)]


class ModelRecord(Strict):
    """What `model.json` holds."""

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    wsss: Text
    """The version that wrote it."""
    classes: tuple[Text, ...]
    white: Annotated[int, Field(ge=1, le=65535)]
    """The value that is read as white in images of 16 bits."""
    long_side: Annotated[int, Field(ge=1)] | None
    """Pixels to which larger images are reduced."""
    predict: AskedStage | None
    explain: AskedStage | None
    answering: tuple[StageName, Fingerprint] | None
    """The network that says what an image shows, where there are maps to explain it by."""
    files: dict[FileName, FileEntry]
    """All files of the archive but `model.json` itself."""
