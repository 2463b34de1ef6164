"""Loggers of trainings: CSV, TensorBoard and W&B, none of which can end a training."""
