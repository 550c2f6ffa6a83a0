"""From labelled tweets to a live REST API on AWS, and safely back to nothing."""

__version__ = "0.1.0"
