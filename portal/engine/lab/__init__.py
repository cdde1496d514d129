"""What a lab says: frozen, validated data, read from YAML with line and column.

`spec.py` is the lab itself; `cluster.py` and `files.py` what its cluster is made of, which is all
that a runtime sees of it; `runs.py` what a step may do; `parse.py` reads it.
"""
