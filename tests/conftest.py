"""What all tests share: how hypothesis looks for examples."""

import os

from hypothesis import settings

# continuous integration repeats itself, so that a failure is the change's; at a desk every run looks for new examples
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
