"""Starts the server from the environment; whatever prevents that is one line in the log and exit status 1."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT, then 0; 1 when it cannot start. The only argument it knows is `serve`."""
    # As process 1 of a container these signals would do nothing without a handler.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    gc.disable()  # over and over it would look through a model that grows; `memory.settle` switches it on
    from server_image import artifact, logs, serving
    from server_image.settings import Settings, SettingsError

    try:
        if list(arguments) not in ([], ["serve"]):
            raise serving.CannotStart(f"{arguments[0][:60]!r} is not known; the only command is `serve`.")
        settings = Settings.from_environment(environment)
        logs.set_level(settings.log_level)
        listener = serving.bind(settings)
        serving.serve(artifact.load(settings.model_dir), settings, listener)
    except (artifact.ArtifactError, SettingsError, serving.CannotStart) as error:
        logs.log("error", "failed", reason=str(error))
        return 1
    return 0


def _leave(_number: int, _frame: object) -> NoReturn:
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
