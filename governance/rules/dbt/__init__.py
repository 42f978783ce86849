"""Rules over dbt: the screen before anything renders, and what changed columns and data mean."""

SCREEN = "screen"
"""The category of rules that look at a change before anything renders: what is grave is not rendered."""
HOLD = "hold"
"""The category of what is not rendered however grave it is, as much of it is honest and nobody can tell."""
