"""The control API below `/_toolkit/`: clock, checkpoints, worlds, what this server is; not words of Teraslice's."""
