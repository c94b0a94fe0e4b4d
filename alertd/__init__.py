"""alertd tells people of the data breaches that concern them, with the right advice."""

__version__ = "0.1.0"
