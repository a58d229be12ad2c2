"""The generated world: a pure function of scenario, commands and instant."""
