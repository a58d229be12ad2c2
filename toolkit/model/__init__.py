"""What things are: statuses, records, instants and their JSON."""
