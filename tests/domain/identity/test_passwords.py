"""Which passwords are refused, and how they are kept."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from rcx_app.domain.identity import passwords

MINE = "mia@northbeam.example"


def objection(password: str) -> str:
    return passwords.objection(password, email=MINE, names=("Mia Hollis", "Northbeam IT"))


@pytest.mark.parametrize(
    "password",
    [
        "tram willow basket 7",
        "gx7#Lq!vv2Zpt",
        "der Hund im Regen",
        "кошка под дождём",
        "correct horse umbrella",
        "northbeam wins by reading",
    ],
)
def test_a_fair_password_passes(password: str) -> None:
    assert objection(password) == ""


@pytest.mark.parametrize("password", ["", "short", "elevenchars"])
def test_a_short_one_is_refused(password: str) -> None:
    assert objection(password) == "Use at least 12 characters."


def test_an_endless_one_is_refused() -> None:
    assert objection("tram willow " * 1000) == "Use at most 256 characters."


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password2026!!",
        "P@ssw0rd1234",
        "passwordpassword",
        "welcome12345!",
        "qwertyuiop12",
        "1q2w3e4r5t6y",
        "1234567890123",
        "abcdefghijkl",
        "aaaaaaaaaaaaaa",
        "121212121212",
        "letmein letmein",
        "summer-winter-2026",
        "correcthorsebatterystaple",
        "NOVEMBER 2026 november",
    ],
)
def test_a_common_one_is_refused(password: str) -> None:
    assert "too easy to guess" in objection(password)


@pytest.mark.parametrize("password", [MINE, "MIA@northbeam.example1", "Mia Hollis 2026", "northbeam it 12345"])
def test_ones_own_name_is_refused(password: str) -> None:
    assert "your name or address" in objection(password)


def test_only_the_right_password_fits() -> None:
    kept = passwords.hash_password("tram willow basket 7")
    assert "tram" not in kept
    assert kept.startswith("$argon2id$")
    assert passwords.is_right(kept, "tram willow basket 7")
    assert not passwords.is_right(kept, "tram willow basket 8")
    assert not passwords.is_right(kept, "")


@pytest.mark.parametrize("kept", [None, "!", "", "$argon2id$broken"])
def test_without_a_hash_no_password_is_right(kept: str | None) -> None:
    assert not passwords.is_right(kept, "nobody has this password")


def test_a_hash_of_weaker_parameters_is_outdated() -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8 * 1024).hash("x"))
    assert not passwords.is_outdated(passwords.hash_password("tram willow basket 7"))
