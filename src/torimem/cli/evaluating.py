"""Commands that measure how well a memory does what it promises, on data that others labelled."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import ModelError
from ..lab.evals import context, emotion, figure, locomo, place, prompt, recall, report, sheet, topics
from ..language.feeling import judge as feelings
from ..language.meaning.embed import load_embedder
from ..view import show
from . import Options, cli, template_option


@cli.group("eval")
def eval_() -> None:
    """Measure how well a memory does. On labelled data, in memories of its own: --db is not touched."""


@eval_.command("recall")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--rows", type=click.Choice(["all", "full", "quick"]), default="all", show_default=True,
    help="full: no rows with one part switched off. quick: only torimem, SQLite FTS5, last turns.",
)  # fmt: skip
@click.option("--quick", is_flag=True, help="The same as --rows quick.")
@click.option("--without", multiple=True, metavar="PART", help="Switch a part off in every row; repeatable.")
@click.option("--csv", type=click.Path(path_type=Path), default=None, help="Append the rows to a CSV file.")
@click.option("--png", type=click.Path(path_type=Path), default=None, help="Also draw a PNG file.")
@click.pass_obj
def recall_(
    options: Options, file: Path, rows: recall.Rows, quick: bool, without: tuple[str, ...],
    csv: Path | None, png: Path | None,
) -> None:  # fmt: skip
    """Does search find the turns that answer? FILE has dialogues and questions in the layout of LoCoMo.

    Rows: the search as it is, each of its parts switched off, the turns in random order, SQLite's own
    full-text search, the newest turns. An evidence turn is found at its rank; figures are means over
    questions. torimem --embedder none eval recall FILE measures words only.

    \b
    [{"conversation": {"session_1_date_time": "1:56 pm on 8 May, 2023",
                       "session_1": [{"speaker": "Ada", "dia_id": "D1:1", "text": "My kite is red."}]},
      "qa": [{"question": "What colour is the kite?", "evidence": ["D1:1"], "category": 4}]}]
    """
    kinds: recall.Rows = "quick" if quick else rows
    dialogues = locomo.read(file)
    embedder = load_embedder(options.embedder)
    chosen = recall.methods(dialogues, embedder, without=without, rows=kinds)
    if csv is not None:
        report.check_csv(csv)
    if png is not None:
        figure.check(png)
    total = recall.steps(dialogues, chosen, embedder)
    with show.progress("ranking", total) as progress:
        found = recall.evaluate(dialogues, embedder, without=without, rows=kinds, progress=progress)
    name = embedder.name if embedder else "none"
    written = report.Report.of(file, dialogues, found, embedder=name, without=without)
    if csv is not None:
        report.append_csv(csv, written)
    if png is not None:
        figure.png(png, written)
    options.show(report.as_dict(written), lambda: report.shown(written))


_FILE = click.argument("file", type=click.Path(path_type=Path))
_CSV = click.option(
    "--csv", type=click.Path(path_type=Path), default=None, help="Append the rows to a CSV file."
)


@eval_.command("context")
@_FILE
@_CSV
@click.pass_obj
def context_(options: Options, file: Path, csv: Path | None) -> None:
    """Does a memory know what the next session will speak of? FILE has dialogues in the layout of LoCoMo.

    At the start of each session every topic named so far is ranked: by torimem, which counts mentions and
    sessions, by plain frequency, by frequency that fades, by the last session alone, by how lately it was
    named, and by activation alone.
    """
    if csv is not None:
        sheet.check_csv(csv)
    lines = context.evaluate(locomo.read(file))
    _show(options, sheet.Sheet("topics of the next session", file, lines, (context.NOTE,)), csv)


@eval_.command("place")
@_FILE
@_CSV
@click.pass_obj
def place_(options: Options, file: Path, csv: Path | None) -> None:
    """Does nearness on the torus mean something? FILE has dialogues in the layout of LoCoMo.

    Topics named together in one message should lie nearer to each other than two that never were. Beside
    the places of torimem stand those that it gives with a local embedder, if there is one (torimem --embedder
    minilm eval place FILE), and those of a hash of the name.
    """
    if csv is not None:
        sheet.check_csv(csv)
    lines = place.evaluate(locomo.read(file), embedder=load_embedder(options.embedder))
    _show(options, sheet.Sheet("places of topics named together", file, lines, (place.NOTE,)), csv)


@eval_.command("prompt")
@_FILE
@click.option(
    "--llm", default="auto", show_default=True,
    help="Who answers: as for torimem chat, or reader, which needs no model: it quotes the line of the "
    "prompt most like the question.",
)  # fmt: skip
@click.option("--budget", default=800, show_default=True, help="Tokens for the memory's prompt.")
@click.option(
    "--questions", type=click.IntRange(1), default=None, metavar="N",
    help="Ask only so many, drawn evenly over the file: each takes up to a dozen replies.",
)  # fmt: skip
@template_option
@_CSV
@click.pass_obj
def prompt_(
    options: Options, file: Path, llm: str, budget: int, questions: int | None, template: str,
    csv: Path | None,
) -> None:  # fmt: skip
    """Does the prompt help a model to answer? FILE has questions with answers, in the layout of LoCoMo.

    At the end of its dialogue each question is asked with the whole prompt, with the persona alone, and
    without one section of the prompt at a time. An answer is carried where two thirds of its words stand in
    the reply; a date is one word. A model that fails, or Ctrl-C, leaves the figures got so far.
    """
    dialogues = locomo.read(file)
    asked = prompt.chosen(dialogues, questions)
    total = sum(len(one.questions) for one in asked)
    model = prompt.model(llm)
    if csv is not None:
        sheet.check_csv(csv, (*prompt.ABOUT, "n", *prompt.MEANS, *prompt.DIFFERENCE))
    embedder = load_embedder(options.embedder)
    with show.progress("asking", total) as progress:
        found = prompt.evaluate(
            asked, model, budget=budget, template=template, embedder=embedder or "none",
            emotion=feelings.load_sentiment(options.emotion), progress=progress,
        )  # fmt: skip
    values = (model.name, str(budget), template, embedder.name if embedder else "none")
    about = dict(zip(prompt.ABOUT, values, strict=True))
    _show(options, prompt.sheet(file, dialogues, found, about), csv)
    if found.stopped:
        raise ModelError(found.stopped)


@eval_.command("emotion")
@_FILE
@_CSV
@click.pass_obj
def emotion_(options: Options, file: Path, csv: Path | None) -> None:
    """Is the feeling found the one a reader sees? FILE has a line for each message.

    Beside torimem stands VADER, where the package vaderSentiment is installed.

    Label: negative, neutral or positive, or -1, 0, 1: how the writer feels now. A column rule, if there is
    one, says what makes the message hard. torimem --emotion hf:MODEL eval emotion FILE uses a classifier.

    \b
    text,label,rule
    I used to love it.,negative,past
    """
    if csv is not None:
        sheet.check_csv(csv)
    examples = emotion.read(file)
    _show(
        options,
        emotion.sheet(file, emotion.evaluate(examples, feelings.load_sentiment(options.emotion))),
        csv,
    )


@eval_.command("topics")
@_FILE
@_CSV
@click.pass_obj
def topics_(options: Options, file: Path, csv: Path | None) -> None:
    """Are the topics found the ones a person would name? FILE has a line for each message.

    Topics stand between semicolons; none, where there is nothing to name. Beside torimem stand the five most
    frequent words of a message, and the five of highest tf x sqrt(idf) with the early ones first.

    \b
    text,topics
    I bought a guitar and my boss laughed.,guitar; boss
    """
    if csv is not None:
        sheet.check_csv(csv)
    _show(options, topics.sheet(file, topics.evaluate(topics.read(file))), csv)


def _show(options: Options, found: sheet.Sheet, csv: Path | None) -> None:
    if csv is not None:
        sheet.append_csv(csv, found)
    options.show(sheet.as_dict(found), lambda: sheet.shown(found))
