"""The demo: a small model that is made here from nothing, and what it is made from."""
