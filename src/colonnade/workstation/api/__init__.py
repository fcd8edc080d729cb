"""The JSON interface ``/api/v1``, one router per group; :mod:`colonnade.workstation.app` lists them."""
