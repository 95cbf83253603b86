"""Which mistake gives these numbers? Compares arrays, and runs nothing of the reader's.

`verdict` is what trying and the readers call; `causes` searches, with `rewriting` (one slip in a
formula), `fitted` (a number to be found) and `matching` (when two arrays are equal); `weighing`
decides between names where several inputs were tried; `failures` puts exceptions in words.
"""
