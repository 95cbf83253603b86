"""What the reader is told: the report, hints and solutions, and what has been done so far."""
