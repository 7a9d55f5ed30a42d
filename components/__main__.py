"""The components as a plugin: `pulumi package add .../components` starts this."""

import sys
from pathlib import Path


def start() -> None:
    """Serve until the engine ends it."""
    # The engine starts this file by its folder, which is then first on the path: components/redis would be imported by
    # everybody who asks for the library `redis`.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from pulumi.provider import main

    from components.package.provider import DataTier

    main(DataTier(), sys.argv[1:])


if __name__ == "__main__":
    start()
