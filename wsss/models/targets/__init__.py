"""Targets asked of a network in the place of a class's logit: another number, pixels, one class against another."""
