"""The gradients of a neural network, each function's body the formula that the book derives.

One module per chapter: `backprop.linear` is the chapter "The linear layer", and so on.
"""

from .activations import ELU, GELU, LeakyReLU, Mish, ReLU, Sigmoid, SiLU, Softplus, Tanh
from .attention import MultiHeadAttention
from .convolution import AvgPool2d, Conv2d, Flatten, MaxPool2d
from .datasets import (
    load_digits,
    load_fashion_mnist,
    load_pride_and_prejudice,
    split_validation,
)
from .dropout import Dropout
from .embedding import Embedding
from .gpt import GPT
from .gradcheck import check_gradients, complex_step_gradient, numerical_gradient
from .linear import Linear
from .losses import MSE, BCEWithLogits, CrossEntropy, SoftmaxCrossEntropy, one_hot
from .network import MLP, Sequential
from .normalization import BatchNorm, LayerNorm, RMSNorm
from .optimizers import SGD, Adam, AdamW, clip_gradients, cosine
from .softmax import Softmax
from .training import accuracy, predict, train
from .troubleshooting import TrainingWarning

__version__ = "0.1.0"

__all__ = [
    "ELU", "GELU", "GPT", "MLP", "MSE", "SGD", "Adam", "AdamW", "AvgPool2d", "BCEWithLogits",
    "BatchNorm", "Conv2d", "CrossEntropy", "Dropout", "Embedding", "Flatten", "LayerNorm",
    "LeakyReLU", "Linear", "MaxPool2d", "Mish", "MultiHeadAttention", "RMSNorm", "ReLU",
    "Sequential", "SiLU", "Sigmoid", "Softmax", "SoftmaxCrossEntropy", "Softplus", "Tanh",
    "TrainingWarning", "accuracy", "check_gradients", "clip_gradients", "complex_step_gradient",
    "cosine", "load_digits", "load_fashion_mnist", "load_pride_and_prejudice",
    "numerical_gradient", "one_hot", "predict", "split_validation", "train",
]  # fmt: skip
