"""The workstation: the pages in the browser. Everything a page does is a call in the library.

``colonnade serve`` starts it; :func:`colonnade.workstation.app.create_app` builds it.
"""
