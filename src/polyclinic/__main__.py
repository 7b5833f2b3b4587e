"""`python -m polyclinic` does what `polyclinic` does."""

from polyclinic.cli import main

main()
