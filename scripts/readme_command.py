"""Print one of the README's own commands, so that what is tested is what is written there.

Usage: python scripts/readme_command.py demo|test
"""

import re
import sys
from pathlib import Path

text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
name = sys.argv[1]
match = re.search(rf"<!-- command: {re.escape(name)} -->\s*```(?:bash|sh)\n(.*?)```", text, re.DOTALL)
if match is None:
    sys.exit(f"README.md has no block marked '<!-- command: {name} -->'.")
print(match.group(1).strip())
