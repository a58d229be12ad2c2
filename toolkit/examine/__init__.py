"""Examining a cluster, live or stored: what can never be, and what is only unusual."""
