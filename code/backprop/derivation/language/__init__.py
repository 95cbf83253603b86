"""What an author writes. Knows nodes and errors, and nothing of how it is judged or printed."""
