"""Definitions as YAML: what is written is read again, and what is unsafe is refused."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.schedules.definitions import yaml_text

TEXTS = [
    *("no", "Yes", "null", "~", "true", "1e3", "1.50", "0 9 * * 1", "12:30", "2026-01-31", ""),
    *(" a", "a ", "a\n  b\n\nc\n", "\n", " a\nb", "tab\there", "# no comment", "a: b", "- a"),
    *("é 日本 😀", "&a", "*a", "!tag", "%d", "@", '"', "'", "a\u2028b", "\x85", "0x1f", "1_000"),
]


def refused(text: str | bytes) -> FieldError:
    with pytest.raises(Invalid) as error:
        yaml_text.read(text.encode() if isinstance(text, str) else text)
    (found,) = error.value.errors
    return found


def test_what_is_written_is_read_again() -> None:
    values = [None, True, False, 0, -5, 10**9, *TEXTS]
    one = {f"field{i}": value for i, value in enumerate(values)} | {"list": TEXTS, "none": []}
    definition = {"tenant": "acme", "schedules": [one, {"slug": "b"}]}
    text = yaml_text.write(definition, ("first", "second"))
    assert text.startswith("# first\n# second\ntenant: acme\nschedules:\n  - field0: null\n")
    assert yaml_text.read(text.encode()).value == definition
    # other programs read the same
    assert yaml.safe_load(text) == definition
    assert yaml_text.read(yaml_text.write({"schedules": []}).encode()).value == {"schedules": []}


BREAKS = "a \t\n\r\x85\xa0\u2028\u2029\ufeff\x7f\x9f#:-|%\\'\""


@given(st.text(alphabet=st.sampled_from(BREAKS) | st.characters(exclude_categories=["Cs", "Cc"])))
@example("q\n\xa0\nz")
@example("q\u2028 \n z")
@example("\n")
@example("a\n\n")
def test_every_text_is_read_as_it_was_written(text: str) -> None:
    definition = {"tenant": text, "schedules": [{"description": text, "tags": [text]}]}
    assert yaml_text.read(yaml_text.write(definition).encode()).value == definition


def test_plain_values_are_those_of_json() -> None:
    text = "a: no\nb: 2026-01-31\nc: 010\nd: 1.5\ne:\nf: 'true'\ng: |\n  x\n  y\nh: {i: [1, two]}"
    assert yaml_text.read(text.encode()).value == {
        "a": "no",
        "b": "2026-01-31",
        "c": "010",
        "d": 1.5,
        "e": None,
        "f": "true",
        "g": "x\ny\n",
        "h": {"i": [1, "two"]},
    }


def test_an_alias_repeats_a_value() -> None:
    text = "a: &them [x, y]\nb: *them\nc: {d: &e 1}\nf: *e"
    expected = {"a": ["x", "y"], "b": ["x", "y"], "c": {"d": 1}, "f": 1}
    assert yaml_text.read(text.encode()).value == expected


@pytest.mark.parametrize(
    ("text", "pointer", "detail"),
    [
        ("", "", "is empty"),
        ("a: 1\na: 2", "/a", "line 2: appears twice"),
        ("a: [1\nb: 2", "", "line 2: is not valid YAML"),
        ("\ta: 1", "", "line 1: is not valid YAML"),
        ("a: \x00", "", "is not valid YAML: control characters"),
        (b"a: \xff", "", "is not valid UTF-8"),
        ("--- 1\n--- 2", "", "line 2: has a second document"),
        ("a:\n  b: !!python/object:os.system x", "/a/b", "line 2: has a tag"),
        ("a: !!str 1", "/a", "line 1: has a tag"),
        ("!x {a: 1}", "", "line 1: has a tag"),
        ("{!x a: 1}", "", "line 1: has a tag"),
        ("? [a]\n: 1", "", "line 1: has a list or mapping in place of a name"),
        ("a: &x [*x]", "/a/0", "line 1: is an alias"),
        ("a: *x", "/a", "line 1: is an alias"),
        ("[" * 9, "", "line 1: has more than 8 levels"),
        ("[" * 100_000, "", "line 1: is not valid YAML: exceeded maximum"),
        ("- " * 60_000, "", "line 1: has more than 8 levels"),
        ("[" + "1," * 60_000 + "]", "", "line 1: has more than 50,000 values"),
        ("a: " + "9" * 31, "/a", "line 1: is too large"),
        ("a: 9223372036854775808", "/a", "line 1: is too large"),
        ("a: -1e999", "/a", "line 1: is too large"),
        ("%YAML 1.2\n---\na: 1", "", "line 1: begins with %: leave directives out"),
        ("\ufeff\ufeff%TAG !a! b\n--- 1", "", "line 1: begins with %"),
        ("a: 1\n...\n%TAG !a! b\n--- 1", "", "line 3: begins with %"),
        ("# x\u2028%TAG !a! b\n--- 1", "", "line 1: begins with %"),
        ("x" * 51 + ": 1", "", "line 1: has a name that is too long"),
    ],
)
def test_what_is_refused(text: str | bytes, pointer: str, detail: str) -> None:
    found = refused(text)
    assert (found.pointer, found.detail[: len(detail)]) == (pointer, detail)


def test_repeated_aliases_count_with_all_that_they_repeat() -> None:
    lines = ["l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "has more than 50,000 values, with those of aliases" in refused("\n".join(lines)).detail


def test_texts_count_with_the_aliases_that_repeat_them() -> None:
    text = f"a: &a {'x' * 100_000}\nb: &b [*a, *a]\nc: "
    assert yaml_text.read(f"{text}[*b, *b, *b]".encode()).value["c"][2][1] == "x" * 100_000
    found = refused(f"{text}[*b, *b, *b, *b]")
    assert found.detail == "line 3: has more than 1,048,576 characters, with aliases"


def test_errors_get_the_line_of_the_nearest_part() -> None:
    document = yaml_text.read(b"schedules:\n\n  - slug: a\n    name: b\n    tags: [x,\n     y]\n")
    places = {
        "/schedules/0/name": "line 4: wrong",
        "/schedules/0/tags/1": "line 6: wrong",
        "/schedules/0/tags/9": "line 5: wrong",
        "/schedules/0/format": "line 3: wrong",
        "/schedules/7": "line 3: wrong",
        "": "line 1: wrong",
    }
    error: Any = document.located(Invalid([FieldError(place, "wrong") for place in places]))
    assert [each.detail for each in error.errors] == list(places.values())
