"""The sandbox's own process: `python -m sentiment_cli.sandbox FOLDER [ENGINE]`; it is started by `running`."""

from __future__ import annotations

import sys
from pathlib import Path

from sentiment_cli.sandbox.serving import serve

serve(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "auto")
