"""The adapter of a platform's kind, loaded when somebody first asks for it.

Whoever has no Kubernetes need not have its client, and most commands need none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossfade.adapters.tandem.port import Lines, Observer, Target
    from crossfade.settings.tandems import TandemSide


def target_of(lines: Lines, side: TandemSide) -> Target:
    """Return what tells a platform.

    Args:
        lines: The clients.
        side: The platform as configured.
    """
    if side.kind == "parameter":
        from crossfade.adapters.tandem.parameter import Parameter  # noqa: PLC0415  when needed

        return Parameter(lines.ssm, side.parameter, side.form)
    if side.kind == "group":
        from crossfade.adapters.tandem.group import Group  # noqa: PLC0415  as above

        return Group(
            lines.autoscaling,
            lines.ec2,
            side.group,
            min_healthy=side.min_healthy,
            warm_up=side.warm_up,
        )
    from crossfade.adapters.tandem.deployment import Deployment  # noqa: PLC0415  as above

    return Deployment(lines.kube_api(side.context), side.namespace, side.deployment, side.container)


def observer_of(lines: Lines, side: TandemSide) -> Observer:
    """Return what sees a platform; see `target_of`."""
    see = side.observe
    if see.kind == "pods":
        from crossfade.adapters.tandem.pods import Pods  # noqa: PLC0415  as above

        return Pods(lines.kube_api(side.context), side.namespace, side.deployment, side.container)
    if see.kind == "targets":
        from crossfade.adapters.tandem.targets import Targets  # noqa: PLC0415  as above

        return Targets(
            lines.elbv2,
            lines.ec2,
            lines.ask,
            see.target_group,
            f"{see.scheme}://{{host}}{see.path}",
            see.port,
            (see.version, see.configuration),
        )
    from crossfade.adapters.tandem.http import Address  # noqa: PLC0415  as above

    return Address(lines.ask, see.url, see.asks, (see.version, see.configuration))
