"""Which mistake gives these numbers? Compares arrays, and runs nothing of the reader's.

`verdict` is what trying and the readers call; `causes` searches, stage by stage: among mistakes
that any answer can have (`general`), slips in a formula (`rewriting`) and in the definitions that
it uses (`openings`), numbers to be found (`fitted`). `matching` says when two arrays are equal,
`kinks` what is a convention, `claims` makes the sentence about a whole wrong formula, `trees` holds
formulas. `weighing` decides between names where several inputs were tried; `failures` puts
exceptions in words.
"""
