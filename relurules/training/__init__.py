"""Training that removes nonlinearity: to a budget of rules, by saliency or by Csirmaz's force on the PReLU slopes."""

from relurules.training.classifier import TrainedClassifier, fit_classifier
from relurules.training.force import force_rate, freeze_slopes, push_slopes

__all__ = ["TrainedClassifier", "fit_classifier", "force_rate", "freeze_slopes", "push_slopes"]
