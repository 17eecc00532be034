"""Change one thing at a time in the dbt models and report how many changes the tests catch."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from judges import JUDGES, SURVIVED, Bench, PreparationError, Verdict, prepared
from mutations import FEWEST_PER_MART, Mutation, MutationError, marts_short_of, mutations
from nines.building import target_path

WANTED_RATIO = 0.95


def judged(mutation: Mutation, bench: Bench) -> Verdict:
    """Return what the first judge to object says, or that none did."""
    with bench.with_model(mutation.model, mutation.applied_to):
        verdicts = (judge(mutation.model, bench) for judge in JUDGES)
        return next((verdict for verdict in verdicts if verdict != SURVIVED), SURVIVED)


def report(judgements: Sequence[tuple[Mutation, Verdict]], say: Callable[[str], None]) -> int:
    """Print survivors, broken mutations and one line of counts; return the exit status."""
    outcomes = Counter(verdict.outcome for _, verdict in judgements)
    for mutation, verdict in judgements:
        if verdict.outcome == "survived":
            say(f"survived: {mutation.model}: {mutation.breaks}")
            say(f"          {mutation.survives or 'NOT EXPLAINED: write a test that kills it'}")
        elif verdict.outcome == "broken":
            say(f"broken, change it so that it runs: {mutation.model}: {mutation.breaks}")
        elif mutation.survives:
            say(f"caught, though said to survive: {mutation.model}: {mutation.breaks}")
    counted = outcomes["caught"] + outcomes["survived"]
    ratio = outcomes["caught"] / counted if counted else 0.0
    misjudged = sum(
        bool(mutation.survives) != (verdict.outcome == "survived")
        for mutation, verdict in judgements
        if verdict.outcome != "broken"
    )
    broken = f", {outcomes['broken']} broken" if outcomes["broken"] else ""
    say(f"{outcomes['caught']} of {counted} caught ({100 * ratio:.1f} %){broken}")
    return int(ratio < WANTED_RATIO or outcomes["broken"] > 0 or misjudged > 0)


def main(arguments: Sequence[str]) -> int:
    """Judge the mutations that were asked for and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a mart's or a model file's name")
    only = parser.parse_args(arguments).only
    try:
        every = mutations()
        if short := marts_short_of(every):
            raise MutationError(f"fewer than {FEWEST_PER_MART} concern {', '.join(short)}")
        chosen = [each for each in every if only in each.mart or only in each.model]
        if not chosen:
            raise MutationError(f"none concerns {only!r}")
        bench = prepared(target_path() / "mutation", print)
    except (MutationError, PreparationError) as error:
        print(f"Nothing was changed: {error}", file=sys.stderr)
        return 2
    judgements = []
    for number, mutation in enumerate(chosen, start=1):
        began = time.monotonic()
        verdict = judged(mutation, bench)
        judgements.append((mutation, verdict))
        told = f"{verdict.outcome:8} {mutation.mart}: {mutation.breaks}"
        by = f" [{verdict.by}]" if verdict.by else ""
        seconds = time.monotonic() - began
        print(f"{number:3}/{len(chosen)} {told}{by} {seconds:.0f} s", flush=True)
    return report(judgements, print)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
