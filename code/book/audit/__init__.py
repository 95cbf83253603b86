"""What looks at the whole book: derivations, planted mistakes, all gradients, the load of a class,
what holds of WCAG.

Pages that show its results import it; they are run again when any other page has changed.
"""
