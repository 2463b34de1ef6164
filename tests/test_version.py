"""One version, from the package's metadata."""

from importlib.metadata import version

import wsss


def test_the_version_is_that_of_the_installed_package() -> None:
    assert wsss.__version__ == version("wsss")
