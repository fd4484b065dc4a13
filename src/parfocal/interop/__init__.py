"""Bridges to other optimization packages; each module needs its package (``pip install 'parfocal[interop]'``)."""
