"""Numbers that identify: by label, by shape, spoken; phones; ages over 89."""
