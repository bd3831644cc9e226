"""Training data: pictures with label maps, pictures with captions, and what a sample shows of them.

Sources are map-style: opening one lists files, ``load`` decodes. What is wrong with a whole set is
a :class:`DataError`, what is wrong with one file an :class:`Unreadable` when it is loaded; what
could not even be paired is named in ``problems``. Sources hold no open files and can be pickled.
"""

from .captioned import Captioned, CaptionedFiles, open_captioned
from .errors import DataError, Unreadable
from .paired import Pair, PairedFiles, ade20k, coco_stuff, paired, plain_folder
from .view import View, choose_view, view_image, view_labels

__all__ = [
    "Captioned",
    "CaptionedFiles",
    "DataError",
    "Pair",
    "PairedFiles",
    "Unreadable",
    "View",
    "ade20k",
    "choose_view",
    "coco_stuff",
    "open_captioned",
    "paired",
    "plain_folder",
    "view_image",
    "view_labels",
]
