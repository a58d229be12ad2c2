"""A Teraslice cluster to develop and test against: generated, live, recorded and replayed."""

__version__ = "0.1.0"

__all__ = ["__version__"]
