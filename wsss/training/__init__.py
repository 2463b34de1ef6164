"""LightningModules and what they need: loss, schedule and logged metrics, nothing else."""
