"""What botocore and moto find out again for each client and each call, found out once.

Nothing here changes an answer: each of these is a function of what it is given, and most of a
test's time in AWS would go to them.
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import botocore.endpoint_provider
import botocore.hooks
import botocore.loaders
import botocore.utils
import pytest
from moto import backend_index
from moto.core.base_backend import BaseBackend
from moto.s3.responses import S3Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SERVICES = (
    *("autoscaling", "cloudfront", "cloudwatch", "ec2", "elb", "elbv2"),
    *("moto_api", "route53", "s3", "ssm", "sts"),
)
"""Those that the tests call; moto would compare each request with the addresses of 150 others."""


@contextmanager
def found_out_once() -> Iterator[None]:
    """Keep what never changes, until the block ends."""
    loader = botocore.loaders.create_loader()
    rules = botocore.endpoint_provider.RuleSet
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda *_: loader)
        patch.setattr(botocore.hooks, "accepts_kwargs", _accepts_kwargs)
        aliased = _aliased(botocore.hooks.EventAliaser._alias_event_name)  # noqa: SLF001
        patch.setattr(botocore.hooks.EventAliaser, "_alias_event_name", aliased)
        patch.setattr(botocore.endpoint_provider, "RuleSet", _made_once(rules))
        patch.setattr(rules, "evaluate", _evaluated_once(rules.evaluate))
        parsed = lru_cache(10_000)(botocore.utils._parse_timestamp_with_tzinfo)  # noqa: SLF001
        patch.setattr(botocore.utils, "_parse_timestamp_with_tzinfo", parsed)
        patch.setattr(BaseBackend, "urls", property(_loaded_once(BaseBackend.urls)))
        hosts = _asked_once(S3Response.subdomain_based_buckets)
        patch.setattr(S3Response, "subdomain_based_buckets", staticmethod(hosts))
        known = [row for row in backend_index.backend_url_patterns if row[0] in SERVICES]
        patch.setattr(backend_index, "backend_url_patterns", known)
        yield


def _accepts_kwargs(function: Any) -> bool:
    """Say it from the code, without the rest of the signature."""
    plain = getattr(function, "__func__", function)
    code = getattr(plain, "__code__", None)
    if code is None:
        return inspect.getfullargspec(function).varkw is not None
    return bool(code.co_flags & inspect.CO_VARKEYWORDS)


def _aliased(find: Callable[[Any, str], str]) -> Callable[[Any, str], str]:
    """Every session has the same aliases."""
    known: dict[str, str] = {}

    def alias(emitter: Any, name: str) -> str:
        if name not in known:
            known[name] = find(emitter, name)
        return known[name]

    return alias


def _made_once(make: Callable[..., Any]) -> Callable[..., Any]:
    """The loader gives the same document each time, so that its identity tells the service."""
    known: dict[int, tuple[Any, Any]] = {}

    def made(*, rules: Any, **given: Any) -> Any:
        if id(rules) not in known:
            known[id(rules)] = (rules, make(rules=rules, **given))
        return known[id(rules)][1]

    return made


def _evaluated_once(evaluate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    known: dict[Any, Any] = {}

    def evaluated(rules: Any, given: dict[str, Any]) -> Any:
        key = (id(rules), tuple(sorted(given.items())))
        if key not in known:
            known[key] = evaluate(rules, given)
        return known[key]

    return evaluated


def _asked_once(ask: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether a request names its bucket by its host, which moto asks itself seven times."""
    known: dict[str, bool] = {}

    def asked(request: Any) -> bool:
        host = request.headers.get("Host", "")
        if not host:
            return ask(request)
        if host not in known:
            known[host] = ask(request)
        return known[host]

    return asked


def _loaded_once(table: Any) -> Callable[[BaseBackend], Any]:
    """moto would load its table of addresses again for each request."""
    known: dict[type, Any] = {}

    def urls(backend: BaseBackend) -> Any:
        if type(backend) not in known:
            known[type(backend)] = table.fget(backend)
        return known[type(backend)]

    return urls
