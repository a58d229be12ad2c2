"""Records over time: a bundle's data as a timeline, and a recording's frames as such data."""
