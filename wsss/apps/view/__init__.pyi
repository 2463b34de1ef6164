from .gallery import Gallery as Gallery
from .server import Viewer as Viewer
