"""Letters that a reader of scanned pages takes digits for."""

LOOK_ALIKES = "OoQIlSsB"
DIGIT_FOR = str.maketrans(LOOK_ALIKES, "00011558")
