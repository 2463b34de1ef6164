"""Methods that train a network of their own, one folder each: network, module, options and stages."""
