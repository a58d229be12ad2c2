"""The commands: each is checked against the view of its instant, then appended to the log, then answered."""
