"""The commands of `python -m eval`, by subject; each module adds its own to the program."""
