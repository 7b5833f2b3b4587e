"""Licences: one name for each, and nothing taken for a permission that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.corpus.licences import UNRECOGNISED, allows_commercial_use, licence_name, openness

STATEMENTS = {
    "https://creativecommons.org/licenses/by/4.0/": "CC-BY-4.0",
    "http://creativecommons.org/licenses/by-nc-nd/3.0/": "CC-BY-NC-ND-3.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0",
    "https://creativecommons.org/publicdomain/mark/1.0/": "public-domain",
    "cc by-sa 3.0": "CC-BY-SA-3.0",
    "CC_BY": "CC-BY",
    "mit": "MIT",
    "Public Domain": "public-domain",
    "CC0": "CC0-1.0",
    "This is an Open Access article under the Creative Commons Attribution Non-Commercial License.": "CC-BY-NC",
    "under the Creative Commons Attribution-NonCommercial-NoDerivs 3.0 License": "CC-BY-NC-ND-3.0",
    "Creative Commons Attribution License, which permits unrestricted use": "CC-BY",
    "Creative Commons Attribution License, which permits non-commercial use only": "CC-BY-NC",
    "(http://creativecommons.org/licenses/by-nc/4.0/); the waiver "
    "(http://creativecommons.org/publicdomain/zero/1.0/) applies to the data": "CC-BY-NC-4.0",
    "© 2010 The publisher. All rights reserved.": UNRECOGNISED,
    "Some publisher's own terms apply to this article": UNRECOGNISED,
    "": "",
    "LicenseRef-PhysioNet-Credentialed": "LicenseRef-PhysioNet-Credentialed",
}


@pytest.mark.parametrize(("statement", "name"), STATEMENTS.items(), ids=range(len(STATEMENTS)))
def test_a_statement_has_one_name(statement: str, name: str) -> None:
    assert licence_name(statement) == name
    assert licence_name(name) == name


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        *[(name, True) for name in ("CC-BY-4.0", "CC-BY-ND-4.0", "CC0-1.0", "MIT", "public-domain", "cc by-sa")],
        *[(name, False) for name in ("", "CC-BY-NC-4.0", "CC-BY-NC", UNRECOGNISED, "unknown", "LicenseRef-mine")],
    ],
)
def test_only_what_surely_allows_commercial_use_is_commercial(name: str, allowed: bool) -> None:
    assert allows_commercial_use(name) is allowed
    assert (openness(name) >= 2) is allowed


def test_the_freer_licence_stands_higher() -> None:
    order = ["", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-SA-4.0", "CC-BY-4.0", "CC0-1.0"]
    assert [openness(name) for name in order] == sorted(range(6))


@given(st.text(max_size=80))
def test_no_text_makes_a_non_commercial_licence_commercial(text: str) -> None:
    assert not allows_commercial_use(f"CC BY-NC 4.0 {text}") or "creativecommons.org" in text
