"""Rules over the trace of an agent's run: what it did and said, against what it was asked to do."""
