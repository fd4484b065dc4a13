"""What one does with a study beside searching: look, retry, cancel, export, import, copy; the command line is thin."""
