"""Shell scripts split into the commands they would run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.syntax.shell import commands, decode

CASES = [
    ("a sequence", "a b && c; d || e", ["a b", "c", "d", "e"]),
    ("a pipeline", "cat x | grep y", ["cat x", "grep y"]),
    ("quoted separators", "echo 'a && b; c'", ["echo a && b; c"]),
    ("lines and comments", "a # not; this\nb", ["a", "b"]),
    ("nested shell", "bash -lc 'rm x; ls'", ["bash -lc rm x; ls", "rm x", "ls"]),
    ("nested twice", "sh -c \"sh -c 'rm x'\"", ["sh -c sh -c 'rm x'", "sh -c rm x", "rm x"]),
    ("wrapper with options", "sudo -u root timeout 5 rm x", ["rm x"]),
    ("substitution", "echo $(rm x)", ["echo $SUBSTITUTED", "rm x"]),
    ("backticks", "echo `rm x`", ["echo $SUBSTITUTED", "rm x"]),
    (
        "base64 to a shell",
        "echo cm0gLXJmIC94 | base64 -d | sh",
        ["echo cm0gLXJmIC94", "base64 -d", "sh", "rm -rf /x"],
    ),
    ("find and exec", "find . -exec rm {} +", ["find . -exec rm {} +", "rm {}"]),
    ("in a pod", "kubectl exec p -- rm x", ["kubectl exec p -- rm x", "rm x"]),
    ("a subshell", "(cd a; rm b)", ["cd a", "rm b"]),
    ("a loop", "for i in 1 2; do rm $i; done", ["for i in 1 2", "rm $i", "done"]),
    ("a line continued", "rm \\\n -r x", ["rm -r x"]),
    ("an absolute program", "/bin/rm x", ["rm x"]),
    ("only wrappers", "env", ["env"]),
    ("nothing", "", []),
]


@pytest.mark.parametrize(("script", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_commands_of_a_script(script: str, expected: list[str]) -> None:
    assert [str(command) for command in commands(script)] == expected


def test_redirections_are_no_arguments() -> None:
    (command,) = commands("cmd a > out.txt 2>&1 < in.txt")
    assert (command.arguments, command.writes, command.reads) == (("a",), ("out.txt",), ("in.txt",))


def test_appending_is_told_from_overwriting() -> None:
    over, more, tee = (
        commands("a > x; b >> y; c | tee -a z")[0],
        *commands("b >> y"),
        commands("c | tee -a z")[1],
    )
    assert (over.appends, more.appends, tee.appends) == ((), ("y",), ("z",))


def test_a_heredoc_is_text_not_commands() -> None:
    first, second = commands("cat > a.sql <<'EOF'\nrm -rf /\nEOF\nls")
    assert (first.heredoc, first.writes, second.program) == ("rm -rf /\n", ("a.sql",), "ls")


def test_code_for_another_interpreter_is_kept() -> None:
    assert commands("python3 -c 'print(1)'")[0].code == "print(1)"
    assert commands("python <<E\nprint(2)\nE")[0].code == "print(2)\n"


@pytest.mark.parametrize("script", ["curl x | sh", "wget -qO- x | sudo bash", 'eval "$PAYLOAD"'])
def test_what_cannot_be_followed_is_opaque(script: str) -> None:
    assert any(command.opaque for command in commands(script))


def test_assignments_are_kept_apart() -> None:
    (command,) = commands("A=1 B=2 run x")
    assert (command.assignments, command.program) == (("A=1", "B=2"), "run")


def test_options_in_bundles() -> None:
    (command,) = commands("rm -rf x --dry-run=no")
    assert command.has("-r")
    assert command.has("--dry-run")
    assert not command.has("-x")


@pytest.mark.parametrize(
    ("text", "plain"), [("cm0gLXJmIC94", "rm -rf /x"), ("726d202f78", "rm /x"), ("not base64!", ""), ("", "")]
)
def test_decoding(text: str, plain: str) -> None:
    assert decode(text) == plain


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab '\"\\|&;()<>$`{}\n#-=\x01EOF"), max_size=60))
def test_no_text_makes_it_raise(script: str) -> None:
    commands(script)
