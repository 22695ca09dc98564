"""Who may run a tick: the protocol that the wrapper speaks with memcached.

A claim is a generator of requests that is fed answers, so that nothing here touches a network, and
it imports no more than a host of cron jobs has.
"""
