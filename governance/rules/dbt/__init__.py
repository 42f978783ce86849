"""Rules over dbt: the screen before anything renders, and what changed columns and data mean."""
