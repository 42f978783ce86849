"""Texts from nothing: sentences of a small grammar, fragments in any order, bytes, and bulk."""

import re
from random import Random

GRAMMAR = {  # each rule's first branch ends soonest; it is the one that is taken in the depths
    "query": ("select <value> from <table>", "select <items> from <sources><tail>", "<with> <query>", "<query> <set> <query>", "select distinct <items> from <sources><tail>", "values (<value>)", "(<query>)", "table <table>", "select <items>"),
    "with": ("with x as (<query>)", "with x as (<query>), y as (<query>)", "with recursive x as (<query> union all <query>)", "with orders as (<query>)", "with x(a, b) as (<query>)"),
    "set": ("union all", "union", "except", "intersect"),
    "items": ("<value>", "<value> as a, <items>", "*", "o.*", "<value>, <value> b"),
    "sources": ("<table>", "<table> o", "<sources> join <sources> on <truth>", "<sources>, <sources>", "(<query>) s", "<sources> left join <table> c using (id)", "<sources> natural join <table>", "<sources> cross join lateral (<query>) l", "<call> f"),
    "tail": ("", " where <truth>", " where <truth> group by <value>", " order by <value> limit 10", " group by 1 having <truth>", " where <truth> order by 1 desc"),
    "truth": ("a = 1", "<value> = <value>", "<truth> and <truth>", "<truth> or <truth>", "not <truth>", "exists (<query>)", "<value> in (<query>)", "<value> is null", "<value> between <value> and <value>", "<value> like 'a%'"),
    "value": ("a", "1", "o.id", "'x'", "<value> + <value>", "<call>", "case when <truth> then <value> else <value> end", "cast(<value> as int)", "(<query>)", "count(*)", "sum(<value>) over (partition by <value> order by <value>)", "max(<value>) filter (where <truth>)", "null", "-<value>", "o", "<value>::text", "array[<value>]"),
    "call": ("lower(<value>)", "coalesce(<value>, <value>)", "evil(<value>)", "pg_sleep(9)", "nextval('s')", "abs(<value>)", "generate_series(1, 10)", "string_agg(<value>, ',')"),
    "table": ("orders", "customers", "secret", "x", "y", "s.secret", '"orders"', '"Orders"'),
    "statement": ("<query>", "<query>;", "<query>; <query>", "delete from <table> where <truth>", "insert into <table> <query>", "update <table> set a = <value> where <truth>", "with d as (delete from <table> returning *) <query>", "explain <query>", "create table t as <query>", "merge into <table> using <table> on <truth> when matched then delete"),
}  # fmt: skip

FRAGMENTS = (
    *("select ", "from ", "where ", "union ", "with x as (", "(", ")", ",", ";", "'", '"', "`", "[", "]", "{", "}"),
    *("--", "/*", "*/", "#", "//", "$$", "\\", "\n", "\r", "\x00", "\u200b", "\u202e", "@", "::", "->", ":", "?"),
    *("a", "b ", "1", "f(", "delete from t ", "drop table t", "into ", "exec ", "values ", "lateral ", "as ", "=", "|"),
    *("{{", "{%", "/*!", "/*+", "%", "*", ".", "q'", "E'", "case when ", "end ", "over (", "interval ", "not ", "-"),
    *("$1", "$a$", "U&'", "x'", "--\n", "/**/", "\ufeff", "\u00a0", "0x", "1e9", "..", "<<", "~", "^", "&&", "||"),
)  # fmt: skip

DEEP = {  # what is said many times over, and how often; every one must end in a verdict
    "200 parentheses": lambda: f"select {'(' * 200}1{')' * 200}",
    "5,000 parentheses": lambda: f"select {'(' * 5_000}1{')' * 5_000}",
    "200 subqueries": lambda: "select * from (" * 200 + "select 1" + ") x" * 200,
    "200 calls": lambda: f"select {'abs(' * 200}1{')' * 200}",
    "50,000 times not": lambda: f"select {'not ' * 50_000}1",
    "50,000 minus signs": lambda: f"select {'- ' * 50_000}1",
    "3,000 cases": lambda: f"select {'case when 1 then ' * 3_000}1{' end' * 3_000}",
    "20,000 ors": lambda: "select 1 from t where " + " or ".join(["a = 1"] * 20_000),
    "20,000 different ors": lambda: "select 1 from t where " + " or ".join(f"a = {n}" for n in range(20_000)),
    "20,000 unions": lambda: " union all ".join(["select 1"] * 20_000),
    "20,000 in a list": lambda: f"select 1 from t where a in ({', '.join(map(str, range(20_000)))})",
    "1 MB literal": lambda: f"select '{'x' * 1_000_000}'",
    "1 MB name": lambda: f'select "{"x" * 1_000_000}"',
    "1 MB of escapes": lambda: f"select '{chr(92) * 1_000_000}'",
    "1 MB comment": lambda: f"select 1 /*{'x' * 1_000_000}*/",
    "100,000 quotes": lambda: "select " + "'" * 100_000,
    "100,000 open comments": lambda: "select 1 " + "/*" * 100_000,
    "5,000 empty comments": lambda: "select 1" + "/**/" * 5_000,
    "200,000 empty comments": lambda: "select 1" + "/**/" * 200_000,
    "100,000 comment lines": lambda: "select 1" + "\n--" * 100_000,
    "50,000 casts": lambda: "select a" + "::int" * 50_000,
    "50,000 dots": lambda: "select a" + ".a" * 50_000,
    "3,000 ctes": lambda: f"with {', '.join(f'c{n} as (select 1)' for n in range(3_000))} select * from c1",
    "10,000 statements": lambda: "select 1;" * 10_000,
    "10,000 functions": lambda: "select " + ", ".join(["evil(1)"] * 10_000),
    "119,000 words": lambda: f"select 1 from t where a in ({'1,' * 59_400}1)",
    "119,000 words that end badly": lambda: f"select {'1,' * 59_400} from",
    "1,000 joins": lambda: "select 1 from t t0" + "".join(f" join t t{n} on t{n}.a = t0.a" for n in range(1, 1_000)),
}  # fmt: skip

_MARK = re.compile(r"<([a-z]+)>")
_DEEPEST = 7


def sentence(rng: Random) -> str:
    """A sentence of the grammar; most of them are SQL that an engine would take."""
    return _spelt("statement" if rng.random() < 0.2 else "query", rng, 0)


def _spelt(rule: str, rng: Random, depth: int) -> str:
    branches = GRAMMAR[rule]
    branch = branches[0] if depth > _DEEPEST else rng.choice(branches)
    return _MARK.sub(lambda mark: _spelt(mark[1], rng, depth + 1), branch)


def fragments(rng: Random) -> str:
    """Pieces of SQL in no order at all."""
    return "".join(rng.choices(FRAGMENTS, k=rng.randint(0, 30)))


def noise(rng: Random) -> str:
    """Bytes, or characters of every plane, lone surrogates among them."""
    if rng.random() < 0.5:
        return rng.randbytes(rng.randint(0, 80)).decode(rng.choice(("latin-1", "utf-16-le")), "replace")
    return "".join(chr(rng.randrange(0x11_0000)) for _ in range(rng.randint(0, 40)))


def deep(rng: Random) -> str:
    """One thing many times over."""
    return DEEP[rng.choice(tuple(DEEP))]()
