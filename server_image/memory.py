"""Memory before the fork: what the processes are to share is laid still, and what nobody needs goes back."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress


def settle() -> None:
    """To be called once, when the model is loaded; switches the collector on."""
    # The processes share the model's memory as long as nobody writes to it, and the collector would.
    gc.collect()
    gc.freeze()
    gc.enable()
    # Reading the model took several times its size for a moment, which glibc would keep.
    with suppress(OSError, AttributeError):  # not on macOS, nor with musl
        ctypes.CDLL(None).malloc_trim(0)
