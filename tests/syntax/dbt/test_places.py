"""Places of rendered text in its template: by hand for the shapes, at random against a rendering that knows."""

from dataclasses import dataclass

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.finding import Position
from governance.syntax.dbt.places import Places

# What is rendered with Jinja itself; « marks the letter asked for in the rendered text, and in the template
# where it must be found: the letter itself, or the expression that it comes from.
CASES = [
    ("plain text", "select a,\n  «b\nfrom t", {}, "select a,\n  «b\nfrom t"),
    ("behind an expression of several lines", "select {{ x }}\nfrom «t", {"x": "a,\nb,\nc"}, "select a,\nb,\nc\nfrom «t"),
    ("of an expression", "select «{{ x }} from t", {"x": "a, b"}, "select a, «b from t"),
    ("of one of two on a line", "select {{ x }}, «{{ y }} from t", {"x": "a", "y": "b"}, "select a, «b from t"),
    ("a setting renders nothing", "{{ config(a=1) }}\n\nselect «{{ x }}", {"config": lambda a: "", "x": "a"}, "\n\nselect «a"),
    ("in the branch that is taken", "select {% if x %}aa{% else %}«bb{% endif %} from t", {}, "select «bb from t"),
    ("in no branch", "select 1{% if x %}, a{% elif y %}, b{% endif %}\nfrom «t", {}, "select 1\nfrom «t"),
    ("in a loop, any time round", "select {% for c in x %}{{ c }} «as {{ c }}_, {% endfor %}1", {"x": "abc"}, "select a as a_, b as b_, c «as c_, 1"),
    ("an expression in a loop", "select {% for c in x %}{{ c }} as «{{ c }}_, {% endfor %}1", {"x": "abc"}, "select a as a_, b as «b_, c as c_, 1"),
    ("a comma but for the last", "{% for c in x %}{{ c }}{% if not loop.last %}«, {% endif %}{% endfor %} from t", {"x": "abc"}, "a, b«, c from t"),
    ("a loop that is not entered", "select {% for c in x %}a{% else %}«b{% endfor %}", {"x": ""}, "select «b"),
    ("stripped on both sides", "select\n  {%- for c in x -%}\n  {{ c }},\n {%- endfor -%}\n   «1", {"x": "ab"}, "selecta,b,«1"),
    ("behind a comment", "{# about\nthis #}select «a", {}, "select «a"),
    ("in raw text", "{% raw %}select '{{ x }}', «a{% endraw %}", {}, "select '{{ x }}', «a"),
    ("of text that was set", "{% set x %}a, b{% endset %}select «{{ x }}", {}, "select a, «b"),
    ("a macro of the file", "{% macro m() %}a, b{% endmacro %}select «{{ m() }} from t", {}, "select a, «b from t"),
    ("what a macro does with a body", "{% macro m() %}({{ caller() }}){% endmacro %}«{% call m() %}b{% endcall %} c", {}, "«(b) c"),
    ("the body itself", "{% macro m() %}({{ caller() }}){% endmacro %}{% call m() %}«body{% endcall %} c", {}, "(«body) c"),
    ("a setting by name is no value", "{% if m(a=1) %}a«b{% endif %}", {"m": lambda a: True}, "a«b"),
    ("a line with a return", "select a,\r\n  «b", {}, "select a,\n  «b"),
    ("blank lines that dbt strips", "\n\n  select «a\n\n", {}, "select «a"),
    ("letters outside the BMP", "select '🙂', {{ x }}, «b", {"x": "'🙂🙂'"}, "select '🙂', '🙂🙂', «b"),
]  # fmt: skip


def marked(text: str) -> tuple[str, Position]:
    before = text.partition("«")[0].replace("\r\n", "\n")
    return text.replace("«", ""), Position(before.count("\n") + 1, len(before) - before.rfind("\n"))


@pytest.mark.parametrize(
    ("template", "values", "rendered"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_place_is_that_of_the_letter_or_of_its_expression(
    template: str, values: dict, rendered: str
) -> None:
    text, expected = marked(template)
    made, asked = marked(rendered)
    stripped = text.replace("\r\n", "\n").strip()
    assert jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(stripped).render(values) == made
    assert Places(text, made).at(asked) == expected


def test_an_end_is_that_of_the_letter_or_of_the_whole_expression() -> None:
    places = Places("select {{ x }}, bb\nfrom t", "select a,\nc, bb\nfrom t")
    assert places.until(Position(1, 7)) == Position(1, 7)
    assert places.until(Position(2, 2)) == Position(1, 15)
    assert places.until(Position(2, 6)) == Position(1, 19)
    assert Places("a", "a").until(Position(1, 1)) is None


INJECTED = [
    ("select * from {{ ref('e') }}\nwhere «a", "with __dbt__cte__e as (\nselect 1\nwhere a\n) select * from __dbt__cte__e\nwhere «a"),
    ("with q as (select 1)\nselect «a from {{ ref('e') }}", "with  __dbt__cte__e as (\nselect a from q\n), q as (select 1)\nselect «a from __dbt__cte__e"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "rendered"), INJECTED)
def test_the_sql_of_an_ephemeral_model_is_no_text_of_this_one(template: str, rendered: str) -> None:
    text, expected = marked(template)
    made, asked = marked(rendered)
    assert Places(text, made).at(asked) == expected
    assert Places(text, made).at(Position(2, 3)) is None


SNAPSHOTS = "{% snapshot one %}\nselect 1 as a\n{% endsnapshot %}\n\n{% snapshot two %}\nselect {{ x }} as b\n{% endsnapshot %}\n"


def test_a_snapshot_is_one_block_of_its_file() -> None:
    assert Places(SNAPSHOTS, "\nselect 7 as b\n").at(Position(2, 13)) == Position(6, 19)
    assert Places(SNAPSHOTS, "\nselect 1 as a\n").at(Position(2, 13)) == Position(2, 13)


NO_PLACES = [
    "{% if x %}a",
    "{% endif %}a",
    "a {{ x",
    "{% for a in b %}a{% endif",
    "ab",
    "{% if x %}b{% endif %}a",
    "",
]


@pytest.mark.parametrize("template", NO_PLACES)
def test_a_text_of_something_else_has_no_place(template: str) -> None:
    assert Places(template, "b").at(Position(1, 1)) is None


def test_a_text_of_too_many_ways_has_no_place_and_costs_no_time() -> None:
    template = "{% for x in y %} {{ x }} {% endfor %}" * 100
    assert Places(template, " a " * 30_000).at(Position(1, 1)) is None


@dataclass(frozen=True)
class Drawn:
    """A template, what it renders to, and for each letter of that the offset where it comes from."""

    template: str
    rendered: str
    origins: tuple[int, ...]

    def __add__(self, other: "Drawn") -> "Drawn":
        moved = tuple(origin + len(self.template) for origin in other.origins)
        return Drawn(self.template + other.template, self.rendered + other.rendered, self.origins + moved)


def word(number: int) -> Drawn:
    text = f"w{number}x \n"[: 5 + number % 3] + "."  # no word is part of another
    return Drawn(text, text, tuple(range(len(text))))


@st.composite
def templates(draw: st.DrawFn, depth: int = 0, count: list[int] | None = None) -> Drawn:
    """Words, expressions between them, conditions and loops; expressions give capitals, words have none."""
    count = [0] if count is None else count

    def literal() -> Drawn:
        count[0] += 1
        return word(count[0])

    found = literal()
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["expression", "if", "for", "set"] if depth < 2 else ["expression"]))
        if kind == "expression":
            value = draw(st.text("AB\n, ", min_size=1, max_size=6)).replace("\n", "\nA")
            if not value.strip(" ,\n"):
                value = "A" + value
            template = f"{{{{ {value!r} }}}}"
            found += Drawn(template, value, (0,) * len(value))
        elif kind == "set":
            found += Drawn("{% set s %}w1x .{{ 'A' }}{% endset %}", "", ())
        else:
            body = draw(templates(depth + 1, count))
            times = draw(st.integers(0, 1 if kind == "if" else 3))
            opening = f"{{% if {times} %}}" if kind == "if" else f"{{% for i in range({times}) %}}"
            start = Drawn(opening, "", ())
            inside = start + body
            found += Drawn(
                inside.template + ("{% endif %}" if kind == "if" else "{% endfor %}"),
                body.rendered * times,
                inside.origins * times,
            )
        found += literal()
    return found


@settings(max_examples=200, deadline=None)
@given(templates())
def test_every_letter_of_a_random_template_is_found(drawn: Drawn) -> None:
    assert jinja2.Template(drawn.template, keep_trailing_newline=True).render() == drawn.rendered
    template, places = _Text(drawn.template), Places(drawn.template, drawn.rendered)
    rendered = _Text(drawn.rendered)
    for offset, origin in enumerate(drawn.origins):
        assert places.at(rendered.position(offset)) == template.position(origin), (
            drawn.rendered[offset:],
            offset,
        )


class _Text(str):
    def position(self, offset: int) -> Position:
        before = self[:offset]
        return Position(before.count("\n") + 1, offset - before.rfind("\n"))


@settings(max_examples=100, deadline=None)
@given(st.text("{}%#- \nabif", max_size=40), st.text("ab \n{}", max_size=40))
def test_any_texts_are_read_without_a_crash(template: str, rendered: str) -> None:
    places = Places(template, rendered)
    lines = template.strip().split("\n") if template.strip() else []
    for line in (1, 2, 9):
        for column in (1, 2, 50):
            found = places.at(Position(line, column))
            assert found is None or (found.line >= 1 and found.column >= 1 and lines)
