"""Results -> what the terminal shows: tables and lines for a rich console; decides nothing about a memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ..context.known import Fact, MemoryContext, Topic
from ..language.analysis import Claim
from ..log.turn import Correction, Turn
from ..prompt.diff import LineChange, PromptDiff
from ..prompt.explain import Explanation
from ..prompt.ledger import LedgerLine, Prompt
from ..prompt.quote import name, plain
from ..recall.hit import Hit
from ..state.revise import Reanalysis
from .check import Check

_PLAIN_TABLE: dict[str, Any] = {
    "box": None,
    "header_style": "bold",
    "pad_edge": False,
    "padding": (0, 2, 0, 0),
}


def console() -> Console:
    """The terminal, or whatever standard output goes to."""
    return Console(highlight=False, soft_wrap=False)


@contextmanager
def progress(what: str, total: int | None, *, still: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal where there is something to do; on standard error, so that output can be piped.

    `still` draws it only when it is told of progress, for nothing else may run while time is measured.
    """
    terminal = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=terminal, transient=True, disable=total == 0 or not terminal.is_terminal,
        auto_refresh=not still,
    ) as bars:  # fmt: skip
        task = bars.add_task(what, total=total)
        yield lambda done: bars.update(task, completed=done, refresh=still)


def count(turns: int, kind: str = "") -> str:
    """So many turns, in words.

    >>> count(1), count(2, "new ")
    ('1 turn', '2 new turns')
    """
    return f"{turns} {kind}turn{'' if turns == 1 else 's'}"


def feeling(valence: float | None) -> Text:
    """A valence with its sign, blue below zero and orange above."""
    if valence is None:
        return Text("    ?", style="dim")
    style = "bright_blue" if valence < -0.05 else "dark_orange" if valence > 0.05 else "dim"
    return Text(f"{round(valence, 2) + 0.0:+.2f}", style=style)  # adding zero turns -0.0 into 0.0


def bar(value: float, width: int = 10) -> Text:
    """A figure between 0 and 1 as a bar of `width` columns."""
    eighths = round(max(0.0, min(1.0, value)) * width * 8)
    full, rest = divmod(eighths, 8)
    return Text(("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width), style="magenta")


def said(turn: Turn) -> RenderableType:
    """One turn: date, who, what, and under it the topics with what is felt about each."""
    topics = Text("-> ", style="dim")
    for number, mention in enumerate(turn.analysis.mentions):
        topics.append(", " if number else "")
        topics.append(plain(mention.label, 60), style="not dim cyan")
        if turn.role == "user" and abs(mention.valence) >= 0.005:
            topics.append(" ").append_text(feeling(mention.valence))
    text = Text(plain(turn.text, 400))
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(style="dim", width=6)
    row.add_column(style="bold", width=9, no_wrap=True)
    date, who = Text(f"{turn.at:%d %b}"), Text(plain(turn.speaker or turn.role, 20))
    row.add_row(date, who, Group(text, topics) if turn.analysis.mentions else text)
    return row


def answer(text: str) -> RenderableType:
    """What the assistant said."""
    return Text.assemble(("\nassistant: ", "bold"), text)


def topics(found: Sequence[Topic], shown: int = 20) -> RenderableType:
    """The topics on the torus, the most active first."""
    if not found:
        return Text("no topics yet: observe something first", style="dim")
    table = Table("topic", "activation", "", "feeling", "named", "last", "at", **_PLAIN_TABLE)
    for topic in found[:shown]:
        ago = "just now" if topic.turns_ago == 0 else f"{topic.turns_ago} turns ago"
        ago = "1 turn ago" if topic.turns_ago == 1 else ago
        figure = f"{topic.activation:.2f}"
        place = f"({topic.x}, {topic.y})"
        mentions = str(topic.mentions)
        table.add_row(
            name(topic.topic),
            bar(topic.activation),
            figure,
            feeling(topic.valence),
            mentions,
            ago,
            Text(place, style="dim"),
        )
    more = len(found) - shown
    return Group(table, Text(f"and {more} fainter ones", style="dim")) if more > 0 else table


def ledger(lines: Iterable[LedgerLine]) -> RenderableType:
    """The ledger of a prompt: what each line costs, why it is there, and what the budget cut."""
    table = Table("", "tokens", "line, and why it is there", **_PLAIN_TABLE)
    for line in lines:
        turns = ", ".join(line.sources[:4]) + (" ..." if len(line.sources) > 4 else "")
        mark = Text("+", style="green") if line.kept else Text("cut", style="red")
        entry = Text(
            plain(line.text, 400), style="" if line.kept else "dim", overflow="ellipsis", no_wrap=True
        )
        reason = Text(line.why + (f" [{turns}]" if turns else ""), style="dim italic")
        table.add_row(
            mark, Text(str(line.tokens), justify="right"), Group(entry, Padding(reason, (0, 0, 0, 2)))
        )
    return table


def difference(found: PromptDiff, *, everything: bool = False) -> RenderableType:
    """What became of each line between two prompts; `everything` also shows what a model does not see."""
    changes = found.changes if everything else found.seen
    table = Table("", "line, and why", **_PLAIN_TABLE)
    for change in changes:
        table.add_row(Text(change.kind, style=_CHANGES[change.kind]), _changed(change))
    hidden = len(found.changes) - len(changes)
    rest = f"; of {hidden} more a model sees nothing: --all shows them" if hidden else ""
    sizes = f"{found.before.tokens} -> {found.after.tokens} tokens"
    said = f"{len(changes)} change{'' if len(changes) == 1 else 's'}, {sizes}{rest}"
    return Group(table, Text(said, style="dim")) if changes else Text(said, style="dim")


_CHANGES = {
    "came": "green",
    "went": "red",
    "changed": "yellow",
    "fits now": "green",
    "cut now": "red",
    "no room": "dim",
    "steady": "dim",
}


def _changed(change: LineChange) -> RenderableType:
    """The line as it is, over what it was where that reads otherwise, and the reason."""
    texts = [line.text for line in (change.before, change.after) if line is not None]
    turns = ", ".join(change.turns[:4]) + (" ..." if len(change.turns) > 4 else "")
    reason = plain(change.why, 400) + (f" [{turns}]" if turns else "")
    parts: list[RenderableType] = [Text(plain(texts[-1], 400), overflow="ellipsis", no_wrap=True)]
    if texts[0] != texts[-1]:
        parts.append(Padding(Text(f"was {plain(texts[0], 400)}", style="dim"), (0, 0, 0, 2)))
    return Group(*parts, Padding(Text(reason, style="dim italic"), (0, 0, 0, 2)))


def prompt(written: Prompt, *, title: str = "the prompt") -> RenderableType:
    """A prompt in a frame that says what it costs."""
    subtitle = f"{written.tokens} of {written.budget} tokens"
    return Panel(
        Text(written.text), title=title, subtitle=subtitle, title_align="left", subtitle_align="right"
    )


def backlog(turns: int) -> str:
    """How many turns have no vectors yet, and what to do about it."""
    have = "has" if turns == 1 else "have"
    return f"{count(turns)} {have} no vectors yet, found by words only: torimem embed makes them"


def hits(found: Sequence[Hit]) -> RenderableType:
    """What a search found, the best first: when, who, what, and under it why and where it stands."""
    if not found:
        return Text("nothing found", style="dim")
    table = _quotes()
    for number, hit in enumerate(found):
        if number:
            table.add_row()
        often = f" · said {hit.count} times" if hit.count > 1 else ""
        reason = Text(f"{plain(hit.why)} · turn {plain(hit.turn_id)}{often}", style="dim")
        table.add_row(*_quoted(hit), Group(Text(plain(hit.text, 600)), reason))
    return table


def context(found: MemoryContext) -> RenderableType:
    """What a memory would tell a model right now: topics, what is felt about them, what was said."""
    if not found.active_topics and not found.recent_facts:
        return Text("nothing is active yet: say something first", style="dim")
    parts: list[RenderableType] = [topics(found.active_topics, 12)]
    for title, themes in (("feels good", found.positive_themes), ("feels bad", found.negative_themes)):
        names = [Text.assemble(name(theme.topic), " ", feeling(theme.valence)) for theme in themes[:8]]
        more = f" and {len(themes) - 8} more" if len(themes) > 8 else ""
        if names:
            parts.append(Text.assemble("\n", (title, "bold"), "  ", Text(", ").join(names), (more, "dim")))
    if found.recent_facts:
        table = _quotes()
        for fact in found.recent_facts:
            since = " (taken back since)" if fact.earlier else ""
            table.add_row(*_quoted(fact), Text.assemble(plain(fact.text, 600), (since, "dim")))
        parts += [Text("\nwhat was said of it", style="bold"), table]
    return Group(*parts)


def _quotes() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="bold", max_width=12, no_wrap=True)
    table.add_column(ratio=1)
    return table


def _quoted(said: Hit | Fact) -> tuple[str, Text]:
    """When and by whom."""
    return f"{said.at:%Y-%m-%d}", Text(plain(said.speaker or said.role, 12))


def usage(rows: Iterable[tuple[str, str]]) -> RenderableType:
    """What can be typed and what it does, a line each."""
    table = Table(show_header=False, **_PLAIN_TABLE)
    table.add_column(style="bold", no_wrap=True)
    for typed, about in rows:
        table.add_row(Text(typed), Text(about))
    return table


def correction(note: Correction) -> RenderableType:
    """What was put right about a turn, when and why, and what it said at first."""
    felt = (f"feeling about {name(topic)}" for topic in note.felt)
    what = ", ".join([*note.what, *felt])
    reason = f": {plain(note.reason, 400)}" if note.reason else ""
    first = "" if note.original is None else f"\nat first: {plain(note.original, 400)}"
    return Text(f"corrected {note.at:%Y-%m-%d %H:%M} UTC ({what}){reason}{first}", style="yellow")


def put_right(turn: Turn) -> RenderableType:
    """A turn as it stands after its correction, with the note of it."""
    return Group(said(turn), correction(turn.corrected)) if turn.corrected else said(turn)


def reanalysis(found: Reanalysis) -> RenderableType:
    """What analysing afresh changes: the counts in full, the first changes one by one."""
    if not found.turns:
        return Text("nothing to do: this analyser has read every turn; --all reads them all again")
    would = "would change" if found.dry_run else "changed"
    claiming = f", {count(found.claiming)} with other claims" if found.claiming else ""
    lines = [
        Text(
            f"looked at {count(found.turns)}: {would} {found.changed} of them, {found.gained} topics gained, "
            f"{found.lost} lost, {found.felt} felt otherwise{claiming}"
        )
    ]
    for change in found.changes:
        before, after = change.analysers
        lines.append(Text(f"{plain(change.turn_id)}  {plain(before)} -> {plain(after)}", style="bold"))
        topics = [Text(f"+{name(topic)}") for topic in change.gained]
        topics += [Text(f"-{name(topic)}") for topic in change.lost]
        topics += [Text.assemble(name(topic), " ", _became(*felt)) for topic, *felt in change.felt]
        lines.append(Text.assemble("  all in all ", _became(*change.valences)))
        lines += [Text.assemble("  ", Text(", ").join(topics))] if topics else []
        old, new = change.claims
        claims = [Text(f"+{_claim(one)}") for one in new if one not in old]
        claims += [Text(f"-{_claim(one)}") for one in old if one not in new]
        lines += [Text.assemble("  claims ", Text(", ").join(claims))] if claims else []
    more = found.changed - len(found.changes)
    return Group(*lines, Text(f"and {more} more", style="dim")) if more > 0 else Group(*lines)


def _claim(claim: Claim) -> str:
    over = " is over" if claim.ended else ""
    return plain(f"{claim.slot}: {claim.said or claim.value}{over}", 120)


def _became(before: float | None, after: float | None) -> Text:
    return Text(" -> ").join(map(feeling, (before, after)))


def explanation(found: Explanation) -> RenderableType:
    """Turns, what became of their topics, and the prompt lines that cite them."""
    parts: list[RenderableType] = []
    for turn in found.turns:
        parts.append(Text(f"turn {turn.id}, number {turn.index} of the log", style="bold"))
        parts.append(Padding(said(turn), (0, 0, 1, 2)))
        if turn.corrected is not None:
            parts.append(Padding(correction(turn.corrected), (0, 0, 1, 2)))
    if found.topics:
        parts += [Text("its topics now", style="bold"), Padding(topics(found.topics), (0, 0, 1, 2))]
    if found.lines:
        parts += [
            Text("prompt lines that rest on it", style="bold"),
            Padding(ledger(found.lines), (0, 0, 0, 2)),
        ]
    else:
        parts.append(Text("no line of the prompt rests on it now", style="dim"))
    return Group(*parts)


def figures(values: Mapping[str, Any]) -> RenderableType:
    """Names and values, a line each."""
    table = Table(show_header=False, **_PLAIN_TABLE)
    for key, value in values.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{name} {inner}" for name, inner in value.items())
        elif isinstance(value, list):
            value = ", ".join(str(item) or "-" for item in value)
        table.add_row(key.replace("_", " "), Text("-" if value is None or value == "" else str(value)))
    return table


def checks(found: Iterable[Check]) -> RenderableType:
    """What the doctor saw, a line each."""
    table = Table(show_header=False, **_PLAIN_TABLE)
    marks = {
        True: Text("ok", style="green"),
        False: Text("bad", style="bold red"),
        None: Text("-", style="dim"),
    }
    for check in found:
        table.add_row(marks[check.ok], check.name, Text(check.detail))
    return table
