"""The recorder: a real cluster, read only, becomes a bundle that is safe to commit."""
