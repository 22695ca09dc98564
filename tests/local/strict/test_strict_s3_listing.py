from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.local.conftest import Aws

KEYS = st.text(alphabet="ab/+%é\U0001f600", min_size=1, max_size=4)


def versions_of(aws: Aws, **arguments: Any) -> list[tuple[str, str, bool]]:
    """All rows of a paged listing of versions, in order: key, version, latest."""
    rows: list[tuple[str, str, bool]] = []
    for page in aws.s3.get_paginator("list_object_versions").paginate(
        Bucket=aws.bucket, **arguments
    ):
        found: list[Any] = [
            *page.get("Versions", []),
            *page.get("DeleteMarkers", []),
        ]
        rows += [(row["Key"], row["VersionId"], row["IsLatest"]) for row in found]
    return rows


def test_versions_are_listed_by_key_in_byte_order_and_newest_first(aws: Aws) -> None:
    written: dict[str, list[str]] = {}
    for key in ["b", "ü", "a", "Z", "\uffff", "\U0001f600", "b", "a", "b"]:
        answer = aws.s3.put_object(Bucket=aws.bucket, Key=key)
        written.setdefault(key, []).insert(0, answer["VersionId"])
    listed = versions_of(aws)
    order = sorted(written, key=lambda key: key.encode())
    assert [key for key, _ in groupby(listed, key=lambda row: row[0])] == order
    assert {
        key: [row[1] for row in rows] for key, rows in groupby(listed, key=lambda row: row[0])
    } == written
    assert [row[1] for row in listed if row[2]] == [written[key][0] for key in order]


def test_a_delete_marker_is_the_latest_version_until_it_is_removed(aws: Aws) -> None:
    aws.put("k")
    marker = aws.s3.delete_object(Bucket=aws.bucket, Key="k")["VersionId"]
    assert [row[1:] for row in versions_of(aws) if row[2]] == [(marker, True)]
    aws.s3.delete_object(Bucket=aws.bucket, Key="k", VersionId=marker)
    assert len(versions_of(aws)) == 1
    assert versions_of(aws)[0][2]
    assert aws.keys() == ["k"]


@pytest.mark.parametrize("aws", ["in process"], indirect=True)
def test_a_page_holds_at_most_1000_and_names_the_next(aws: Aws) -> None:
    for number in range(1003):
        aws.put(f"k{number:04}")
    for _ in range(2):
        aws.put("k0500")
    page = aws.s3.list_object_versions(Bucket=aws.bucket, MaxKeys=5000)
    assert len(page["Versions"]) == 1000
    last = page["Versions"][-1]
    assert (page["NextKeyMarker"], page["NextVersionIdMarker"]) == (last["Key"], last["VersionId"])
    assert len(set(versions_of(aws))) == 1005
    assert len(versions_of(aws)) == 1005
    listed = aws.s3.list_objects_v2(Bucket=aws.bucket, MaxKeys=5000)
    assert (listed["KeyCount"], listed["IsTruncated"]) == (1000, True)
    assert len(aws.keys()) == 1003


def test_an_invented_continuation_token_is_refused(aws: Aws) -> None:
    with pytest.raises(ClientError, match="InvalidArgument"):
        aws.s3.list_objects_v2(Bucket=aws.bucket, ContinuationToken="!")


def test_start_after_names_what_is_left_out(aws: Aws) -> None:
    for key in "abc":
        aws.put(key)
    page = aws.s3.list_objects_v2(Bucket=aws.bucket, StartAfter="a")
    assert [row["Key"] for row in page["Contents"]] == ["b", "c"]


@pytest.mark.parametrize("aws", ["in process"], indirect=True)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    keys=st.lists(KEYS, max_size=12),
    prefix=st.one_of(st.just(""), KEYS),
    delimiter=st.sampled_from(["", "/", "a"]),
    size=st.integers(min_value=1, max_value=5),
)
def test_pages_hold_everything_once_whatever_their_size(
    aws: Aws, keys: list[str], prefix: str, delimiter: str, size: int
) -> None:
    emptied(aws)
    for key in keys:
        aws.put(key)
    arguments: dict[str, Any] = {"Prefix": prefix, "PaginationConfig": {"PageSize": size}}
    if delimiter:
        arguments["Delimiter"] = delimiter
    matching = [key for key in keys if key.startswith(prefix)]
    folders = {
        prefix + key[len(prefix) :].split(delimiter)[0] + delimiter
        for key in matching
        if delimiter and delimiter in key[len(prefix) :]
    }
    direct = [key for key in matching if not delimiter or delimiter not in key[len(prefix) :]]
    for operation, rows, expected in (
        ("list_objects_v2", "Contents", sorted(set(direct))),
        ("list_object_versions", "Versions", sorted(direct)),
    ):
        pages = list(
            aws.s3.get_paginator(operation).paginate(Bucket=aws.bucket, **arguments)  # type: ignore[call-overload]
        )
        assert [row["Key"] for page in pages for row in page.get(rows, [])] == expected
        shown = [row["Prefix"] for page in pages for row in page.get("CommonPrefixes", [])]
        assert shown == sorted(folders)


def emptied(aws: Aws) -> None:
    for key, version, _ in versions_of(aws):
        aws.s3.delete_object(Bucket=aws.bucket, Key=key, VersionId=version)
