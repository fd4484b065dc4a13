import sys
from pathlib import Path

# pytest imports test modules without their folder on the path; faults.py and trial_support.py are shared
sys.path.insert(0, str(Path(__file__).parents[1] / "evaluation"))
