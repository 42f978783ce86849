"""What a template mentions, defines and would produce: the values that reading one yields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from governance.finding import Position

LONGEST_TEXT = 4_000_000
UNREADABLE = "**"
"""Stands for the name of an argument that is computed, or for arguments handed on as a whole."""
THIS, COMPUTED = "this_relation", "computed_part"
"""Words that stand for the model's own relation, and for what cannot be read off a template."""
HOOKS = frozenset({"pre_hook", "post_hook", "on_run_start", "on_run_end", "sql_header"})
"""Settings whose text dbt runs as statements of their own."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text that a template would produce. `known` when every part of it can be read off the template.

    Relations (`ref`, `source`, `this`) stand in it by a name; other computed parts make it unknown.
    A list's text is that of its `items`, each ended like a statement. `parts` are constants that do
    not stand in it as they are: those from which the computed parts are made, and keys of dictionaries.
    """

    text: str
    known: bool = True
    items: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_TEXT:  # a template that doubles a text thirty times is short itself
            raise ValueError(f"the template makes a text of more than {LONGEST_TEXT:,} characters")

    @property
    def pieces(self) -> tuple[str, ...]:
        """The items of a list, else the one text."""
        return self.items or (self.text,)

    @classmethod
    def of_items(cls, items: Iterable["Text"]) -> "Text":
        """The text of a list."""
        texts = list(items)
        return cls(
            "".join(f"{text.text};\n" for text in texts),
            all(text.known for text in texts),
            tuple(piece for text in texts for piece in text.pieces),
            merged(text.parts for text in texts),
        )

    def __add__(self, other: "Text") -> "Text":
        parts = merged((self.parts, other.parts))
        return Text(self.text + other.text, self.known and other.known, parts=parts)


def merged(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """All words of the groups, each once, in their order."""
    return tuple(dict.fromkeys(word for group in groups for word in group))


@dataclass(frozen=True, slots=True)
class Mention:
    """A name from outside that a template uses: `adapter.drop_relation` is `("adapter", "drop_relation")`.

    A computed subscript stands as `[]`. `within` tells what surrounds it: `macro:<name>`,
    `call:<name>` for an argument, `if`, `relation` where SQL expects a table, `statement` where a
    file's SQL has not begun. `origin` names dbt's own object of which the last attribute is taken:
    `model` for `m.update` after `{% set m = model %}`. `hands_on` when such an object is among the
    arguments.
    """

    path: tuple[str, ...]
    start: Position
    called: bool = False
    args: tuple[Text, ...] = ()
    keywords: Mapping[str, Text] = field(default_factory=dict)
    body: Text | None = None
    within: tuple[str, ...] = ()
    key: str = ""
    origin: str = ""
    hands_on: bool = False

    @property
    def name(self) -> str:
        """The dotted name."""
        return ".".join(self.path)

    @property
    def sql(self) -> Text:
        """The SQL that a call like run_query or a statement block carries."""
        if self.body is not None:
            return self.body
        for keyword in ("sql", "sql_statement", "query"):
            if keyword in self.keywords:
                return self.keywords[keyword]
        return self.args[0] if self.args else Text("", known=False)


@dataclass(frozen=True, slots=True)
class Template:
    """What a template mentions and defines; `problem` says why it could not be read.

    `changers` are those of its macros that change what they are given, `bodies` tells each macro's
    words from others.
    """

    mentions: tuple[Mention, ...] = ()
    macros: Mapping[str, Position] = field(default_factory=dict)
    strings: tuple[tuple[str, Position], ...] = ()
    filters: tuple[tuple[str, Position], ...] = ()
    changers: frozenset[str] = frozenset()
    bodies: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    problem_at: Position = Position(1)
