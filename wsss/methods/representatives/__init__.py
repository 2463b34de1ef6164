"""Representative classes (Meng et al., 2019): binary classifiers of a class against a few others."""
