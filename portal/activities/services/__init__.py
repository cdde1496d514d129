"""What can be done to sessions and steps.

`sessions` and `steps` take people's wishes: rows only, quick enough for a request. `clusters` and
`runs` carry them out; only workers call those. Nothing here knows of tasks: the caller enqueues.
"""
