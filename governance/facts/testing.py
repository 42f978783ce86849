"""Test files, and whether a change to one makes it accept more than before."""

import re
from collections.abc import Callable

_TEST_FILE = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|e2e|cypress|fixtures|contracts?|expectations"
    r"|great_expectations|gx)/|(?:^|/)test_[^/]*$|_test\.\w+$|\.(?:test|spec|cy)\.\w+$"
    r"|(?:^|/)conftest\.py$|(?:^|/)(?:pytest|tox)\.ini$|(?:^|/)(?:jest|cypress|playwright"
    r"|vitest)\.config\.|(?:^|/)(?:schema|_?models|_\w+)\.ya?ml$|\.schema\.json$"
    r"|expectations?\.ya?ml$|(?:^|/)cypress\.\w+$",
    re.I,
)
_SKIP = re.compile(
    r"@?pytest\.(?:mark\.)?(?:skip|xfail)|@(?:unittest\.)?skip\b|@unittest\.skip|\b(?:it|test"
    r"|describe)\.(?:skip|todo|fixme)\b|\bx(?:it|describe)\("
    r"|@(?:Ignore|Disabled)\b|\bt\.Skip\(|pytest\.skip\(|self\.skipTest|enabled:\s*false|\bskip:\s*true"
)
_ASSERT = re.compile(
    r"\bassert\b|\bself\.assert\w+|\bexpect\(|\bassert[A-Z]\w*\(|\.should\(|\bexpect_\w+"
    r"|^[ \t]*- (?:not_null|unique|accepted_values|relationships|dbt_\w+)",
    re.M,
)
_LOOSE = re.compile(
    r"\bassert True\b|toBeTruthy\(\)|toBeDefined\(\)|\bor True\b|assert \w+ is not None\s*$"
    r"|assertTrue\(True\)|severity:\s*['\"]?warn|warn_if|error_if|where:\s*['\"]?(?:false|1 ?= ?0)"
    r"|expect\(true\)|mostly:\s*0?\.\d|assert \w+(?:\.\w+)*\s*$",
    re.M,
)
_SWALLOW = re.compile(
    r"except\b[^\n]*:\s*(?:\n\s*(?:#[^\n]*\n\s*)*)?(?:pass|return|continue|print|logger|logging"
    r"|assert True)|catch\s*\([^)]*\)\s*\{\s*(?://[^\n]*\n\s*)*\}"
)
_RETRY = re.compile(
    r"@flaky|reruns?\s*=|--reruns|retries\s*[:=]\s*[1-9]|for _?\w* in range\([^)]*\):\s*\n\s*try:"
    r"|jest\.retryTimes|@retry|max_retries",
    re.I,
)
_MOCK = re.compile(
    r"@(?:mock\.)?patch\(|mock\.patch|jest\.mock\(|sinon\.stub|monkeypatch\.setattr|MagicMock"
    r"|return_value\s*=\s*(?:True|\{)|mockReturnValue|mockResolvedValue|vi\.mock\("
)
_TOLERANCE = re.compile(
    r"(?:toBeCloseTo|assertAlmostEqual|approx|round|isclose)\(|\b(?:tolerance|threshold|delta"
    r"|atol|rtol|epsilon|places|precision|mostly)\b|decimal",
    re.I,
)
_TIMEOUT = re.compile(r"timeout\w*['\"]?\s*[:=(]\s*(\d+)|setTimeout\(\s*(\d+)|sleep\(\s*([\d.]+)", re.I)
_COUNT = re.compile(r"\b(?:range\(|threads?\s*=\s*|workers?\s*=\s*|iterations?\s*=\s*)(\d+)")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?!\w)")
_CLOCK = re.compile(r"\btime\.time\(\)|\bperf_counter\(\)|\bprocess_time\(\)|performance\.now\(\)")
_REQUIRED = re.compile(r"\"required\"\s*:\s*\[([^\]]*)\]")


def is_test_file(path: str) -> bool:
    """Whether a path is that of tests, fixtures, expectations or their configuration."""
    return bool(_TEST_FILE.search(path))


def weakening(old: str, new: str) -> str:
    """How the new text accepts more than the old one, in words; empty when it does not."""
    for said, test in _WAYS:
        if test(old, new):
            return said
    return ""


def skipping(text: str) -> str:
    """That new tests are born skipped, in words; empty when they are not."""
    return "a test is written that does not run" if _SKIP.search(text) else ""


def _added(pattern: re.Pattern[str]) -> Callable[[str, str], bool]:
    return lambda old, new: len(pattern.findall(new)) > len(pattern.findall(old))


def _fewer_assertions(old: str, new: str) -> bool:
    return len(_ASSERT.findall(old)) > len(_ASSERT.findall(new))


def _other_expectation(old: str, new: str) -> bool:
    """An assertion whose left side stands and whose expected value does not."""
    if not old.strip():
        return False
    before, after = _assertions(old), _assertions(new)
    gone = [line for line in before if line not in after]
    come = [line for line in after if line not in before]
    return any(_stands_for(a, b) for a in gone for b in come)


def _assertions(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if _ASSERT.search(line)]


def _stands_for(a: str, b: str) -> bool:
    """Two assertions that begin alike, up to the comparison."""
    left = re.split(r"==|!=|<=|>=|<|>|,|\.to|\bis\b|\bin\b", a, maxsplit=1)[0].strip()
    return len(left) > 8 and b.startswith(left)


def _looser_tolerance(old: str, new: str) -> bool:
    if re.search(r"#[^\n]{0,80}\bwas\b|//[^\n]{0,80}\bwas\b|relaxed", new, re.I) and _ASSERT.search(new):
        return True
    pairs = zip(old.splitlines(), new.splitlines(), strict=False)
    return any(_TOLERANCE.search(a) and _NUMBER.findall(a) != _NUMBER.findall(b) for a, b in pairs if a != b)


def _longer_timeout(old: str, new: str) -> bool:
    before = [float(next(filter(None, g))) for g in _TIMEOUT.findall(old) if any(g)]
    after = [float(next(filter(None, g))) for g in _TIMEOUT.findall(new) if any(g)]
    return bool(after) and max(after) > max(before, default=60.0)


def _smaller_trial(old: str, new: str) -> bool:
    before, after = [int(n) for n in _COUNT.findall(old)], [int(n) for n in _COUNT.findall(new)]
    return bool(before and after) and max(after) < max(before)


def _fewer_required(old: str, new: str) -> bool:
    before, after = _REQUIRED.search(old), _REQUIRED.search(new)
    return bool(before and after) and len(after.group(1).split(",")) < len(before.group(1).split(","))  # type: ignore[union-attr]


def _new_clock(old: str, new: str) -> bool:
    before, after = set(_CLOCK.findall(old)), set(_CLOCK.findall(new))
    return bool(before and after - before)


_WAYS: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("a test is now skipped", _added(_SKIP)),
    ("a failing assertion is swallowed", _added(_SWALLOW)),
    ("the test is repeated until it passes", _added(_RETRY)),
    ("an assertion was made to hold always, or only to warn", _added(_LOOSE)),
    ("an assertion was removed", _fewer_assertions),
    ("the expected value was changed", _other_expectation),
    ("a tolerance or threshold was changed", _looser_tolerance),
    ("a timeout was raised", _longer_timeout),
    ("the trial was made smaller", _smaller_trial),
    ("a required field was dropped", _fewer_required),
    ("the clock of the measurement was changed", _new_clock),
    ("what is tested was replaced by a mock", _added(_MOCK)),
)
