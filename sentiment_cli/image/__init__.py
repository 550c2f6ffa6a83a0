"""The inference image: what goes into it, the name that follows from that, and building it; running it is not its job.

The name is content: two projects with the same server code, Python, target and pins share one image, and an image
whose tag exists never has to be built again.
"""

from __future__ import annotations

from sentiment_cli.image.recipes import Recipe, recipe

__all__ = ["Recipe", "recipe"]
