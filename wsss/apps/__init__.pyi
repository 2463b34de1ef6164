from . import batch as batch, check as check, compare as compare, explain as explain, predict as predict, store as store
