from jaxtyping import install_import_hook

# Before anything of wsss is imported: from here on every annotation is checked, shapes included.
install_import_hook("wsss", "checker.checked")
