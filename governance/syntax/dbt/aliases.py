"""Which of dbt's own objects the expressions of a template stand for, by whatever names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jinja2 import nodes

MUTATORS = frozenset(
    {"update", "pop", "popitem", "setdefault", "clear", "append", "insert", "extend", "remove", "add", "set"}
)
_HELD = frozenset(
    {"model", "graph", "target", "flags", "config", "invocation_args_dict", "selected_resources"}
)
_HOLDERS = frozenset({"namespace", "dict", "zip"})
_ELEMENT = frozenset({"first", "last", "random", "min", "max"})
_PLAIN = frozenset(
    {
        *("name", "unique_id", "alias", "schema", "database", "identifier", "relation_name", "package_name"),
        *("resource_type", "path", "original_file_path", "description", "language", "materialized", "type"),
    }
)
"""Attributes that are text, which nobody can change."""
_KEEPING = frozenset(
    {
        *("config", "log", "print", "ref", "source", "run_query", "statement", "return", "tojson", "toyaml"),
        *("zip", "set", "range", "append", "join"),
    }
)
"""What leaves a list as it is when it is given one."""
_MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """One of dbt's own objects; `inside` when a list or mapping of the template's own holds it."""

    name: str = ""
    inside: bool = False

    @property
    def part(self) -> "Origin":
        """What a step into it leads to."""
        return Origin(self.name)


_NONE = Origin()


class Aliases:
    """What the names of one template stand for.

    What is set to `model.config`, or loops over `graph.nodes.values()`, is no copy: a change to it
    changes what dbt does. Followed through assignments, loops, blocks, arguments and containers.
    """

    def __init__(self, tree: nodes.Template) -> None:
        self._macros = {macro.name: macro for macro in tree.find_all(nodes.Macro)}
        self._hidden = {  # the arguments of a macro hide dbt's names in its body, and nowhere else
            id(name)
            for macro in self._macros.values()
            for name in macro.find_all(nodes.Name)
            if name.name in _HELD and name.name in {argument.name for argument in macro.args}
        }
        self._names: dict[str, Origin] = {}
        bindings = list(self._bindings(tree))
        for _ in range(_MOST_ROUNDS):  # one for each link in the longest chain of names
            before = dict(self._names)
            for name, value, inside in bindings:
                self._bind(name, value, inside)
            if self._names == before:
                break

    def origin(self, node: nodes.Node | None) -> Origin:
        """Which of dbt's objects an expression is, or holds."""
        match node:
            case nodes.Name():
                own = node.name in _HELD and id(node) not in self._hidden
                return Origin(node.name) if own else self._names.get(node.name, _NONE)
            case nodes.Call(node=nodes.Name(name=name)) if name in _HOLDERS:
                return Origin(self._first(_arguments(node)).name, inside=True)
            case nodes.Call(node=nodes.Name(name=name)) if name in self._macros:
                return self._names.get(_result(name), _NONE)
            case nodes.Call(node=nodes.Getattr(attr="copy") as copied):
                return Origin(self.origin(copied.node).name, inside=True)
            case nodes.Getattr(attr=attr) if attr in _PLAIN:
                return _NONE
            case nodes.Getattr() | nodes.Getitem() | nodes.Call():
                return self.origin(node.node).part
            case nodes.Filter(name="default" | "d"):
                return self._first((node.node, *node.args))
            case nodes.Filter():  # all others make a new list or text
                found = self.origin(node.node)
                return found.part if node.name in _ELEMENT else Origin(found.name, inside=True)
            case nodes.List() | nodes.Tuple() | nodes.Dict() | nodes.Pair() | nodes.Keyword():
                return Origin(self._first(node.iter_child_nodes()).name, inside=True)
            case nodes.CondExpr():
                return self._first((node.expr1, node.expr2))
            case nodes.Or() | nodes.And():
                return self._first(node.iter_child_nodes())
        return _NONE

    def changes_argument(self, macro: nodes.Macro) -> bool:
        """Whether a macro changes what it is given, or a part of it."""
        names = {argument.name for argument in macro.args}
        changed = (a.node for a in macro.find_all(nodes.Getattr) if a.attr in MUTATORS)
        return any(_root(receiver) in names for receiver in changed)

    def _first(self, values: Iterable[nodes.Node | None]) -> Origin:
        return next((found for value in values if (found := self.origin(value)).name), _NONE)

    def _bind(self, name: str, value: nodes.Node, inside: bool) -> None:
        found = self.origin(value)
        if found.name:
            known = self._names.get(name, Origin(found.name, inside=True))
            self._names[name] = Origin(known.name, known.inside and (inside or found.inside))

    def _bindings(self, tree: nodes.Template) -> Iterator[tuple[str, nodes.Node, bool]]:
        """Each name, what it is bound to, and whether it only holds that."""
        for assign in tree.find_all(nodes.Assign):
            yield from _targets(assign.target, assign.node)
        for loop in tree.find_all(nodes.For):
            yield from _targets(loop.target, nodes.Getitem(loop.iter, nodes.Const(0), "load"))
        for clause in tree.find_all(nodes.With):
            for target, value in zip(clause.targets, clause.values, strict=True):
                yield from _targets(target, value)
        handed = [value for call in _calls_of("caller", tree) for value in _arguments(call)]
        for block in tree.find_all(nodes.CallBlock):
            given = (*handed, *_arguments(block.call)) if block.args else ()
            yield from ((argument.name, value, False) for argument in block.args for value in given)
        for macro in self._macros.values():
            for call in _calls_of("return", macro):
                yield from ((_result(macro.name), value, False) for value in _arguments(call))
        for call in tree.find_all(nodes.Call):
            yield from self._call(call)

    def _call(self, call: nodes.Call) -> Iterator[tuple[str, nodes.Node, bool]]:
        match call.node:
            case nodes.Name(name=name) if name in self._macros:
                arguments = self._macros[name].args
                yield from ((a.name, v, False) for a, v in zip(arguments, call.args, strict=False))
                yield from ((pair.key, pair.value, False) for pair in call.kwargs)
            case nodes.Getattr(node=nodes.Name(name=name), attr=attr) if attr in MUTATORS:
                yield from ((name, value, True) for value in _arguments(call))


def changed_names(tree: nodes.Node) -> set[str]:
    """Names whose values the template changes after it has made them, by their own or another name."""
    calls = (call.node for call in tree.find_all(nodes.Call))
    found = {_root(name.node) for name in calls if isinstance(name, nodes.Getattr) and name.attr in MUTATORS}
    for assign in reversed(list(tree.find_all(nodes.Assign))):
        match assign:
            case nodes.Assign(target=nodes.Name(name=other), node=nodes.Name(name=name)) if other in found:
                found.add(name)
    return found


def handed_names(tree: nodes.Node) -> Iterator[str]:
    """Names given to macros, which may change a list that they are given."""
    for call in tree.find_all(nodes.Call):
        called = getattr(call.node, "attr", getattr(call.node, "name", ""))
        if called not in _KEEPING:
            yield from (value.name for value in _arguments(call) if isinstance(value, nodes.Name))


def _targets(target: nodes.Node, value: nodes.Node) -> Iterator[tuple[str, nodes.Node, bool]]:
    match target:
        case nodes.Name(name=name):
            yield name, value, False
        case nodes.NSRef(name=name):
            yield name, value, True
        case nodes.Tuple(items=items):
            for item in items:
                yield from _targets(item, nodes.Getitem(value, nodes.Const(0), "load"))


def _arguments(call: nodes.Call) -> Iterator[nodes.Node]:
    yield from call.args
    yield from (pair.value for pair in call.kwargs)


def _calls_of(name: str, tree: nodes.Node) -> Iterator[nodes.Call]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == name:
            yield call


def _result(macro: str) -> str:
    """The name under which the result of a macro is known: one that no template can write."""
    return f"{macro}()"


def _root(node: nodes.Node | None) -> str:
    while isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Call | nodes.Filter):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else ""
