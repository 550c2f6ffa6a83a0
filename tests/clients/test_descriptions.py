"""Our loader of botocore's descriptions answers what botocore's own does."""

from __future__ import annotations

import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader

from sentiment_cli.clients.descriptions import Descriptions

USED = ("apigateway", "ecr", "iam", "lambda", "logs", "s3", "sagemaker", "sagemaker-runtime", "sts")


@pytest.mark.parametrize("service", USED)
def test_a_service_is_described_the_same(service: str) -> None:
    ours, theirs = Descriptions(), Loader()
    for kind in ("service-2", "endpoint-rule-set-1"):
        assert ours.load_service_model(service, kind) == theirs.load_service_model(service, kind)


def test_what_is_not_there_is_told_the_same() -> None:
    for loader in (Descriptions(), Loader()):
        with pytest.raises(UnknownServiceError):
            loader.load_service_model("no-such-service", "service-2")
        with pytest.raises(DataNotFoundError):
            loader.load_service_model("sts", "waiters-2")
        with pytest.raises(DataNotFoundError):
            loader.load_data("nothing")


def test_data_beside_the_services_is_read_too() -> None:
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        assert Descriptions().load_data(name) == Loader().load_data(name)
