"""Images and their labels: index writers for each layout, decoding, transforms and datasets."""
