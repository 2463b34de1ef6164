"""Places of files that a network reads beside its stored weights: they may have been moved since."""

from pathlib import Path

from wsss.models.base import NetworkOptions
from wsss.paths import is_regular
from wsss.store.results import PLACES
from wsss.store.schema import Text
from wsss.store.store import Artifact
from wsss.store.texts import read_json, write_json


def note_places(artifact: Artifact, options: NetworkOptions) -> None:
    """Write where the files lie that a network's options name: no part of the result, which knows them by digest."""
    files = {name: str(path.absolute()) for name, path in options.files().items()}
    if files:
        write_json(artifact.path / PLACES, files)


def placed(artifact: Artifact, options: NetworkOptions) -> NetworkOptions:
    """Return options with their files where they were noted last; raises `StoreError` for a torn note."""
    path = artifact.path / PLACES
    if not options.files() or not is_regular(path):
        return options
    noted = read_json(path, dict[Text, Text], remedy=f"delete {path}, and run the command of its run again")
    return options.with_files({name: Path(place) for name, place in noted.items()})
