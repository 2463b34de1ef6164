"""Audits of data: which labels, images and splits of a data set deserve a look, by numbers alone."""
