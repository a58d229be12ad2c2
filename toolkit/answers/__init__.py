"""From a request and an instant to bytes: pure, without any web framework."""
