"""What may be in a line, and what it may rest on: nothing is judged here, nothing printed."""
