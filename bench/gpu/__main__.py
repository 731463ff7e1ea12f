"""All that a machine with an NVIDIA GPU is asked, in one command and within a few minutes.

    python -m bench.gpu [--only NAME ...] [--minutes 8.5] [--write] [--csv FILE] [--commit HASH] [--cpu]

What is here and how fast memory is copied; whether each backend is right; fields of ours beside steps in
PyTorch; the whole conformance suite; compute-sanitizer over the kernels; many users folded at once. torimem
need not be installed, nor its C engine be built. What is missing is said in a line, and the others go on.
What could break, or never end, is done in processes of their own: rows are shown and written as they come,
and where a process ends before its time another one does what is left, without whoever's turn it was.

`--write` appends the rows to results/gpu.csv, or to the file that `--csv` names. `--cpu` goes the same ways
with tiny fields on a CPU, Triton's kernels in its interpreter, CUDA's compiled by g++; its times mean
nothing. The exit code is 1 where something was wrong. A target that was missed is no such thing.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from .. import record
from .here import PACKAGES, Settings, backends, environment, smi
from .rows import CHECKED, Row, show, tallied
from .tasks import TASKS

RESULTS = record.RESULTS / "gpu.csv"
PARTS = {"here": 8, "right": 12, "rows": 48, "suite": 17, "sanitizer": 9, "users": 6}
"""Per cent of the time, in the order of what they are worth; what one leaves over, the next has more."""
NO_GPU = "a GPU"
SILENT = 75
"""Seconds without a word after which a process is taken to hang: several times the longest compilation."""
LEAVING = 20
"""Seconds for a process to end when it has said that it is done."""
Message = dict[str, Any]
Job = tuple[str, float]


@dataclass
class Found:
    """What has been found so far."""

    console: Console
    cpu: bool
    file: Path | None
    head: list[str]
    rows: list[Row] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, rows: Sequence[Row], grounds: Sequence[Row] = ()) -> None:
        """Show rows and append them to the file; what they rest on is appended only."""
        with self.lock:
            self.rows += [*rows, *grounds]
            show(self.console, rows)
            if self.file and (rows or grounds):
                record.write(self.file, [*rows, *grounds], self.head)
            for row in rows:
                if row.note.startswith("missing: "):
                    self.lacks(row.engine, row.note.removeprefix("missing: "))

    def lacks(self, name: str, why: str) -> None:
        """Something is not here: say so, once."""
        with self.lock:
            if name not in self.missing:
                self.missing[name] = why
                self.say(f"missing: {name}: {why}")

    def say(self, line: str) -> None:
        """Print a line as it is."""
        with self.lock:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def wrong(self) -> list[Row]:
        """What was not right."""
        return [row for row in self.rows if row.right == "no"]


class Stopped(Exception):
    """A process that has not done its jobs; the text says why. `late` where the time was up."""

    def __init__(self, why: str, late: bool = False) -> None:
        super().__init__(why)
        self.late = late


def told(
    command: Sequence[str], env: dict[str, str], end: float, silent: float, texts: list[str]
) -> Iterator[Message]:
    """What a process tells, until it is done; raises `Stopped`. What is no message is added to `texts`."""
    lines: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL, env=env, text=True,
            errors="replace", start_new_session=True,
        )  # fmt: skip
        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        finished = False
        try:
            while True:
                patience = min(LEAVING if finished else silent, end - time.time())
                line = lines.get(timeout=max(0.01, patience))
                if line is None:
                    break
                if line.startswith("{"):
                    message = json.loads(line)
                    finished = "done" in message
                    yield message
                else:
                    texts.append(line.rstrip())
            process.wait(timeout=LEAVING)
        except (queue.Empty, subprocess.TimeoutExpired):
            if not finished:
                late = time.time() >= end - 0.1
                why = "the time was up" if late else f"not a word for {silent:.0f} s"
                raise Stopped(f"{why}, so it was ended", late) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # with the compilers it has started
            process.wait()
            listener.join(5)
        if not finished:
            said.seek(0)
            last = [line.strip() for line in said if line.strip()][-1:]
            code = process.returncode
            how = f"signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"exit code {code}"
            raise Stopped("; ".join([f"ended with {how}", *last])[:300])


def done(jobs: Sequence[Job], found: Found, end: float, *, silent: float = SILENT, threads: int = 1) -> None:
    """Have jobs done, by another process where one ends before its time, without what made it end."""
    left = list(jobs)
    while left:
        if end - time.time() < 1:
            found.say(f"no time left: {', '.join(job for job, _ in left)}")
            return
        with found.lock:
            wrong = sorted({row.engine for row in found.wrong() if row.task == CHECKED})
            settings = Settings(found.cpu, end, threads, dict(found.without), wrong)
        job, at, tally = "", "", None
        try:
            for message in told(_command(settings, left), environment(found.cpu), end, silent, []):
                if "job" in message:
                    job, at, tally = message["job"], "", None
                    left = [one for one in left if one[0] != job]
                at, tally = message.get("at", at), message.get("tally", tally)
                _take(message, job, at, found)
            return
        except Stopped as stopped:
            waiting = ", ".join(one for one, _ in left)
            if tally:
                passed, failed, faults = tally
                right = "no" if failed or not stopped.late else ""
                found.add([tallied(at, passed, failed, [*faults, str(stopped)], right)])
                continue
            if stopped.late:
                found.say(f"no time left: {', '.join(filter(None, (job, waiting)))}")
                return
            if not job:
                found.add([Row("not begun", waiting, right="no", note=str(stopped))])
                return
            name = at.partition(",")[0]
            own = name in backends(found.cpu)
            found.add([Row(job, at, right="no" if own or not at else "", note=str(stopped))])
            if name:  # the others do that job once more
                found.without[name] = f"in {job}: {stopped}"
                left = [(job, TASKS[job].weight)] * (job in TASKS) + left


def _command(settings: Settings, jobs: Sequence[Job]) -> list[str]:
    given = json.dumps({"settings": asdict(settings), "jobs": jobs})
    return [sys.executable, "-m", "bench.gpu.work", given]


def _take(message: Message, job: str, at: str, found: Found) -> None:
    """Keep what a process tells."""
    for line in message.get("lines", ()):
        found.say(line)
    if "rows" in message:
        found.add(*([Row(**row) for row in message.get(kind, ())] for kind in ("rows", "grounds")))
    if "missing" in message:
        found.lacks(message["missing"], message["why"])
    if "failed" in message:
        found.add([Row(job, at, right="no", note=f"failed: {message['failed']}")])


def watched(job: Job, found: Found, end: float) -> None:
    """Have compute-sanitizer watch the kernels of a backend; `job` is a tool of its and the backend."""
    tool, _, backend = job[0].partition(":")
    row = Row(f"compute-sanitizer, {tool}", backend)
    sanitizer = shutil.which("compute-sanitizer") or shutil.which("/usr/local/cuda/bin/compute-sanitizer")
    if not sanitizer:
        found.lacks("compute-sanitizer", "it is neither on PATH nor in /usr/local/cuda/bin")
        return
    # calls that ask whether something is there are no errors; and each tensor has borders of its own
    options = ["--report-api-errors", "no"] if tool == "memcheck" else []
    env = {**environment(found.cpu), "PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}
    program = _command(Settings(found.cpu, end), [(f"kernels:{backend}", 1.0)])
    command = [sanitizer, "--tool", tool, *options, *program]
    texts, faults = list[str](), list[str]()
    try:
        for message in told(command, env, end, end - time.time(), texts):
            if "rows" in message or "missing" in message:  # of what the backend lacks
                _take(message, job[0], backend, found)
                return
            faults += [message["failed"]] if "failed" in message else []
    except Stopped as stopped:
        faults.append(str(stopped))
    errors = [int(one[1]) for text in texts if (one := re.search(r"SUMMARY: (\d+) (?:error|hazard)", text))]
    if errors:
        said = [text for text in texts if text.startswith("=========") and text.strip("= ")]
        faults += said[:3] if any(errors) else []
        note = "; ".join([f"{sum(errors)} errors", *faults])
        found.add([replace(row, right="no" if faults else "yes", note=note)])
    else:  # it could not watch; whether something is wrong is not known
        found.add([replace(row, note="; ".join(["could not run", *faults, *texts[-2:]])[:300])])


def jobs(cpu: bool) -> dict[str, list[Job]]:
    """What there is to do, by part, each with how much of the part's time it gets."""
    own = backends(cpu)
    crossings = [(f"crossing:{one}", 1.0) for one in own]
    return {
        "here": [("here", 1.0)],
        "right": [(f"right:{one}", 1.0) for one in own],
        "rows": [*((name, task.weight) for name, task in TASKS.items()), *crossings],
        "suite": [(f"suite:{one}", 1.0) for one in own],
        "sanitizer": [
            (f"{tool}:{one}", 1.0) for tool in ("memcheck", "racecheck") for one in ("cuda", "triton")
        ],
        "users": [("users", 1.0)],
    }


def chosen(only: Sequence[str], cpu: bool) -> dict[str, list[Job]]:
    """The jobs that are named by themselves, by their kind or by their part; all of them where nothing is."""
    found = {
        part: [job for job in some if not only or {part, job[0], job[0].partition(":")[0]} & set(only)]
        for part, some in jobs(cpu).items()
    }
    return {part: some for part, some in found.items() if some}


def run(found: Found, parts: dict[str, list[Job]], minutes: float) -> None:
    """One part after another, each within its share of the time and what was left over before it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    begin, whole, used = time.time(), sum(PARTS[part] for part in parts), 0
    for part, some in parts.items():
        used += PARTS[part]
        end = begin + 60 * minutes * used / whole
        if NO_GPU in found.missing:
            return
        found.say(f"--- {part}: at {time.time() - begin:.0f} s, until {end - begin:.0f} s at the latest")
        if part in ("right", "suite"):  # compilers are what they wait for
            threads = max(1, min(4, cores // 4))
            what = partial(alone, found=found, end=end, silent=end - time.time(), threads=threads)
            side_by_side(what, some, cores)
        elif part == "sanitizer":
            side_by_side(partial(watched, found=found, end=end), some, cores)
        else:
            done(some, found, end)


def alone(job: Job, **options: Any) -> None:
    """Have a job done in a process of its own."""
    done([job], **options)


def side_by_side(what: Callable[[Job], None], some: Sequence[Job], cores: int) -> None:
    """Several jobs at a time, where nothing is measured."""
    with ThreadPoolExecutor(max(1, min(len(some), cores))) as pool:
        list(pool.map(what, some))


def nearest(rows: Sequence[Row]) -> list[Row]:
    """The rows with targets; of ours with one in common, the one that comes nearest."""
    best: dict[tuple[str, str], tuple[tuple[bool, float], Row]] = {}
    for row in rows:
        if row.target is not None:
            value = getattr(row, row.measure)
            far = float("inf") if value is None else -value if row.measure == "share" else value
            key, rank = (row.task, row.engine if row.measure == "ratio" else ""), (row.met != "yes", far)
            if key not in best or rank < best[key][0]:
                best[key] = rank, row
    return [row for _, row in best.values()]


def summed_up(found: Found) -> None:
    """What was to be kept, what was wrong and what was missing, in short."""
    for row in nearest(found.rows):
        value = getattr(row, row.measure)
        shown = "no figure" if value is None else f"{value:.4g}"
        word = "least" if row.measure == "share" else "most"
        kept = "met   " if row.met == "yes" else "MISSED"
        found.say(f"{kept} {row.task}: {row.engine}: {row.measure} {shown}, at {word} {row.target:.4g}")
    for row in found.wrong():
        found.say(f"WRONG  {row.task}: {row.engine} {row.n}: {row.note or f'error {row.error}'}")
    if found.file:
        found.say(f"{len(found.rows)} rows appended to {found.file}")
    found.say(f"missing: {', '.join(found.missing) or 'nothing'}")


def main() -> int:
    """Do what the command line says; 1 where something was wrong."""
    parser = argparse.ArgumentParser(
        "python -m bench.gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="parts, jobs or kinds of jobs")
    parser.add_argument("--minutes", type=float, default=8.5, help="the most that all of it may take")
    parser.add_argument("--cpu", action="store_true", help="try the ways on a CPU")
    parser.add_argument("--write", action="store_true", help="append the rows to a file")
    parser.add_argument("--csv", type=Path, metavar="FILE", help=f"that file, instead of {RESULTS.name}")
    parser.add_argument("--commit", default="", help="what the rows are of, where git does not know")
    args = parser.parse_args()
    parts = chosen(args.only, args.cpu)
    known = {name for part, some in jobs(args.cpu).items() for job, _ in some
             for name in (part, job, job.partition(":")[0])}  # fmt: skip
    if strange := set(args.only) - known:
        parser.error(f"there is no {', '.join(sorted(strange))}; there are {', '.join(sorted(known))}")
    if args.write and args.cpu and not args.csv:
        parser.error("--cpu measures nothing for results/gpu.csv; name another file with --csv")
    date, commit, processor, _ = record.described()
    device = processor if args.cpu else smi("name") or "unknown GPU"
    head = [date, args.commit or commit, device, record.versions(PACKAGES)]
    console = Console()
    found = Found(
        console if console.is_terminal else Console(width=150), args.cpu,
        (args.csv or RESULTS) if args.write else None, head,
    )  # fmt: skip
    found.say(f"{device}; {head[3]}; commit {head[1] or 'unknown'}")
    run(found, parts, args.minutes)
    summed_up(found)
    return 1 if found.wrong() or NO_GPU in found.missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
