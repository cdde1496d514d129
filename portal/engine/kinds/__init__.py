"""The kinds of steps: each is one module, or one package, with all that is to be said of it.

`registry.py` says which there are; `perform.py` does a step of any, `job.py` is what that takes and
gives, `check.py` how a step's check decides.
"""
