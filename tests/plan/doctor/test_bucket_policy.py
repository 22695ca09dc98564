"""The bucket policy: what a distribution may read under it, and what it may not."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.doctor.bucket_policy import Reader, bucket_policy

FOLDERS = ("a", "b", "c")
folders = st.lists(st.sampled_from(FOLDERS), max_size=3).map(
    lambda parts: "".join(f"{part}/" for part in parts)
)
keys = st.tuples(folders, st.sampled_from(["x.js", "index.html"])).map("".join)


def may_read(policy: dict[str, Any], key: str, distribution: str) -> bool:
    """Evaluate the policy for CloudFront as S3 does: a denial wins, silence denies."""
    decisions = {
        statement["Effect"]
        for statement in policy["Statement"]
        if statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        and statement["Action"] == "s3:GetObject"
        and any(fnmatchcase(f"arn:aws:s3:::front/{key}", one) for one in _list(statement))
        and statement.get("Condition", {"StringEquals": {"AWS:SourceArn": distribution}})
        == {"StringEquals": {"AWS:SourceArn": distribution}}
    }
    return decisions == {"Allow"}


def _list(statement: dict[str, Any]) -> list[str]:
    found = statement["Resource"]
    return found if isinstance(found, list) else [found]


@given(
    roots=st.lists(folders, min_size=1, max_size=3, unique=True),
    stores=st.lists(folders.filter(bool), max_size=2, unique=True),
    key=keys,
)
def test_a_distribution_reads_its_root_without_the_stores_and_other_roots_inside_it(
    roots: list[str], stores: list[str], key: str
) -> None:
    readers = [Reader(f"e{number}", root, f"arn:{number}") for number, root in enumerate(roots)]
    policy = bucket_policy("front", readers, stores)
    for reader in readers:
        inner = [other for other in roots if other != reader.root and other.startswith(reader.root)]
        mine = key.startswith(reader.root) and not key.startswith((*inner, *stores))
        assert may_read(policy, key, reader.distribution) is mine
    assert not may_read(policy, key, "arn:another")


def test_nobody_may_list_the_bucket() -> None:
    policy = bucket_policy("front", [Reader("live", "", "arn:1")], ["releases/"])
    assert {statement["Action"] for statement in policy["Statement"]} == {"s3:GetObject"}


def test_statements_are_named_after_the_environments() -> None:
    readers = [Reader("eu-west.live", "", "arn:1"), Reader("next", "next/", "arn:2")]
    names = [one["Sid"] for one in bucket_policy("front", readers, ["releases/"])["Statement"]]
    assert names == [
        "EuWestLiveReadsItsRoot",
        "NextReadsItsRoot",
        "NoDistributionReadsTheStores",
        "EuWestLiveReadsNoOtherRoot",
    ]
