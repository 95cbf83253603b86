"""The book on paper: the finished pages as one PDF."""
