"""The configuration of the sample world, as the file that a person may edit."""

from __future__ import annotations

from dataclasses import dataclass

from crossfade.local.stack.stack import FRONT, STATE

MIGRATION = "shop"
JOBS = ("reports.daily", "mailer")
LIST = "crons.json"


@dataclass(frozen=True, slots=True)
class Places:
    """What the file names of one embedded stack.

    Attributes:
        site: The edge's address.
        distribution: Id of the distribution.
        zone: Id of the hosted zone.
        memcached: Address of the lock's server.
    """

    site: str
    distribution: str
    zone: str
    memcached: str


def configuration(places: Places) -> str:
    """Return the text of the file."""
    crons = "".join(_cron(job) for job in JOBS)
    gates = '["errors", "measured-share"]'
    return f"""\
# The configuration of `crossfade local up`: everything that it names is on this machine. Edit it
# as you like, it is not written again then; `python -m deployments` offers new names in run forms.

[state]
bucket = "{STATE}"

[releases]
bucket = "{FRONT}"

[components.web]
entry_pages = ["index.html"]

[environments.production]
bucket = "{FRONT}"
root = "live"
distribution_id = "{places.distribution}"
url = "{places.site}"
keep_releases = 3
asset_grace = 1

[environments.production.runtime]
greeting = "rendered at promote"

[environments.staging]
bucket = "{FRONT}"
root = "staging"
keep_releases = 3

[migrations.{MIGRATION}]
zone = "{places.zone}"
records = ["{MIGRATION}.acme.example"]
legacy = {{ target = "legacy-lb.example", load_balancer = "app/legacy/1" }}
new = {{ target = "k8s-lb.example", load_balancer = "app/k8s/1" }}
keep_alive = "60s"
metric_delay = "10s"                  # of a real load balancer 2m
probe = {{ scheme = "none" }}
stages = [                            # minutes for what takes days elsewhere
  {{ name = "tenth", share = 10, bake = "2m", gates = {gates} }},
  {{ name = "half", share = 50, bake = "2m", gates = {gates}, approval = true }},
  {{ name = "all", share = 100, bake = "1m", gates = ["errors"] }},
]

[migrations.{MIGRATION}.gates.errors]
window = "2m"

[migrations.{MIGRATION}.gates.measured-share]
window = "2m"

[lock]
servers = ["{places.memcached}"]
{crons}"""


def _cron(job: str) -> str:
    return f"""
[crons."{job}"]
schedule = "* * * * *"
on = "document"
document = "s3://{STATE}/{LIST}"
watch = 2
usual = "30s"
"""
