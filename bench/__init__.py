"""What is measured beside the library, a folder for each subject: `python -m bench.SUBJECT`, from the root.

Rows go to `results`, docs/measured.md is written from them.
"""
