"""Finds the topics that a text names, in English and eleven other languages, without a model.

`tokens` splits the text into words, `tags` and its like for other languages say what each is in its sentence,
`names` joins the words of one name, and `find` takes what is left standing together. The words are in
`lists`.
"""
