"""The demo: a live agent that needs no key, and the program behind `make demo`."""
