"""Objects that look alike, by the column: what they give is what each gives alone, and the unusual is left alone."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stacklens_pipeline.parse.formats.fields.gathered import Gathered
from stacklens_pipeline.parse.formats.flat import FEWEST, alike_objects
from stacklens_pipeline.parse.formats.json_text import load
from tests.unit.parse.json_values import pieces, written

USUAL = (
    '{"timestamp":"2026-11-24T04:00:00Z","level":"info","n":7,"ratio":0.25,"ok":true,"none":null,'
    '"http":{"request":{"method":"GET"},"response":{"status_code":200}},"tags":["a","b"],"msg":"m"}'
)
changed = st.builds(
    lambda text, at, piece: text[: at % len(text)] + piece + text[at % len(text) + 1 :],
    st.just(USUAL) | written,
    st.integers(0, 300),
    pieces,
)


def fields_of(texts: list[str], *, alike: bool) -> tuple[pl.DataFrame, list[int]]:
    """The fields of texts and the places of those that were taken: together, or one by one."""
    gathered, taken = Gathered(has_dialects=True), list[int]()
    if alike:
        for objects in alike_objects(pl.Series(texts, dtype=pl.String)):
            gathered.add_alike(objects)
            taken += objects.places.to_list()
    else:
        for place, text in enumerate(texts):
            item = load(text)
            if item:
                gathered.add(place, item)
                taken.append(place)
    return gathered.fields(len(texts)), sorted(taken)


def assert_alike(texts: list[str]) -> int:
    together, taken = fields_of(texts, alike=True)
    alone, objects = fields_of(texts, alike=False)
    assert set(taken) <= set(objects)
    assert_frame_equal(together[taken], alone[taken])
    return len(taken)


@given(st.lists(written | changed, max_size=6))
def test_objects_that_are_taken_together_have_the_fields_that_each_has_alone(texts: list[str]) -> None:
    assert assert_alike([*[USUAL] * FEWEST, *texts]) >= FEWEST
    for text in texts:
        assert_alike([text] * FEWEST)


@given(st.lists(written, min_size=1, max_size=3))
def test_so_have_objects_of_which_only_some_have_values_that_can_be_read(texts: list[str]) -> None:
    assert_alike([text.replace("1", sign) for text in texts for sign in "12" for _ in range(FEWEST)])


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1}',
        '{ "a" : "b" , "n" : -0.5 } ',
        '{"level":"warn","level_name":"w","msg":"","time":1700000000.25,"user":null,"ok":false}',
        '{"status":200,"status_code":"404","msg":"été \x7f"}',
        '{"a":[1]}',
        '{"a":["x",1,null],"b":[]}',
        '{"a":["x","y"],"b":["z"]}',
        '{"a":{"b":1},"c":{"d":{"e":"f","g":{}}}}',
        '{"a":"\\n","b":"\\u00e9\\/"}',
        '{"a":1.50,"b":1e3,"c":0.00001,"d":-0,"e":12345678901234567890,"f":1646861401.5241024}',
        '{"http":{"request":{"method":"GET"},"response":{"status_code":"200","x":1}},"msg":"m"}',
        '{"url":"/a?b=c","path":"x","duration_ms":"12ms"}',
    ],
)
def test_common_objects_are_taken(text: str) -> None:
    assert assert_alike([text] * FEWEST) == FEWEST


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":2}}',
        '{"a":[{"b":1},{"b":2}]}',
        '{"a":[1, 2]}',
        '{"a":"b,","c":1}',
        '{"timestamp":{"seconds":1767323045,"nanos":1}}',
        '{"a":01}',
        '{"a":tru}',
        '{"a":"b"',
        '{"a":"b",}',
        '{"a" "b"}',
        '{"a":"b"}}',
        '{"a":"b"} {"a":"b"}',
        '["a","b"]',
        '{"a","b"}',
        '{"a":"b","c"}',
        '{"a"}',
        '{"tab\there":1}',
        '{"a":"tab\there"}',
        '{"a":"\\ud800"}',
        '{"a":"\\x22"}',
        '{"a":NaN}',
        "{" + '"a":[' * 40 + "]" * 40 + "}",
    ],
)
def test_what_is_unusual_is_left_to_the_parser(text: str) -> None:
    assert assert_alike([text] * FEWEST) == 0


def test_many_shapes_are_all_taken() -> None:
    texts = [f'{{"k{n % 20}":{n},"msg":"m","x":"{n}"}}' for n in range(20 * FEWEST)]
    assert assert_alike(texts) == len(texts)


def test_unusual_objects_do_not_keep_the_others_from_being_taken() -> None:
    strange = ['{"a":1,"a":2}', '{"a":"x","a":2}', "{,", '{"a" "b"}']
    assert assert_alike([*strange, *['{"a":1,"b":2}'] * FEWEST]) == FEWEST
