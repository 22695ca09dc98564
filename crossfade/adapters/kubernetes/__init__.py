"""Contact with Kubernetes clusters, by the client's own types; its errors do not pass this room.

The client is an extra and slow to load: nothing here imports it before somebody asks for a cluster.
"""
