"""What a session's terminal has of its own: its shell's settings, and what is typed in it."""
