"""A derivation that nobody wrote: `derive` proposes lines, and the judges of `steps` decide.

Nothing here is trusted. A wrong rule in this room makes `derive` fail; it cannot make a wrong line,
since each goes through `Derivation.line` like an author's. In reading order:

derivatives  one definition differentiated, with its deltas
products     one product of a sum of products; writing has it as an expression again
terms        reads sums of products: the deltas select, equal products are added
names        what a definition says, recognized and written by its name
matrices     sums of products as matrices, if there is a form
reasons      the words next to a line
plans        which lines lead to the end, the shortest last line first
search       the public `derive`, and the first lines
"""
