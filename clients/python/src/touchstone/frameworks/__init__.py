"""Touchstone in the loops people have: one module a framework, imported when it is used.

``pytorch``, ``lightning``, ``huggingface``, ``keras``, ``xgboost``, ``lightgbm``, ``sklearn``,
``ignite``; each needs the extra of its name, ``pip install touchstone-eval[keras]``. None of them
keeps predictions: what a batch gives is logged and let go.
"""
