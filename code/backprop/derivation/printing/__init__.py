"""What is shown, printed from the objects that were judged. Only `steps` and the book call it."""
