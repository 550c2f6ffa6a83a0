"""What processes that are killed have in common, done once: imports, and what botocore has read of its services."""

from __future__ import annotations

import boto3
import botocore.session

import tests.deployment.driver  # noqa: F401
from sentiment_cli.clients import aws

_loader = aws._loader()
botocore.session.create_loader = lambda *_: _loader

for _service in (
    "apigateway", "ecr", "iam", "lambda", "logs", "resourcegroupstaggingapi", "s3", "sagemaker", "sagemaker-runtime",
    "sts",
):  # fmt: skip
    boto3.session.Session("-", "-", region_name="eu-west-1").client(_service)
