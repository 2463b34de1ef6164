"""ReCAM (Chen et al., CVPR 2022)."""
