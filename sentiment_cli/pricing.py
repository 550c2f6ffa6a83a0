"""What SageMaker hosting costs, and which regions and instance types there are to choose from.

Prices are US dollars in us-east-1 as listed in July 2026 (https://aws.amazon.com/sagemaker/ai/pricing/); other regions
differ by up to about a third. `listed` is False where the figure is EC2's Linux price times 1.2, the ratio of the
listed types. An endpoint bills for every hour it exists, used or not.
"""

from __future__ import annotations

from dataclasses import dataclass

HOURS_PER_MONTH = 730  # AWS's own convention: 8,760 hours a year by twelve
PRICE_REGION = "us-east-1"

# Serverless inference: a GB-second of configured memory while a request runs.
SERVERLESS_USD_PER_GB_SECOND = 0.00002

# What bills by the request in front of the endpoint, before any free allowance: https://aws.amazon.com/api-gateway/pricing/
# (REST, the first 333 million a month) and https://aws.amazon.com/lambda/pricing/ (x86).
API_USD_PER_MILLION = 3.50
LAMBDA_USD_PER_MILLION = 0.20
LAMBDA_USD_PER_GB_SECOND = 0.0000166667
HOSTING_USD_PER_GB = 0.016  # into an endpoint, and out of it


@dataclass(frozen=True)
class InstanceType:
    """A hosting instance type: virtual CPUs, memory in GiB, US dollars an hour."""

    name: str
    vcpus: int
    memory_gib: int
    usd_per_hour: float
    listed: bool = True
    remark: str = ""

    @property
    def usd_per_month(self) -> float:
        return self.usd_per_hour * HOURS_PER_MONTH


INSTANCE_TYPES = (
    InstanceType("ml.t2.medium", 2, 4, 0.056, remark="cheapest; new accounts may use two"),
    InstanceType("ml.c6g.large", 2, 4, 0.082, listed=False, remark="Graviton"),
    InstanceType("ml.m6g.large", 2, 8, 0.0924, remark="Graviton; new accounts may use two"),
    InstanceType("ml.c5.large", 2, 4, 0.102, listed=False, remark="steady CPU"),
    InstanceType("ml.c6i.large", 2, 4, 0.102, listed=False, remark="steady CPU"),
    InstanceType("ml.c7i.large", 2, 4, 0.107, listed=False, remark="fastest small CPU"),
    InstanceType("ml.t2.large", 2, 8, 0.111, listed=False),
    InstanceType("ml.m5.large", 2, 8, 0.115, remark="the usual choice"),
    InstanceType("ml.m6i.large", 2, 8, 0.115, listed=False),
    InstanceType("ml.m7i.large", 2, 8, 0.121, listed=False),
    InstanceType("ml.c5.xlarge", 4, 8, 0.204, remark="four CPUs"),
    InstanceType("ml.m5.xlarge", 4, 16, 0.230, remark="four CPUs"),
)

REGION_PLACES = {
    "us-east-1": "N. Virginia", "us-east-2": "Ohio", "us-west-1": "N. California", "us-west-2": "Oregon",
    "ca-central-1": "Canada, Montreal", "ca-west-1": "Canada, Calgary", "mx-central-1": "Mexico",
    "sa-east-1": "São Paulo", "eu-west-1": "Ireland", "eu-west-2": "London", "eu-west-3": "Paris",
    "eu-central-1": "Frankfurt", "eu-central-2": "Zurich", "eu-north-1": "Stockholm", "eu-south-1": "Milan",
    "eu-south-2": "Spain", "il-central-1": "Tel Aviv", "me-central-1": "UAE", "me-south-1": "Bahrain",
    "af-south-1": "Cape Town", "ap-south-1": "Mumbai", "ap-south-2": "Hyderabad", "ap-northeast-1": "Tokyo",
    "ap-northeast-2": "Seoul", "ap-northeast-3": "Osaka", "ap-southeast-1": "Singapore", "ap-southeast-2": "Sydney",
    "ap-southeast-3": "Jakarta", "ap-southeast-4": "Melbourne", "ap-southeast-5": "Malaysia",
    "ap-southeast-6": "New Zealand", "ap-southeast-7": "Thailand", "ap-east-1": "Hong Kong", "ap-east-2": "Taipei",
}  # fmt: skip

# https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
NO_SERVERLESS_REGIONS = frozenset({
    "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
    "ca-west-1", "eu-central-2", "eu-south-2", "il-central-1", "me-central-1", "mx-central-1",
})  # fmt: skip


def instance_type(name: str) -> InstanceType | None:
    """The priced type of that name, or None."""
    return next((each for each in INSTANCE_TYPES if each.name == name), None)


def serverless_usd_per_1000_requests(memory_mb: int, seconds: float = 0.1) -> float:
    """What 1,000 requests of `seconds` each cost at `memory_mb`."""
    return memory_mb / 1024 * seconds * SERVERLESS_USD_PER_GB_SECOND * 1000


def api_usd(requests: int, gb_seconds: float) -> float:
    """What API Gateway and Lambda take for `requests` that keep the function for `gb_seconds` in all."""
    by_request = (API_USD_PER_MILLION + LAMBDA_USD_PER_MILLION) / 1e6
    return requests * by_request + gb_seconds * LAMBDA_USD_PER_GB_SECOND
