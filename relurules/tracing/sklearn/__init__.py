"""The front end for scikit-learn and skorch models."""
