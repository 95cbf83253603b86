"""The words for what can be wrong with an answer: a code, and one sentence about it.

Each code was met in the work of real students, or is what a program has to say besides (an
exception, no answer). A topic's own mistakes (`linear.py`, `softmax.py`, …) say the same for one
formula, and say it better.
"""

VOCABULARY = {
    "not-started": "There is no answer yet.",
    "raises": "Your function raised an exception instead of returning a value.",
    "wrong-type": "An array of numbers is asked for.",
    "not-finite": "Some entries are nan or infinite.",
    "wrong-shape": "The shape is another one than is asked for.",
    "right-values-wrong-shape": "The numbers are right, the shape is not.",
    "missing-transpose": "A factor is turned over: the column-vector form of the formula, or a "
    "transpose too many or too few. Find the summed index; it stands last in the first factor of a "
    "product and first in the second.",
    "missing-batch-sum": "Every sample has a say, and what they say has to be added up. The sum "
    "over the samples is missing.",
    "wrong-axis": "The sum (or the maximum) runs along the wrong axis. Axis 0 counts the samples, "
    "axis 1 what belongs to one sample.",
    "mean-instead-of-sum": "You average over the batch where a sum belongs. The 1/S of the loss is "
    "in the upstream gradient already.",
    "missing-batch-mean": "It is S times too large: the loss is the mean over the samples, and its "
    "1/S is missing.",
    "extra-batch-mean": "It is too small by a size: 1/S comes in once, in the loss, and here it "
    "stands once more (or another 1/size does).",
    "wrong-sign": "It is the negative of the right answer.",
    "never-computed": "Every entry is zero: nothing was written into the array.",
    "scaled": "It is the right answer times a number.",
    "value-instead-of-derivative": "This uses the value of a function where its derivative "
    "belongs.",
    "elementwise-softmax": "This takes only the diagonal of softmax's Jacobian, y(1 − y). Every "
    "logit moves every probability of its row.",
    "wrong-index": "The Jacobian is y_j (δ_jk − y_k); the index of one factor is another here.",
    "contraction-missing": "The Jacobian stands there, but is not summed with the upstream "
    "gradient over the classes.",
    "contraction-order": "The sum over the classes was taken before the product with the upstream "
    "gradient. The rows of softmax's Jacobian sum to zero, so nothing is left.",
    "samples-mixed": "One sample's numbers enter another's gradient. Each sample has a Jacobian of "
    "its own.",
    "not-normalised": "These are bare exponentials: they have to be divided by their sum.",
    "softmax-twice": "Softmax was applied to what are probabilities already.",
    "logit-gradient": "This is the gradient by the logits, Y − T. Asked is the gradient by the "
    "probabilities; the backward of softmax comes on top of it.",
    "labels-as-numbers": "A label is a name, not a number: class 2 is not twice class 1. Let it "
    "pick an entry, or turn it into a one-hot row.",
    "class-count-from-batch": "The number of classes is taken from the labels of this batch. A "
    "batch without the last class then has a class too few.",
    "fraction-inverted": "The fraction stands upside down.",
    "derivative-of-log": "The derivative of log y is 1/y, not 1/log y.",
    "not-reduced": "There is a number for each sample; the loss is one number, their mean.",
    "collapsed-over-batch": "There is one number for all of them, where each sample has its own.",
    "upstream-missing": "The upstream gradient is missing: this is the local derivative alone.",
    "upstream-twice": "The upstream gradient is multiplied in twice.",
    "wrong-array": "The formula is right, but another array of the same shape stands in it.",
    "elementwise-for-matmul": "An element-wise product stands where a matrix product belongs.",
    "matmul-for-elementwise": "A matrix product stands where an element-wise one belongs.",
    "reduction-for-elementwise": "A maximum over a whole axis stands where the larger of two "
    "numbers belongs: np.maximum compares element by element, np.max reduces.",
    "bias-missing": "The bias is not in it.",
    "extra-term": "There is a term too many.",
    "missing-term": "A term or a factor is missing.",
    "wrong-branch": "The branches of the definition by cases are exchanged, or the condition is "
    "another one.",
    "stray-epsilon": "There is a small constant in it that the function does not have. Forward and "
    "backward then disagree.",
    "integer-truncation": "The decimals are cut off: an array of whole numbers was written into.",
    "mutates-input": "Your function changes an array that it was given. Whoever called it still "
    "needs that array: work on a copy.",
    "unstable": "An exponential overflows there, or becomes 0 where it must not.",
    "partly-wrong": "Some entries are right, others are not.",
    "wrong": "This is none of the mistakes that are known here.",
}
