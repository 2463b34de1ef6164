from .masks import Corrected as Corrected, write_corrected as write_corrected
