"""Data sets as people have them, made by code, each with what is to come of it."""

from e2e.corpus import json_files, label_files, masks, pictures, specials

INPUTS = (*label_files.INPUTS, *json_files.INPUTS, *masks.INPUTS, *pictures.INPUTS, *specials.INPUTS)
