"""From a text to a `Script`: screen, scan, tokenise, hold the two readings against each other, parse."""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.dialect import Dialect as ParserDialect
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from governance.errors import InvalidInput
from governance.syntax.dialect import Dialect, Lexis, dialect_named
from governance.syntax.sql.context import SqlContext
from governance.syntax.sql.lexer import Part, Stretch, blanked, scan
from governance.syntax.sql.screen import MAX_CHARACTERS, MAX_DEPTH, depth, hidden
from governance.syntax.sql.script import Problem, Script, Statement, Trouble

# sqlglot logs a warning where it falls back to an opaque command; here that is a finding instead.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

MAX_TOKENS = 120_000
MAX_STATEMENTS = 1_000
MAX_COMMENTS = 5_000  # PostgreSQL's parser takes the square of their number
MAX_CASTS = 10_000  # for each `::` in Databricks' SQL sqlglot builds a tokeniser anew

_QUOTED = {
    *(TokenType.STRING, TokenType.IDENTIFIER, TokenType.NATIONAL_STRING, TokenType.RAW_STRING),
    *(TokenType.HEREDOC_STRING, TokenType.UNICODE_STRING, TokenType.BYTE_STRING, TokenType.BIT_STRING),
    *(TokenType.HEX_STRING, TokenType.NATIONAL_RAW_STRING),
}
_OPENER = re.compile(r"['\"`\[$]")
_WORDS = re.compile(r"\w+|\S")
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_CLOSED = {
    Part.EXECUTABLE: (Trouble.EXECUTABLE, "a comment that the server executes"),
    Part.HINT: (Trouble.HINT, "a comment that steers the optimiser"),
    Part.UNCLOSED: (Trouble.UNREADABLE, "a literal, quoted name or comment that is never closed"),
}

_TOKEN = re.compile(r"<Token .*?text: (.*?), line: .*?>", re.DOTALL)


def read(text: str, context: SqlContext, path: str = "<sql>") -> Script:
    """Read a text of SQL. Never raises on bad input: what is wrong with it becomes a problem."""
    try:
        dialect = dialect_named(context.dialect)
    except InvalidInput as error:
        reason = f"{error.message} ({error.remedy.rstrip('.')})"
        return Script(text, context, None, path, problems=[Problem(Trouble.DIALECT, reason)])
    if reason := _too_large(text):
        return Script(text, context, dialect, path, problems=[Problem(Trouble.OVERSIZED, reason)])
    script = Script(text, context, dialect, path)
    stretches = scan(text, dialect.lexis)
    plain = blanked(text, stretches)
    if (levels := depth(plain)) > MAX_DEPTH:
        reason = f"{levels:,} levels of brackets are more than the {MAX_DEPTH} that are judged"
        return Script(text, context, dialect, path, problems=[Problem(Trouble.OVERSIZED, reason)])
    script.problems.extend(_lexical(text, plain, stretches, dialect.lexis))
    tokens = _tokens(script, dialect, text)
    if tokens:
        script.problems.extend(_disagreement(text, plain, stretches, tokens, dialect))
        tokens = _without_comments(script, dialect, stretches) or tokens
        for chunk in _chunks(tokens):
            if len(script.statements) == MAX_STATEMENTS:
                reason = f"more than the {MAX_STATEMENTS:,} statements that are judged"
                script.problems.append(Problem(Trouble.OVERSIZED, reason, chunk[0].start, len(text)))
                break
            script.statements.append(_statement(script, dialect, plain, chunk))
    elif not script.problems:
        script.problems.append(Problem(Trouble.UNREADABLE, "there is no statement in it", 0, len(text)))
    return script


def _too_large(text: str) -> str:
    for counted, most, what in (
        (len(text), MAX_CHARACTERS, "characters"),
        (text.count("/*"), MAX_COMMENTS, "comments"),
        (text.count("::"), MAX_CASTS, "casts"),
    ):
        if counted > most:
            return f"{counted:,} {what} are more than the {most:,} that are judged"
    return ""


def _lexical(text: str, plain: str, stretches: list[Stretch], lexis: Lexis) -> Iterator[Problem]:
    for start, end, reason in hidden(text, stretches):
        yield Problem(Trouble.HIDDEN, reason, start, end)
    for stretch in stretches:
        if stretch.part in _CLOSED:
            trouble, reason = _CLOSED[stretch.part]
            yield Problem(trouble, reason, stretch.start, stretch.end)
    if template := _TEMPLATE.search(plain):
        yield Problem(Trouble.TEMPLATE, "a template that was not rendered", template.start(), template.end())
    yield from _ambiguous(text, stretches, lexis)


def _ambiguous(text: str, stretches: list[Stretch], lexis: Lexis) -> Iterator[Problem]:
    """Where a comment or literal ends depends on a server setting or on the engine's build."""
    for stretch in stretches:
        if stretch.part is Part.COMMENT and "\r" in text[stretch.start : stretch.end].replace("\r\n", ""):
            reason = "a bare carriage return, which ends this comment on some servers and not on others"
            if text[stretch.start] != "/" and not text[stretch.start : stretch.end].endswith("\r"):
                yield Problem(Trouble.AMBIGUOUS, reason, stretch.start, stretch.end)
    if not lexis.unsure or "\\" not in text:
        return
    other = scan(text, replace(lexis, escapes=not lexis.escapes))
    if other and other[-1].part is Part.UNCLOSED:
        return  # Under the other setting the text is an error, so it can only mean what we read.
    for mine, theirs in zip(stretches, other, strict=False):
        if mine != theirs:
            reason = "a backslash before a quote, which ends the literal or not as a server setting says"
            yield Problem(Trouble.AMBIGUOUS, reason, mine.start, mine.end)
            return


def _without_comments(script: Script, dialect: Dialect, stretches: list[Stretch]) -> list[Token]:
    """The tokens once more with comments as blanks: the parser trips over `GROUP /* … */ BY`.

    Both readers have agreed by now where the comments are, or the text is refused.
    """
    comments = [stretch for stretch in stretches if stretch.part is Part.COMMENT]
    return _tokens(script, dialect, blanked(script.text, comments)) if comments else []


def _tokens(script: Script, dialect: Dialect, text: str) -> list[Token]:
    try:
        tokens = _parser_dialect(dialect.parser).tokenize(text)
    except (SqlglotError, RecursionError) as error:
        script.problems.append(Problem(Trouble.UNREADABLE, first_words(str(error)), 0, len(script.text)))
        return []
    if len(tokens) <= MAX_TOKENS:
        return tokens
    reason = f"{len(tokens):,} words and signs are more than the {MAX_TOKENS:,} that are judged"
    script.problems.append(Problem(Trouble.OVERSIZED, reason, 0, len(script.text)))
    return []


def _disagreement(
    text: str, plain: str, stretches: list[Stretch], tokens: list[Token], dialect: Dialect
) -> Iterator[Problem]:
    """The parser must see the same literals, and the same code outside of them, as our own scanner."""
    kinds = [token.token_type for token in tokens]
    if _swallows(kinds, dialect):
        return
    mine = [(s.start, s.end) for s in stretches if s.part in (Part.LITERAL, Part.NAME)]
    theirs: list[tuple[int, int]] = []
    code = [text[token.start : token.end + 1] for token in tokens]
    for index in [index for index, kind in enumerate(kinds) if kind in _QUOTED]:
        start, end = tokens[index].start, tokens[index].end + 1
        if opener := _OPENER.search(text, start, end):
            code[index] = text[start : opener.start()]
            theirs.append((opener.start(), end))
    reason = "two readers disagree about what is code here and what is a literal or a comment"
    for ours, other in zip(mine, theirs, strict=False):
        if ours != other:
            yield Problem(Trouble.DISAGREEMENT, reason, min(ours[0], other[0]), max(ours[1], other[1]))
            return
    same_code = "".join("".join(code).split()) == "".join(plain.split())
    hinted = any(s.part in (Part.HINT, Part.EXECUTABLE, Part.UNCLOSED) for s in stretches)
    if len(mine) != len(theirs) or not (same_code or hinted):
        yield Problem(Trouble.DISAGREEMENT, reason, 0, len(text))


def _swallows(kinds: list[TokenType], dialect: Dialect) -> bool:
    """Whether a statement opens with a word after which sqlglot reads the rest as one opaque string."""
    commands = _parser_dialect(dialect.parser).tokenizer_class.COMMANDS
    if commands.isdisjoint(kinds):
        return False
    opens = (TokenType.SEMICOLON, TokenType.BEGIN)
    return any(
        kind in commands and previous in opens
        for kind, previous in zip(kinds, (TokenType.SEMICOLON, *kinds), strict=False)
    )


def _chunks(tokens: list[Token]) -> Iterator[list[Token]]:
    ends = [i for i, token in enumerate(tokens) if token.token_type is TokenType.SEMICOLON]
    start = 0
    for end in (*ends, len(tokens)):
        if start < end:
            yield tokens[start:end]
        start = end + 1


def _statement(script: Script, dialect: Dialect, plain: str, tokens: list[Token]) -> Statement:
    start = tokens[0].start
    words = [word.lower() for word in _WORDS.findall(plain, start, start + 160)[:6]]
    tree: exp.Expr | None = None
    try:
        trees = (
            _parser_dialect(dialect.parser)
            .parser(error_level=ErrorLevel.IMMEDIATE)
            .parse(tokens, script.text)
        )
        tree = trees[0] if len(trees) == 1 else None
    except RecursionError:
        _unreadable(script, tokens, "it is nested too deeply to be judged")
    except ParseError as error:
        _unreadable(script, tokens, _parse_reason(error), error)
    except Exception as error:  # whatever a parser trips over is something nobody has understood
        _unreadable(script, tokens, f"the parser failed ({type(error).__name__})")
    else:
        if tree is None:
            _unreadable(script, tokens, "the parser made nothing of it")
    return Statement(script, words, tokens, tree)


def _unreadable(script: Script, tokens: list[Token], reason: str, error: ParseError | None = None) -> None:
    start, end = tokens[0].start, tokens[-1].end + 1
    for detail in error.errors if error else ():
        wanted = (detail.get("line"), detail.get("col"))
        for token in tokens:
            if (token.line, token.col) == wanted:
                start, end = token.start, token.end + 1
    script.problems.append(Problem(Trouble.UNREADABLE, reason, start, end))


def _parse_reason(error: ParseError) -> str:
    details = [str(detail.get("description", "")).rstrip(".") for detail in error.errors]
    if details and details[0].startswith("Required keyword"):
        return "it cannot be parsed: an expression is incomplete"  # which argument is named varies by run
    return "it cannot be parsed: " + first_words(next(filter(None, details), str(error))).lower()


def first_words(said: str) -> str:
    """What the parser says, on one line and without its tokens' insides."""
    line = (said.strip().splitlines() or ["no reason given"])[0]
    return _TOKEN.sub(lambda token: repr(token[1]), line).rstrip(".")


@cache
def _parser_dialect(name: str) -> ParserDialect:
    return ParserDialect.get_or_raise(name)
