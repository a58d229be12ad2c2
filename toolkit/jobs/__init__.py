"""What Teraslice makes of a job and of an asset before it stores them: checks, defaults, words of refusal."""
