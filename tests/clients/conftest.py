"""What the tests of resources have: a sandbox, a way into it, and stages."""

from __future__ import annotations

from tests.resources.conftest import aws, english, hasty, names, operations, running, stage  # noqa: F401 - fixtures
