"""What the rows of a source must look like for the models that read it, told by their SQL and their tests."""
