"""Merkle proofs: complete for every size up to 40, and refused for anything that was not proved."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    subtree_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(bytes([number])) for number in range(40)]


def test_hashes_are_domain_separated():
    assert leaf_hash(b"") == hashlib.sha256(b"\0").digest()
    assert node_hash(b"a", b"b") == hashlib.sha256(b"\1ab").digest()
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 41))
def test_every_leaf_is_included_and_no_other(size):
    root, subtree = root_of(LEAVES[:size]), subtree_of(LEAVES[:size])
    for index in range(size):
        path = inclusion_proof(index, size, subtree)
        assert verify_inclusion(index, size, LEAVES[index], path, root)
        assert not verify_inclusion(index, size, LEAVES[(index + 1) % 40], path, root)
        assert not verify_inclusion(index + 1, size, LEAVES[index], path, root)
        assert not verify_inclusion(index, size, LEAVES[index], [*path, root], root)
        assert not path or not verify_inclusion(index, size, LEAVES[index], path[:-1], root)


@pytest.mark.parametrize("new", range(41))
def test_every_prefix_is_consistent_and_no_other(new):
    root, subtree = root_of(LEAVES[:new]), subtree_of(LEAVES[:new]) if new else None
    for old in range(new + 1):
        path = consistency_proof(old, new, subtree)
        assert verify_consistency(old, new, root_of(LEAVES[:old]), root, path)
        assert not verify_consistency(old, new, root_of(LEAVES[:old]), root, [*path, root])
        if 0 < old < new:
            assert not verify_consistency(old, new, root_of(LEAVES[1 : old + 1]), root, path)
            assert not verify_consistency(old, new, root_of(LEAVES[:old]), LEAVES[0], path)


REFUSED = [("no tree", 0, 0), ("beyond the end", 3, 3), ("negative", -1, 3)]


@pytest.mark.parametrize(("index", "size"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_leaves_that_do_not_exist(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, subtree_of(LEAVES))
    assert not verify_inclusion(index, size, LEAVES[0], [], EMPTY_ROOT)


def test_a_tree_does_not_shrink():
    with pytest.raises(ValueError, match="no prefix"):
        consistency_proof(5, 4, subtree_of(LEAVES))
    assert not verify_consistency(5, 4, root_of(LEAVES[:5]), root_of(LEAVES[:4]), [])


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=8), st.integers(-2, 50), st.integers(-2, 50))
def test_made_up_proofs_are_refused(path, index, size):
    assert not verify_inclusion(index, size, b"\0" * 32, path, b"\1" * 32)
    assert not verify_consistency(index, size, b"\0" * 32, b"\1" * 32, path)
