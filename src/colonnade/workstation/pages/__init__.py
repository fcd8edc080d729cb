"""The pages, one router per group; :mod:`colonnade.workstation.app` lists them."""
