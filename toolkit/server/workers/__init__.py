"""Several processes on one port: the owner, which keeps all state, and workers, which answer plain reads."""
