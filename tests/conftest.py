from hypothesis import HealthCheck, settings

# The same examples on every run, and no clock: a property test that fails on a busy machine says nothing.
settings.register_profile(
    "unit", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unit")
