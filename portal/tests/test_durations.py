"""Times as pages tell them."""

import pytest

from portal.durations import in_signs, in_words


@pytest.mark.parametrize(
    ("seconds", "words", "signs"),
    [
        *((0, "0 s", "0.0"), (0.002, "2 ms", "0.0"), (0.1, "0.1 s", "0.1"), (0.44, "0.4 s", "0.4")),
        *((3, "3 s", "3.0"), (9.96, "10 s", "10"), (12.4, "12 s", "12"), (59.7, "1 min", "1:00")),
        *((125, "2 min 5 s", "2:05"), (3600, "60 min", "60:00")),
    ],
)
def test_a_time_is_as_exact_as_somebody_cares_for(seconds: float, words: str, signs: str) -> None:
    assert (in_words(seconds), in_signs(seconds)) == (words, signs)
