"""What changes a site: promote, rollback, and what CloudFront is told afterwards.

A plan names each action and each omission with its reason, in the order of its groups.
"""
