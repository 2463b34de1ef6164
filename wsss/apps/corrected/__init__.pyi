from .masks import Corrected as Corrected, write_corrected as write_corrected
from .png_masks import write_png_masks as write_png_masks
