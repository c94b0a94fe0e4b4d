"""One file a version of the store, oldest first; a file that was released never changes."""
