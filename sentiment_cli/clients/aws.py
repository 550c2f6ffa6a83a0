"""What boto3 knows without asking AWS: regions, instance types and the user's own configuration."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _session(profile: str | None = None) -> Any:
    import boto3

    return boto3.session.Session(profile_name=profile)


@cache  # it is asked for by a question's check and again on the way in, and the data has megabytes
def hosting_regions() -> tuple[str, ...]:
    """Regions that offer SageMaker hosting, by botocore's own data; nothing is sent."""
    return tuple(_without("profile", "config_file", "credentials_file").get_available_regions("sagemaker"))


def partition_of(region: str) -> str:
    """The part of AWS that a region belongs to, as in its ARNs; nothing is sent."""
    found: str = _without("profile", "config_file", "credentials_file").get_partition_for_region(region)
    return found


def hosting_instance_types() -> list[str]:
    """Every instance type that an endpoint may use, by SageMaker's service model; nothing is sent."""
    model = _without("profile", "config_file", "credentials_file").get_service_model("sagemaker")
    return list(model.shape_for("ProductionVariantInstanceType").enum)


def profiles() -> list[str]:
    """Names of the credential profiles in the user's AWS configuration."""
    return list(_without("profile").available_profiles)


def _without(*settings: str) -> Any:
    """A session that does not look at these: what is asked of it must not fail because the user's are broken."""
    return with_data(dict.fromkeys(settings, (None, None, None, None)))


def with_data(settings: dict[str, Any] | None = None) -> Any:
    """A new botocore session that has read AWS's service descriptions already, if another one has."""
    import botocore.session

    session = botocore.session.Session(session_vars=settings)
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Any:
    # It keeps what it has read, which is megabytes of JSON.
    import botocore.loaders

    return botocore.loaders.create_loader()


def configured_region(profile: str | None) -> str | None:
    """The region that the AWS environment variables or the profile name, if any."""
    import os

    if named := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        return named
    import botocore.exceptions

    try:
        region: str | None = _session(profile).region_name
    except botocore.exceptions.BotoCoreError:
        return None
    return region
