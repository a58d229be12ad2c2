"""Bundles on disk: writing them whole or not at all, and reading them with every line checked."""
