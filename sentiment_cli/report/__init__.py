"""report.html: one self-contained page on how good a model is; it loads nothing, and texts in it are escaped."""

from __future__ import annotations

from sentiment_cli.report.page import Facts, write_report

__all__ = ["Facts", "write_report"]
