"""Clinical notes about people who do not exist, with their identifiers labelled."""
