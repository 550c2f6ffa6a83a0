"""How much load a served model bears, and what follows from it: instances, prices, a target for autoscaling.

`search` looks for the highest rate whose p99 stays below a target, given something that measures one rate; `measuring`
is that something for a server over HTTP. Nothing here knows AWS, and nothing prints.
"""

from __future__ import annotations

from sentiment_cli.capacity.search import Bounds, Found, search
from sentiment_cli.capacity.sizing import Hosting, Sizing, size
from sentiment_cli.capacity.statistics import Aim, Step

__all__ = ["Aim", "Bounds", "Found", "Hosting", "Sizing", "Step", "search", "size"]
