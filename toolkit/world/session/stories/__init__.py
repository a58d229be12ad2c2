"""Telling stories: what each does to the nodes and the executions of a session."""
