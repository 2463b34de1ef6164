"""Images and their labels: layouts, decoding, transforms and datasets."""
