"""Networks as chains of blocks: how each family of timm's, or any network, is cut where CAM methods read maps."""
