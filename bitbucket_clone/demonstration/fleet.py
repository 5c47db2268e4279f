"""Any number of small repositories, each with an open pull request: for load tests, and to see long lists."""

from __future__ import annotations

from bitbucket_clone.demonstration.stories import PEOPLE, Step, Story

KEY, NAME = "FLT", "Flight software"
MOST = 10_000

_PARTS = ("attitude", "battery", "camera", "downlink", "engine", "gyroscope", "heater", "antenna")
_SOURCE = '''"""Watches the {part} of satellite {number}."""


def is_well(volts: float, celsius: float) -> bool:
    """Whether the {part} is within its limits."""
    return volts > {volts} and celsius < {celsius}
'''


def stories(count: int) -> list[Story]:
    """So many repositories, each with a branch whose change merges cleanly."""
    return [_story(number) for number in range(1, count + 1)]


def branch_of(story: Story) -> str:
    """The branch that is proposed."""
    return story.steps[-1].branch


def author_of(story: Story) -> str:
    """Who proposes it."""
    return story.steps[-1].who


def _story(number: int) -> Story:
    part = _PARTS[number % len(_PARTS)]
    first, second = PEOPLE[number % len(PEOPLE)].name, PEOPLE[(number + 1) % len(PEOPLE)].name
    limits = {"part": part, "number": number}
    source = _SOURCE.format(volts=24, celsius=60, **limits)
    wider = _SOURCE.format(volts=23, celsius=60, **limits)
    readme = f"# The {part} of satellite {number}\n\nFlies since day {number}.\n"
    return Story(
        f"{part}-{number:04d}",
        f"Watches the {part} of satellite {number}",
        (part,),
        (
            Step(900, first, "main", "Say what this is", {"README.md": readme}),
            Step(800, second, "main", f"Watch the {part}", {"src/watch.py": source}),
            Step(90, first, "feature/lower-voltage", "Allow a lower voltage", {"src/watch.py": wider}),
        ),
    )  # fmt: skip
