"""Backbones that timm does not have, one a file, which tells timm its networks by `register_model` and cuts itself.

To have a file here is to be known by name wherever a timm network is (`wsss.models.zoo` reads them all).
"""
