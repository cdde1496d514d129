"""Words that are near at hand here, and so the first that a guess is made of."""

import re
from typing import Any

from django.core.exceptions import ValidationError

OWN = (
    *("sluice", "portal", "student", "teacher", "instructor", "admin", "password", "university"),
    *("lab", "week", "class", "course", "data", "stream", "streaming", "kafka", "spark", "pyspark"),
    *("flask", "zookeeper", "redis", "hadoop", "docker", "python"),
)
"""Product, roles and what is taught. docs/security.md says so."""
FEWEST = 4
"""Letters beside such words that make a password of its own."""
LOOKS = str.maketrans("013457@$", "oleastas")
REFUSED = "This is made of words that anybody would try here: add others."
EACH = re.compile("|".join(sorted(OWN, key=len, reverse=True)))


class OwnWordsValidator:
    """Refuses passwords that are little but such words, with digits and signs or without."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError."""
        plain = password.casefold()
        for text in (plain, plain.translate(LOOKS)):
            rest, count = EACH.subn("", text)
            if count and sum(map(str.isalpha, rest)) < FEWEST:
                raise ValidationError(REFUSED, code="own_words")

    def get_help_text(self) -> str:
        """For the form."""
        return (
            "Your password can't be made of this portal's own words alone, as “kafka” or “spark”."
        )
