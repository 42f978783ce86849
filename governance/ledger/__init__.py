"""The ledger: append-only evidence of every decision, with a Merkle log over it."""
