from .asked import AskedWords as AskedWords, asked_words as asked_words, backgrounds_of as backgrounds_of
from .making import make_bank as make_bank, save_bank as save_bank
from .towers import load_tower as load_tower
