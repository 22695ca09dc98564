"""AWS through boto3, one file for each service.

botocore's errors end here: above stand only crossfade's own, each with what to do.
"""
