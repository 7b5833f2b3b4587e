"""MediFlow's instructions: the axes, the plans drawn from them, and what a teacher writes for a plan."""
