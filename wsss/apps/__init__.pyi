from . import (
    batch as batch,
    check as check,
    compare as compare,
    corrected as corrected,
    explain as explain,
    predict as predict,
    store as store,
)
