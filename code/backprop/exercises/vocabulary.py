"""The words for what can be wrong with an answer: a code, and one sentence about it.

Each code was met in the work of real students, or is what a program has to say besides (an
exception, no answer). The sentences hold for any formula and name no layer. A topic's own mistakes
(`tables/linear.toml`, `tables/softmax.toml`, …) say the same for one formula, and say it better.
"""

VOCABULARY = {
    "not-started": "There is no answer yet.",
    "raises": "Your function raised an exception instead of returning a value.",
    "wrong-type": "An array of numbers is expected.",
    "not-finite": "Some entries are nan or infinite.",
    "wrong-shape": "The shape is not the expected one.",
    "right-values-wrong-shape": "The numbers are right, the shape is not.",
    "missing-transpose": "A factor is transposed that must not be, or the opposite: the "
    "column-vector form of the formula, or a transpose too many or too few. In a product the "
    "summed index is the last of the first factor and the first of the second.",
    "missing-batch-sum": "The sum over the samples is missing: what each of them contributes has "
    "to be added up.",
    "wrong-axis": "A sum, a mean or a maximum runs along the wrong axis.",
    "mean-instead-of-sum": "A mean over the samples is taken where a sum belongs.",
    "missing-batch-mean": "It is too large by a size: the 1/S of a mean over the samples is "
    "missing.",
    "extra-batch-mean": "It is too small by a size: it is divided by the number of samples (or by "
    "another size) once more than it should be.",
    "wrong-sign": "A sign is wrong.",
    "never-computed": "Every entry is zero: nothing was written into the array, or what was "
    "computed cancels.",
    "scaled": "A factor is wrong: a number is multiplied in.",
    "value-instead-of-derivative": "This uses the value of a function where its derivative "
    "belongs.",
    "elementwise-softmax": "This takes only the diagonal of softmax's Jacobian, y(1 − y). Every "
    "logit moves every probability of its row.",
    "wrong-index": "An index, or an exponent that counts something, is not the right one.",
    "contraction-missing": "The products are there, but not summed over the index that they share.",
    "contraction-order": "The sum was taken before the product (or before the function). First "
    "comes the product, then the sum.",
    "samples-mixed": "One sample's numbers enter another's result. Each sample has numbers of its "
    "own.",
    "not-normalised": "These are bare exponentials: they have to be divided by their sum.",
    "softmax-twice": "Softmax was applied to what are probabilities already.",
    "logit-gradient": "This is the gradient with respect to the logits, Y − T. The gradient "
    "with respect to the probabilities is expected; the step from there to the logits comes on "
    "top of it.",
    "labels-as-numbers": "A label is a name, not a number: class 2 is not twice class 1. Let it "
    "pick an entry, or turn it into a one-hot row.",
    "class-count-from-batch": "The number of classes is taken from the labels of this batch. A "
    "batch without the last class then has a class too few.",
    "fraction-inverted": "A fraction is inverted, or multiplied in where it should divide.",
    "derivative-of-log": "The derivative of log y is 1/y, not 1/log y.",
    "not-reduced": "There are more numbers than expected: they still have to be summed.",
    "collapsed-over-batch": "There is one scalar for all of them, where each sample has its own.",
    "upstream-missing": "The upstream gradient is missing: this is the local derivative alone.",
    "upstream-twice": "The upstream gradient is multiplied in twice.",
    "wrong-array": "The formula is right, but another array is used in it.",
    "elementwise-for-matmul": "An elementwise product is taken where a matrix product belongs.",
    "matmul-for-elementwise": "A matrix product is taken where an elementwise one belongs.",
    "reduction-for-elementwise": "A maximum over a whole axis is taken where the larger of two "
    "numbers belongs: np.maximum compares elementwise, np.max reduces.",
    "bias-missing": "The bias is not in it.",
    "extra-term": "There is a term too many.",
    "missing-term": "A term or a factor is missing.",
    "wrong-branch": "The branches of the definition by cases are exchanged, or the condition is "
    "another one.",
    "stray-epsilon": "A small constant (an ε) is in it that does not belong there, or it is in "
    "another place. Forward and backward then disagree.",
    "integer-truncation": "The decimals are cut off: the result was written into an array of "
    "integers (one made like an integer input, perhaps).",
    "mutates-input": "Your function changes an array that it was given. The caller still "
    "needs that array: work on a copy.",
    "unstable": "An exponential overflows there, or becomes 0 where it must not.",
    "updated-weights": "The gradient was sent back through weights that had been updated already. "
    "The step comes last: first all gradients, with the weights of the forward pass.",
    "overwritten": "Where several results go to one place, only one of them is kept: they have to "
    "be added up.",
    "wrong-constant": "A number in the formula is not the right one.",
    "slip": "The program says another thing than was meant: brackets, a copy or a return.",
    "gamma-outside-sum": "A scale is multiplied in after a mean or a sum. Each term has a scale of "
    "its own, so it belongs inside.",
    "wrong-count": "A sum is divided by the number of something else.",
    "swapped-gradients": "Two gradients are exchanged.",
    "borrowed": "The values are right, but the library has computed them.",
    "left-over": "This function is not the one that the cell defines.",
    "unfinished": "It is right so far, and not at its end.",
    "mask-too-weak": "What should be hidden is seen: the number that is added to its score is too "
    "small.",
    "ties-counted-twice": "Of several equal maxima each gets the whole gradient.",
    "height-width-swapped": "The height is used where the width belongs, or the width for the "
    "height. On square images nobody notices.",
    "wrong-padding": "The padding is another one, or is cut off wrongly: [p:-p] is empty for "
    "p = 0.",
    "stride-ignored": "A window begins at i times the stride, not at i.",
    "channels-mixed": "An array is reshaped across its axes, so numbers of several channels (or "
    "heads) come together. First move the axis, then reshape.",
    "axis-not-moved": "An axis was moved for the computation and not moved back.",
    "carry-dropped": "What a step passes back to the one before is missing: a state is used twice, "
    "for its own output and for the next state.",
    "one-step-only": "This is what one step contributes. All steps share the weights: their "
    "gradients add.",
    "state-ignored": "The first state is taken for 0.",
    "derivative-of-activated": "The derivative is taken at the value of the function. It belongs "
    "to the argument: where a derivative is written with the value, that is put in as it is.",
    "local-derivative-missing": "The gradient is passed on without the derivative of the function "
    "in between.",
    "penalty-factor": "The penalty's factor is not the right one: λ‖W‖² has the gradient 2λW.",
    "penalty-missing": "The penalty is not in it.",
    "penalty-collapsed": "The sum of all weights is in the penalty, where each weight has its own.",
    "partly-wrong": "Some entries are right, others are not.",
    "wrong": "This is none of the mistakes that are known here.",
}
