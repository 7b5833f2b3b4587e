"""Names of people: from lists, from what stands around them, from where they stood before."""
