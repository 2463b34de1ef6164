from .asked import AskedWords as AskedWords, asked_words as asked_words, backgrounds_of as backgrounds_of
from .making import EmbedsText as EmbedsText, make_bank as make_bank, save_bank as save_bank
from .ranking import rank_templates as rank_templates
from .seen import check_several as check_several, embed_several as embed_several
from .towers import load_tower as load_tower
