"""The read interface that live and replay share, and what pages are made with."""
