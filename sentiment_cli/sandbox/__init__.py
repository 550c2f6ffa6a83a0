"""An AWS on this machine: moto where it is good enough, and parts of our own where it is not; loopback only."""

from sentiment_cli.sandbox.running import Engine, clean, down, find, up
from sentiment_cli.sandbox.sandbox import ACCOUNT, REGION, Sandbox

__all__ = ["ACCOUNT", "REGION", "Engine", "Sandbox", "clean", "down", "find", "up"]
