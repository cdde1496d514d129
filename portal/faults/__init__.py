"""Faults on purpose: caused by a student, a lab or an instructor, and put right by a click."""
