"""The dashboard: studies in a browser, live while they run. It only reads, unless it is asked to let people edit."""

from parfocal.dashboard.app import make_app
from parfocal.dashboard.run import serve

__all__ = ["make_app", "serve"]
