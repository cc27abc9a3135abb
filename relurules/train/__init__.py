"""Training that removes nonlinearity: to a budget of rules, by saliency or by Csirmaz's force on the PReLU slopes."""

from relurules.train.classifier import Trained, fit_classifier
from relurules.train.force import force_rate, freeze_slopes, push_slopes

__all__ = ["Trained", "fit_classifier", "force_rate", "freeze_slopes", "push_slopes"]
