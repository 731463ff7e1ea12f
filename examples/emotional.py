"""A conversation: worries that belong together, and a joy apart from them.

    python examples/emotional.py

Nothing is given but the sentences: topics, feelings and places are what torimem makes of them, with the
dynamics it has by default. Prints the prompt that a model would get after the last message.
"""

from torimem import Memory

TURNS = (
    "The work deadline was moved up to Friday and I'm really worried that I won't make it.",
    "The whole project is late because of that deadline. The project stress keeps me awake, I hate it.",
    "And there are team issues now: two colleagues on the project don't speak to each other, it's awful.",
    "Something nice, though: I bought a new guitar and I love it!",
    "Music practice with the new guitar makes me so happy, an hour goes by like nothing.",
    "We even learned a whole song at music practice tonight, it was wonderful.",
)


def memory() -> Memory:
    """A memory that has heard the conversation, one message a day."""
    heard = Memory(":memory:", embedder="none")
    for day, text in enumerate(TURNS, start=1):
        heard.observe(text, at=f"2026-03-{day:02}T20:00")
    return heard


if __name__ == "__main__":
    persona = "a supportive assistant with emotional intelligence"
    print(memory().prompt(persona=persona, template="emotional"))
