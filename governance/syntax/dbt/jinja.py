"""Reads a dbt template into the names it mentions and the SQL it would run, without rendering it."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from governance.finding import Position
from governance.syntax.dbt.aliases import MUTATORS, Aliases, changed_names, handed_names
from governance.syntax.dbt.template import COMPUTED, THIS, UNREADABLE, Mention, Template, Text, merged

_RELATION = re.compile(r"\b(from|join|into|update|table|using)\s+(\S+\.)?[\"`]?$", re.IGNORECASE)
_DEFINING = {"test", "materialization", "docs", "snapshot"}
_Scoped = tuple[int, str]
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LOGIC = (nodes.Const, nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or)


class _DbtBlocks(Extension):
    """dbt's own blocks, all read as macros named `<tag>:<name>`."""

    tags = _DEFINING

    def parse(self, parser: Parser) -> nodes.Node:
        """One block with its name, its arguments where it has any, and its body."""
        tag = next(parser.stream)
        macro = nodes.Macro(lineno=tag.lineno)
        macro.name = f"{tag.value}:{parser.parse_assign_target(name_only=True).name}"
        macro.args, macro.defaults = [], []
        if tag.value == "test":
            parser.parse_signature(macro)
        while tag.value == "materialization" and parser.stream.skip_if("comma"):
            parser.parse_assign_target(name_only=True)
            if parser.stream.skip_if("assign"):
                parser.parse_expression()
        macro.body = parser.parse_statements((f"name:end{tag.value}",), drop_needle=True)
        return macro


ENVIRONMENT = jinja2.Environment(
    extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", _DbtBlocks], autoescape=False
)


def produced_text(text: str) -> Text:
    """The text that a template produces, as far as it tells; never raises."""
    try:
        tree = ENVIRONMENT.parse(text)
        return _Reader(text, tree).text(tree.body)
    except Exception:  # why it cannot be read, `read_template` says
        return Text(text, known=False)


def read_template(text: str) -> Template:
    """The facts of one template; never raises."""
    try:
        tree = ENVIRONMENT.parse(text)
        reader = _Reader(text, tree)
        reader.visit(tree, ())
    except jinja2.TemplateSyntaxError as error:
        return Template(problem=error.message or "not a template", problem_at=Position(error.lineno))
    except RecursionError:
        return Template(problem="the template is nested too deeply")
    except Exception as error:  # Jinja's own bugs on hostile text must be a finding, not a crash
        return Template(problem=f"{type(error).__name__}: {error}")
    return reader.template()


class _Reader:
    """Walks a template's tree once and collects what it finds."""

    def __init__(self, text: str, tree: nodes.Template) -> None:
        self._lines = text.split("\n")
        self._seen: dict[tuple[int, str], int] = defaultdict(int)
        self._assigned: dict[_Scoped, list[Text]] = defaultdict(list)
        self._looped: dict[_Scoped, list[Text]] = defaultdict(list)
        scoped = list(_scoped(tree, tree))
        self._bound = Counter(_bound(tree, scoped))
        self._local = {name for _, name in self._bound}
        self._settled: set[tuple[int, str]] = set()
        self._aliases = Aliases(tree)
        self._changed, self._handed = changed_names(tree), set(handed_names(tree))
        self._given: set[_Scoped] = set()
        self._begun = False
        self._changers: set[str] = set()
        self._owner: nodes.Template | nodes.Macro = tree
        self._scope: nodes.Node = tree
        self._tree = tree
        self._mentions: list[Mention] = []
        self._strings: list[tuple[str, Position]] = []
        self._filters: list[tuple[str, Position]] = []
        self._macros: dict[str, Position] = {}
        self._bodies: dict[str, str] = {}
        for kind in (nodes.Assign, nodes.AssignBlock, nodes.For, nodes.Call):
            for self._scope, node in scoped:
                if isinstance(node, kind):
                    self._remember(node)
        self._scope = tree

    def template(self) -> Template:
        """Everything found, in the order of the source."""
        mentions = tuple(sorted(self._mentions, key=lambda m: (m.start.line, m.start.column)))
        changers = frozenset(self._changers)
        strings, filters = tuple(self._strings), tuple(self._filters)
        return Template(mentions, self._macros, strings, filters, changers, self._bodies)

    def visit(self, node: nodes.Node, within: tuple[str, ...]) -> None:
        """Collect from a node and all below it."""
        match node:
            case nodes.Macro():
                self._macro(node, within)
            case nodes.CallBlock():
                body = self.text(node.body)
                self._expression(node.call, within, body)
                path, _ = _dotted(node.call.node)
                self._children(node.body, (*within, f"call:{'.'.join(path)}"))
            case nodes.Output():
                self._output(node, within)
            case nodes.CondExpr():
                self.visit(node.test, (*within, "if"))
                for _, child in node.iter_fields(exclude=("test",)):
                    self._children(child, within)
            case nodes.Name() if node.ctx == "store" or (id(self._owner), node.name) in self._settled:
                self._place(node.lineno, node.name)  # the template's own, whatever dbt calls by that name
            case nodes.If():
                self._branches(node, within)
            case nodes.Call() | nodes.Getattr() | nodes.Getitem() | nodes.Name():
                self._expression(node, within)
            case _:
                self._literal(node)
                for child in node.iter_child_nodes():
                    self.visit(child, within)
                self._settle(node)

    def text(self, node: Any) -> Text:
        """The text that nodes produce, as far as the template tells."""
        match node:
            case list():
                return sum((self.text(child) for child in node), Text(""))
            case nodes.TemplateData():
                return Text(node.data)
            case nodes.Const():
                return Text(str(node.value))
            case nodes.Output():
                return self.text(node.nodes)
            case nodes.Concat():
                return self.text(node.nodes)
            case nodes.Add():
                return self.text(node.left) + self.text(node.right)
            case nodes.Name() if self._bound[key := self._key(node)] == len(self._assigned[key]) == 1:
                said = self._assigned[key][0]
                container = said.items or said.parts or not said.text
                later = node.name in self._changed or (container and node.name in self._handed)
                return Text(COMPUTED, known=False, parts=self._parts(node)) if later else said
            case nodes.Name(name="this"):
                return Text(THIS)
            case nodes.Call(node=nodes.Name(name="ref" | "source")) if node.args:
                return Text("_".join(self.text(arg).text for arg in node.args))
            case nodes.Call(node=nodes.Name(name="return")) if node.args:
                return self.text(node.args[0])
            case nodes.List() | nodes.Tuple():
                return Text.of_items(self.text(item) for item in node.items)
            case nodes.Dict():
                keys = merged((self.text(pair.key).text,) for pair in node.items)
                values = Text.of_items(self.text(pair.value) for pair in node.items)
                return replace(values, parts=merged((keys, values.parts)))
            case nodes.If() | nodes.For():
                branches = self.text([*node.body, *node.else_])
                return Text(branches.text, known=False, parts=branches.parts)
            case nodes.Filter(name="trim" | "upper" | "lower" | "string" | "safe"):
                return self.text(node.node)
            case nodes.Filter(name="join", node=nodes.List(items=items), args=[] | [nodes.Const()]):
                between = self.text(node.args)
                texts = [self.text(item) for item in items]
                return sum((between + text for text in texts[1:]), texts[0] if texts else Text(""))
            case nodes.Compare() | nodes.Not() if all(
                isinstance(n, _LOGIC) for n in node.find_all(nodes.Node)
            ):
                return Text(str(node.as_const()))
        return Text(COMPUTED, known=False, parts=self._parts(node))

    def _parts(self, node: Any) -> tuple[str, ...]:
        """The constants from which an expression is computed, also through names of the template."""
        if not isinstance(node, nodes.Node):
            return ()
        constants = [node, *node.find_all(nodes.Const)]
        names = [node, *node.find_all(nodes.Name)]
        said = [c.value for c in constants if isinstance(c, nodes.Const) and isinstance(c.value, str)]
        bound = [
            text
            for name in names
            if isinstance(name, nodes.Name)
            for text in (*self._assigned.get(self._key(name), ()), *self._looped.get(self._key(name), ()))
        ]
        return merged((said, *((*text.pieces, *text.parts) for text in bound)))

    def _macro(self, node: nodes.Macro, within: tuple[str, ...]) -> None:
        self._macros[node.name] = self._place(node.lineno, node.name.partition(":")[2] or node.name)
        self._bodies[node.name] = self._bodies.get(node.name, "") + _digest(node)
        if self._aliases.changes_argument(node):
            self._changers.add(node.name)
        outer, self._owner = (self._owner, self._scope), node
        self._scope = node if self._scope is self._tree else self._scope
        for child in node.iter_child_nodes():
            self.visit(child, (*within, f"macro:{node.name}"))
        self._owner, self._scope = outer

    def _branches(self, node: nodes.If, within: tuple[str, ...]) -> None:
        """A condition, and its branches, of which each begins where the others do."""
        self.visit(node.test, (*within, "if"))
        begun = [self._begun]
        for branch in (node.body, node.elif_, node.else_):
            self._begun = begun[0]
            self._children(branch, within)
            begun.append(self._begun)
        self._begun = any(begun)

    def _output(self, node: nodes.Output, within: tuple[str, ...]) -> None:
        before = ""
        for child in node.nodes:
            if isinstance(child, nodes.TemplateData):
                before = child.data
                self._begun = self._begun or bool(re.search(r"\w", _COMMENT.sub("", before)))
                continue
            relation = ("relation",) if _RELATION.search(before) else ()
            begins = () if self._begun or isinstance(self._owner, nodes.Macro) else ("statement",)
            self.visit(child, within + relation + begins)
            if begins and isinstance(child, nodes.Name) and self._key(child) in self._given:
                where, key = self._place(child.lineno, child.name), f"var\x00{child.name}"
                text = Text(child.name, known=False)
                self._mentions.append(Mention(("var",), where, True, (text,), within=begins, key=key))
            before = ""

    def _children(self, value: Any, within: tuple[str, ...]) -> None:
        if isinstance(value, nodes.Node):
            self.visit(value, within)
        elif isinstance(value, list):
            for child in value:
                self._children(child, within)

    def _expression(self, node: nodes.Expr, within: tuple[str, ...], body: Text | None = None) -> None:
        call = node if isinstance(node, nodes.Call) else None
        target = call.node if call else node
        path, root = _dotted(target)
        inner = (*within, f"call:{'.'.join(path)}") if call else within
        if root is None:  # a method of a literal or of another call's result
            self._rootless(target, within)
            origin = self._origin(target)
            if origin and path and path[-1] in MUTATORS:
                place = self._place(target.lineno, path[-1])
                key = f"{path[-1]}\x00{node!r}"
                self._mentions.append(Mention((origin, *path), place, within=within, key=key, origin=origin))
        else:
            self._mention(path, root, target, call, within, body)
            self._subscripts(target, within)
        if call:
            parts = [*call.args, *(pair.value for pair in call.kwargs), call.dyn_args, call.dyn_kwargs]
            self._children([part for part in parts if part is not None], inner)

    def _rootless(self, node: nodes.Node, within: tuple[str, ...]) -> None:
        if isinstance(node, nodes.Call):
            self._expression(node, within)
            return
        if isinstance(node, nodes.Getattr):
            self._strings.append((node.attr, self._place(node.lineno, node.attr)))
        for child in node.iter_child_nodes():
            self.visit(child, within)

    def _subscripts(self, node: nodes.Node, within: tuple[str, ...]) -> None:
        while isinstance(node, nodes.Getattr | nodes.Getitem):
            if isinstance(node, nodes.Getitem):
                self.visit(node.arg, within)
            node = node.node

    def _mention(
        self,
        path: tuple[str, ...],
        root: nodes.Name,
        target: nodes.Node,
        call: nodes.Call | None,
        within: tuple[str, ...],
        body: Text | None,
    ) -> None:
        start = self._place(root.lineno, root.name)
        args = tuple(self.text(arg) for arg in call.args) if call else ()
        keywords = self._keywords(call) if call else {}
        texts = [*args, *keywords.values(), *([body] if body else [])]
        if call and (call.dyn_args or call.dyn_kwargs):
            texts.append(Text("", known=False))
        key = "\x00".join((".".join(path), *keywords, *(text.text for text in texts)))
        if not all(text.known for text in texts):
            # what cannot be read off counts as changed when anything around it changes
            key += _digest(self._owner)
        if root.name in self._local:
            path = ("", *path)
        origin, hands_on = self._origin(target), call is not None and self._hands_on(call)
        self._mentions.append(
            Mention(path, start, call is not None, args, keywords, body, within, key, origin, hands_on)
        )

    def _origin(self, target: nodes.Node) -> str:
        """dbt's own object that an attribute is taken from."""
        owner = target.node if isinstance(target, nodes.Getattr | nodes.Getitem) else None
        found = self._aliases.origin(owner)
        return "" if found.inside else found.name

    def _hands_on(self, call: nodes.Call) -> bool:
        given = (*call.args, *(pair.value for pair in call.kwargs), call.dyn_args, call.dyn_kwargs)
        return any(self._aliases.origin(value).name for value in given)

    def _keywords(self, call: nodes.Call) -> dict[str, Text]:
        """Arguments by name; `config({...})` says the same as `config(...)`."""
        found = {pair.key: self.text(pair.value) for pair in call.kwargs}
        for argument in (*call.args, call.dyn_kwargs):
            if isinstance(argument, nodes.Call) and _root_name(argument) == "dict":
                found |= self._keywords(argument)
            elif isinstance(argument, nodes.Dict):
                for pair in argument.items:
                    key = self.text(pair.key)
                    found[key.text if key.known else UNREADABLE] = self.text(pair.value)
            elif argument is not None and not isinstance(argument, nodes.Const):
                found[UNREADABLE] = Text("", known=False)
        return found

    def _literal(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            self._strings.append((node.value, Position(node.lineno)))
        elif isinstance(node, nodes.Concat | nodes.Add | nodes.AssignBlock):
            made = self.text(node.body if isinstance(node, nodes.AssignBlock) else node)
            self._strings.append((made.text, Position(node.lineno)))
        elif isinstance(node, nodes.Filter):
            self._filters.append((node.name, self._place(node.lineno, node.name)))
            if node.name == "join":
                self._strings.append((self.text(node).text, Position(node.lineno)))
            if node.name == "map" and any(_names_mutator(pair.value) for pair in node.kwargs):
                self._filters.append(("attr", self._place(node.lineno, node.name)))
        elif isinstance(node, nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends):
            self._filters.append(("include", Position(node.lineno)))

    def _settle(self, node: nodes.Node) -> None:
        """From a `set` that always runs on, its name means the template's own text, and nothing of dbt's."""
        if isinstance(node, nodes.Assign | nodes.AssignBlock) and isinstance(node.target, nodes.Name):
            text = node.body if isinstance(node, nodes.AssignBlock) else node.node
            always = any(node is child for child in self._owner.body)
            if always and self._bound[self._key(node.target)] == 1 and self.text(text).known:
                self._settled.add((id(self._owner), node.target.name))

    def _key(self, name: nodes.Name) -> "_Scoped":
        """What tells a name from those of other macros: a macro's own hide those of the file."""
        own = (id(self._scope), name.name)
        return own if self._bound[own] else (id(self._tree), name.name)

    def _remember(self, assign: nodes.Node) -> None:
        match assign:
            case nodes.Assign(target=nodes.Name() as name, node=value):
                if any(root.name == "var" for root in value.find_all(nodes.Name)):
                    self._given.add(self._key(name))
                self._assigned[self._key(name)].append(self.text(value))
            case nodes.AssignBlock(target=nodes.Name() as name, body=body):
                self._assigned[self._key(name)].append(self.text(body))
            case nodes.For(target=nodes.Name() as name, iter=values):
                self._looped[self._key(name)].append(self.text(values))
            case nodes.Call(node=nodes.Getattr(node=nodes.Name() as name, attr=attr)) if attr in MUTATORS:
                self._looped[self._key(name)] += [self.text(value) for value in assign.args]

    def _place(self, line: int, name: str) -> Position:
        """Where a name stands: its next occurrence on the line that has not been taken yet."""
        text = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        found = [m.start() + 1 for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
        nth = self._seen[line, name]
        self._seen[line, name] += 1
        return Position(line, found[min(nth, len(found) - 1)] if found else 1)


def _dotted(node: nodes.Node) -> tuple[tuple[str, ...], nodes.Name | None]:
    parts: list[str] = []
    while True:
        match node:
            case nodes.Getattr():
                parts.append(node.attr)
            case nodes.Getitem(arg=nodes.Const(value=str() as key)):
                parts.append(key)
            case nodes.Getitem(arg=nodes.Const() | nodes.Slice()):
                parts.append("[0]")
            case nodes.Getitem():
                parts.append("[]")
            case nodes.Name():
                return (node.name, *reversed(parts)), node
            case _:
                return tuple(reversed(parts)), None
        node = node.node


def _digest(node: nodes.Node) -> str:
    return hashlib.sha256(repr(node).encode("utf-8", "replace")).hexdigest()


def _root_name(call: nodes.Call) -> str:
    return call.node.name if isinstance(call.node, nodes.Name) else ""


def _names_mutator(attribute: nodes.Node) -> bool:
    return isinstance(attribute, nodes.Const) and str(attribute.value).rpartition(".")[2] in MUTATORS


def _scoped(node: nodes.Node, scope: nodes.Node) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    """Every node with the outermost macro that it stands in, or the template."""
    for child in node.iter_child_nodes():
        within = child if isinstance(child, nodes.Macro) and isinstance(scope, nodes.Template) else scope
        yield within, child
        yield from _scoped(child, within)


def _bound(tree: nodes.Node, scoped: list[tuple[nodes.Node, nodes.Node]]) -> Iterator[_Scoped]:
    """Each binding of a name by the template itself, and where."""
    for scope, node in scoped:
        if isinstance(node, nodes.Name) and node.ctx in ("store", "param"):
            yield id(scope), node.name
        elif isinstance(node, nodes.Macro):
            yield id(tree), node.name
