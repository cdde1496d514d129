"""Runtimes behind one contract (`base.Runtime`), named in settings by dotted path."""
