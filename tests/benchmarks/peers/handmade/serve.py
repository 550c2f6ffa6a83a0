"""Starts nginx and gunicorn, and ends when either does, as the example's `serve` does: serve.py PORT WORKERS WORK."""

import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(port, workers, work):
    configuration = Path(work, "nginx.conf")
    configuration.write_text(HERE.joinpath("nginx.conf").read_text().replace("PORT", port).replace("WORK", work))
    nginx = subprocess.Popen(["nginx", "-e", f"{work}/error.log", "-p", work, "-c", configuration])
    gunicorn = subprocess.Popen(
        [Path(sys.executable).with_name("gunicorn"), "--timeout", "60", "-k", "gevent", "-b",
         f"unix:{work}/gunicorn.sock", "-w", workers, "predictor:app"], cwd=HERE,
    )  # fmt: skip
    pids = {nginx.pid, gunicorn.pid}

    def stop(*_):
        for process in (nginx, gunicorn):
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    while os.wait()[0] not in pids:
        pass
    stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
