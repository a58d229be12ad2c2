"""The shell that serves a cluster over HTTP: sockets, Sanic, documentation pages, reloading."""
