"""The last prompt of the demo at four budgets, each line with its reason from the ledger -> docs/prompts.md.

python -m bench.memory.prompts
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from torimem import Chat, Memory, Prompt
from torimem.log.replay import read_replay

PAGE = Path(__file__).parents[2] / "docs/prompts.md"
BUDGETS = (150, 300, 600, 1200)

_HEAD = """# The demo's last prompt, line by line

Ada has talked for five weeks; her last message asks "Which guitar did I end up buying?". Below is what the
model is told at four budgets (tokens by torimem's own estimate, which is above the real count), and under
each prompt why each line is in it, as the ledger says. `python -m bench.memory.prompts` writes this page.

What is asked for comes first; what does not change from turn to turn reads the same; no figure stands where
a word will do.
"""


def prompts() -> list[Prompt]:
    """The prompt for the last question, at each budget."""
    with as_file(files("torimem") / "cli/demo.jsonl") as path:
        *said, question = read_replay(path)
    found = []
    for budget in BUDGETS:
        with Memory(":memory:", "ada", embedder="none") as memory:
            memory.observe_many(said)
            chat = Chat(memory, "offline", budget=budget)
            found.append(chat.turn(question.text, id=question.id, at=question.at).prompt)
    return found


def page() -> str:
    """The page as it should stand in docs."""
    parts = [_HEAD]
    for prompt in prompts():
        parts.append(f"\n## {prompt.budget} tokens\n\n```text\n{prompt}\n```\n")
        kept = [line for line in prompt.lines if line.kept]
        parts.append("\n| line | tokens | why it is there |\n|---|---|---|\n")
        parts += [f"| {_cell(line.text)} | {line.tokens} | {_cell(line.why)} |\n" for line in kept]
        parts.append(f"\n{len(prompt.lines) - len(kept)} further lines did not fit.\n")
    return "".join(parts)


def _cell(text: str) -> str:
    return " ".join(text.removeprefix("- ").replace("|", "\\|").split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
