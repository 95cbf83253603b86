"""The book without the site: the finished pages as one PDF, and as an EPUB."""
