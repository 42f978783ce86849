"""What `rules` does."""

from governance.catalog import describe, listing
from governance.errors import InvalidInput


def print_rules(code: str) -> None:
    """Print one line for each rule, or all that is known about one. Raises InvalidInput."""
    if not code:
        for known, severity, name, summary in listing():
            print(f"{known:7} {severity:9} {name:34} {summary}")
        return
    text = describe(code)
    if text is None:
        raise InvalidInput(f"no rule {code!r}", "`governance rules` lists them.")
    print(text)
