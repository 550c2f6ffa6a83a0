"""Policies stay within what IAM takes, and name this stage and nothing else."""

from __future__ import annotations

from sentiment_cli import policy
from sentiment_cli.resources.names import Names

LONGEST = Names("x" * 32, "y" * 12, "123456789012", "ap-southeast-1")


def test_an_ordinary_policy_is_one_document() -> None:
    [document] = policy.deployer(Names("tweets", "dev", "123456789012", "eu-west-1"))
    assert policy.length(document) <= policy.LARGEST


def test_what_is_too_long_is_split_and_nothing_is_lost() -> None:
    documents = policy.deployer(LONGEST, signed=True)
    assert len(documents) > 1
    assert all(policy.length(each) <= policy.LARGEST for each in documents)
    [whole] = policy.split([each for one in documents for each in one["Statement"]], largest=100_000)
    assert len({each["Sid"] for each in whole["Statement"]}) == sum(len(each["Statement"]) for each in documents)


def test_another_stage_is_out_of_reach() -> None:
    text = str(policy.deployer(Names("tweets", "dev", "123456789012", "cn-north-1"), "aws-cn"))
    assert "arn:aws-cn:sagemaker:cn-north-1:123456789012:endpoint/tweets-dev'" in text
    assert "arn:aws:" not in text
    assert "tweets-*" not in text
