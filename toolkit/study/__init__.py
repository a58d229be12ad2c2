"""Looking at what was recorded or generated: what a bundle is, and how two clusters, or two instants, differ."""
