"""Layouts of data sets, one a file: where images, labels and masks lie."""
