"""HTTP faults, decided by keyed draws: what a request gets depends on seed, fault, route and its number there."""
