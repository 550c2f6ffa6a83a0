"""What botocore knows without asking AWS: regions, instance types and the user's own configuration."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any


@cache  # it is asked for by a question's check and again on the way in
def hosting_regions() -> tuple[str, ...]:
    """Regions that offer SageMaker hosting, by botocore's own data; nothing is sent."""
    offered = _service("sagemaker")["metadata"]["endpointPrefix"]
    return tuple(_endpoints().get_available_endpoints(offered))


def partition_of(region: str) -> str:
    """The part of AWS that a region belongs to, as in its ARNs; nothing is sent."""
    found: str = _endpoints().get_partition_for_region(region)
    return found


def hosting_instance_types() -> list[str]:
    """Every instance type that an endpoint may use, by SageMaker's service model; nothing is sent."""
    return list(_service("sagemaker")["shapes"]["ProductionVariantInstanceType"]["enum"])


def profiles() -> list[str]:
    """Names of the credential profiles in the user's AWS configuration."""
    # A session that does not look at the profile: it may be the one that is not there.
    return list(_session({"profile": (None, None, None, None)}).available_profiles)


# The data itself: a session brings eighty handlers, and reads the user's configuration, which may be broken.


def _service(name: str) -> Any:
    return _loader().load_service_model(name, "service-2")


@cache
def _endpoints() -> Any:
    from botocore.regions import EndpointResolver

    return EndpointResolver(_loader().load_data("endpoints"))


def open_session(region: str, profile: str | None, *, of_machine: bool = True) -> Any:
    """boto3's session, which has read AWS's service descriptions already, if another one has. Without `of_machine` an
    EC2 instance is not asked for credentials of its own: elsewhere it takes seconds until nobody has answered.

    Raises botocore's ProfileNotFound.
    """
    import boto3

    inner = _session()
    session = boto3.session.Session(region_name=region, profile_name=profile, botocore_session=inner)
    if not of_machine:
        inner.get_component("credential_provider").remove("iam-role")
    return session


def is_ec2() -> bool:
    """Whether this machine says that it is one of EC2's; nothing is sent.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
    """
    for path, begins in (("/sys/class/dmi/id/sys_vendor", "Amazon EC2"), ("/sys/hypervisor/uuid", "ec2")):
        with suppress(OSError):
            if Path(path).read_text(encoding="utf-8", errors="replace").startswith(begins):
                return True
    return False


def _session(variables: Mapping[str, Any] | None = None) -> Any:
    import botocore.session

    session = botocore.session.Session(session_vars=variables)
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Any:
    # It keeps what it has read, which is megabytes of JSON.
    from sentiment_cli.clients.descriptions import Descriptions

    return Descriptions()


def configured_region(profile: str | None) -> str | None:
    """The region that the AWS environment variables or the profile name, if any."""
    import os

    if named := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        return named
    import botocore.exceptions

    try:
        session = _session()
        if profile:
            session.set_config_variable("profile", profile)
        region: str | None = session.get_config_variable("region")
    except botocore.exceptions.BotoCoreError:
        return None
    return region
