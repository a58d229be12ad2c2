"""What clients' commands make of a generated world: folded once, in order, into facts with dates.

The closed-form world stays as it is. Only what a command touches leaves it: an execution becomes a `Course`, a job a
dated row of documents. Every fact keeps its instant, so any earlier instant can still be asked for.
"""
