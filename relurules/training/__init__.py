"""Training: networks of few rules, by saliency or by Csirmaz's force; estimators; the fit of a
whole table.
"""
