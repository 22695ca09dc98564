"""Which program a job is named after."""

from __future__ import annotations

import pytest

from crossfade.plan.cron.table.naming import program_of


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("import.sh >> /var/log/import.log 2>&1", "import.sh"),
        ("/opt/nm/import.sh>>/var/log/import.log 2>&1", "import.sh"),
        ("cd /srv/app && ./run > /dev/null", "run"),
        ("cd /srv/app && /usr/bin/php artisan schedule:run >> /dev/null 2>&1", "artisan"),
        ("cd /srv && FOO=1 BAR='a b' ./run --config /etc/run.conf", "run"),
        ("/usr/bin/backup --config /etc/backup.conf < /etc/list", "backup"),
        ("nice -n 10 ionice -c 3 /opt/a/sync.py", "sync.py"),
        ("sudo -u app /opt/report", "report"),
        ("flock -n /run/x.lock /opt/report", "report"),
        ("timeout 300 python3 -m shop.report", "shop.report"),
        ("/usr/bin/env python3 /opt/report.py", "report.py"),
        ("bash -lc 'cd /srv && ./tick >> /var/log/tick.log'", "tick"),
        ("[ -x /opt/x ] && [ $(date +%d) -le 7 ] && /opt/x --all", "x"),
        ("if [ -x /opt/x ]; then /opt/x; fi", "x"),
        ("command -v debian-sa1 > /dev/null && debian-sa1 1 1", "debian-sa1"),
        ("test -d /run/systemd/system || perl -e 'sleep 1' && certbot -q renew", "certbot"),
        ("/opt/dump | gzip > /backup/all.gz", "gzip"),
        ("echo tick", "echo"),
        ("> /var/log/x.log", "job"),
        ("'open", "'open"),
    ],
)
def test_a_job_is_named_after_what_it_runs_and_never_after_where_its_output_goes(
    script: str, name: str
) -> None:
    assert program_of(script) == name
