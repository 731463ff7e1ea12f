"""A CSV file of messages and what a person saw in them -> its rows; knows files, not what a column means."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ...errors import InvalidInput


def read(path: str | Path, columns: Sequence[str], layout: str) -> list[tuple[str, dict[str, str]]]:
    """Each row with the place it stands in, as "FILE line N"; blank lines are left out.

    The file needs all of `columns` and may have more; the first, the message, may not be blank. Raises
    `InvalidInput` that names the file, the line, what is wrong and the `layout` to follow.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror}): check the path") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text: save it as UTF-8") from None
    if not text.strip():
        raise InvalidInput(f"{path} is empty: {layout}")
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    found = []
    try:
        head = next(lines)
        for column in columns:
            if column not in head:
                raise InvalidInput(f"{path} line 1 has no column {column!r}: {layout}")
        line = lines.line_num + 1
        for fields in lines:
            if fields:
                found.append(_row(f"{path} line {line}", head, fields, columns[0]))
            line = lines.line_num + 1
    except csv.Error as error:
        raise InvalidInput(f"{path} line {lines.line_num} is no CSV ({error}): {layout}") from None
    if not found:
        raise InvalidInput(f"{path} has no message: {layout}")
    return found


def _row(where: str, head: Sequence[str], fields: Sequence[str], message: str) -> tuple[str, dict[str, str]]:
    if len(fields) != len(head):
        said = "more" if len(fields) > len(head) else "fewer"
        raise InvalidInput(f"{where} has {said} fields than columns: put a text with commas in quotes")
    row = {column: field.strip() for column, field in zip(head, fields, strict=True)}
    if not row[message]:
        raise InvalidInput(f"{where}, column {message!r} is empty: write a message, or take the line out")
    return where, row
