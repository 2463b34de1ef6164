from . import (
    audit as audit,
    batch as batch,
    check as check,
    compare as compare,
    corrected as corrected,
    debug as debug,
    explain as explain,
    findings as findings,
    predict as predict,
    store as store,
)
