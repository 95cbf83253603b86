"""Whether two lines are equal: two judges that share a reading of the nodes, and no rule.

`normal` proves for all shapes; `explicit` finds the counterexample at one. Their independence is
the point: each is the other's witness.
"""
