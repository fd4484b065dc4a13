"""Write the table of optimizers into README.md, between its two marks: python scripts/make_zoo_table.py."""

from pathlib import Path

from parfocal.optimizers.table import with_table

path = Path(__file__).parent.parent / "README.md"
path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
