from __future__ import annotations

import string
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.errors import UserError
from serving.logs.pseudonyms import Pseudonyms

KEY = "0123456789abcdef"


def test_a_pseudonym_is_the_keyed_hash_of_the_user() -> None:
    # printf u17 | openssl dgst -sha256 -hmac 0123456789abcdef -binary | base32 | cut -c1-26
    assert Pseudonyms(KEY.encode()).of("u17") == "7qeh3d2bxq4p6llwdhbald3qqb"


def test_users_differ_keys_differ_and_the_key_is_not_told() -> None:
    one, other = Pseudonyms(KEY.encode()), Pseudonyms(b"another key, as long")
    names = {maker.of(user) for maker in (one, other) for user in ("u1", "u2", "ü", "")}
    assert len(names) == 8
    assert all(len(name) == 26 and set(name) <= set(string.ascii_lowercase + "234567") for name in names)
    assert KEY not in repr(one)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    given = Pseudonyms.from_environment(tmp_path, {"FEEDMILL_PSEUDONYM_KEY": KEY})
    assert given.of("u17") == Pseudonyms(KEY.encode()).of("u17")
    assert not list(tmp_path.iterdir())


def test_the_key_file_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: Pseudonyms.from_environment(home, {}).of("u1"), range(16)))
    assert len(names) == 1
    assert [path.name for path in home.iterdir()] == ["pseudonym.key"]
    assert (home / "pseudonym.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    Pseudonyms.from_environment(tmp_path, {})
    (tmp_path / "pseudonym.key").chmod(0o640)
    with pytest.raises(UserError, match="others can read it") as caught:
        Pseudonyms.from_environment(tmp_path, {})
    assert "chmod 600" in str(caught.value)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="FEEDMILL_PSEUDONYM_KEY: found a key of 5 bytes; allowed are 16 or more"):
        Pseudonyms.from_environment(tmp_path, {"FEEDMILL_PSEUDONYM_KEY": "short"})
    (tmp_path / "pseudonym.key").touch(mode=0o600)
    with pytest.raises(UserError, match="found a key of 0 bytes"):
        Pseudonyms.from_environment(tmp_path, {})
