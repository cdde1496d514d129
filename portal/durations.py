"""How long something took, in words and in the few signs that a cell of a table has room for."""


def in_words(seconds: float) -> str:
    """As people say it: `50 ms`, `0.4 s`, `12 s`, `3 min 5 s`, `2 min`."""
    if 0 < seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if round(seconds, 1) < 10:
        return f"{round(seconds, 1):g} s"
    minutes, rest = divmod(round(seconds), 60)
    said = (f"{minutes} min" if minutes else "", f"{rest} s" if rest else "")
    return " ".join(filter(None, said))


def in_signs(seconds: float) -> str:
    """Under a column that says what it counts: `0.4`, `12`, `3:05`."""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes else str(rest)
