"""What should happen, and why: values in, values out.

No clock, network, environment or chance is reached from here; who calls hands them in.
"""
