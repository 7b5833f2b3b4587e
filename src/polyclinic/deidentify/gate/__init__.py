"""The residual gate: what may still be an identifier."""
