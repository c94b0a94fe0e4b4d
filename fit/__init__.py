"""Fits the judgement's weights on labelled reports: ``python -m fit PART --data FOLDER``.

A part is a module of this package with a function ``fit``; what it writes stands in the files
of ``alertd/lexicon``.  Nothing here is part of the program that users install.
"""
