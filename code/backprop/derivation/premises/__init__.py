"""What may stand in a line, and what it may rest on: nothing is judged here, nothing printed."""
