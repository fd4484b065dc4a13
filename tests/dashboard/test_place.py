"""Paths of places, whatever a study is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parfocal.dashboard.place import link, matched, plain, quoted


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert plain(quoted(text)) == text


@pytest.mark.parametrize("name", ["a/b", "..", ".", "day 1", "a~2Fb", "ü?#&%", "//", "x" * 300])
@pytest.mark.parametrize("prefix", ["/", "/user/me/proxy/8050/"])
def test_a_link_leads_to_its_place(name: str, prefix: str) -> None:
    path = link(prefix, "study", name, "trial", 7)
    assert path.startswith(f"{prefix}study/")
    place = matched("/study/<study>/trial/<trial>", prefix, path)
    assert place is not None
    assert (place.study, place.parts["trial"], place.prefix) == (name, "7", prefix)
    assert matched("/study/<study>", prefix, path) is None


@given(st.text(min_size=1))
def test_a_part_is_one_that_nobody_rewrites(text: str) -> None:
    part = quoted(text)
    assert part.strip(".")
    assert part.isascii()
    assert not set("/\\%?#& ") & set(part)


def test_the_query_is_read() -> None:
    place = matched("/", "/", "/", "?a=1&b=&a=2")
    assert place is not None
    assert place.query == {"a": "2", "b": ""}


def test_another_page_is_none() -> None:
    assert matched("/", "/", "/study") is None
    assert matched("/study/<study>", "/", "/studies/x") is None
    assert link("/", "compare", a="x y") == "/compare?a=x+y"
