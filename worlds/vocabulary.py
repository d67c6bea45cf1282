"""The words that worlds put into logs, in the order of their codes."""

from __future__ import annotations

import numpy as np

TOPICS = (
    *("comedy", "music", "dance", "cooking", "sports", "gaming", "beauty", "travel", "pets", "science"),
    *("diy", "fashion", "news", "cars", "fitness", "art", "education", "nature", "family", "film"),
    *("history", "books", "tech", "money", "health", "garden", "crafts", "photo", "magic", "poetry"),
    *("football", "cycling", "chess", "running", "climbing", "skating", "surfing", "yoga", "boxing", "tennis"),
)
COUNTRIES: dict[str, tuple[str, int]] = {
    "US": ("en", -6),
    "IN": ("hi", 5),
    "BR": ("pt", -3),
    "GB": ("en", 0),
    "DE": ("de", 1),
    "FR": ("fr", 1),
    "JP": ("ja", 9),
    "MX": ("es", -6),
    "NL": ("nl", 1),
    "SE": ("sv", 1),
}
"""Language and hours ahead of UTC, by country."""
LANGUAGES = tuple(dict.fromkeys(language for language, _ in COUNTRIES.values()))
AGE_BANDS = ("13-17", "18-24", "25-34", "35-49", "50+")
GENDERS = ("f", "m", None)
GENDER_SHARES = (0.46, 0.46, 0.08)
DAYPARTS = ("night", "morning", "afternoon", "evening")


def topic(code: int) -> str:
    """The word for topic number `code`; those beyond the list are numbered."""
    return TOPICS[code] if code < len(TOPICS) else f"topic{code:03d}"


def language_codes(countries: tuple[str, ...]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(c,) index into LANGUAGES of each country's language."""
    return np.array([LANGUAGES.index(COUNTRIES[name][0]) for name in countries], dtype=np.int64)


def utc_offsets(countries: tuple[str, ...]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(c,) hours ahead of UTC of each country."""
    return np.array([COUNTRIES[name][1] for name in countries], dtype=np.int64)
