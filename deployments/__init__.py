"""How crossfade runs on Prefect: work pool, deployments and automations of one server.

`python -m deployments` sets a server up from the files here and in prefect.yaml, and again.
"""
