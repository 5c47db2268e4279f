"""What the demonstration tells: people, projects, and what they wrote. Data alone."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StoryUser:
    """A person, with the two colours of their picture."""

    name: str
    display_name: str
    colours: tuple[str, str]


@dataclass(frozen=True)
class Step:
    """One commit: so many hours ago, by whom, on which branch, with which files; None removes one."""

    hours_ago: int
    who: str
    branch: str
    message: str
    files: dict[str, str | None]
    # Where the branch begins, if this is its first commit.
    begins_at: str = "main"


@dataclass(frozen=True)
class Story:
    """A repository."""

    name: str
    description: str
    labels: tuple[str, ...]
    steps: tuple[Step, ...]
    # Tags by name: which commit of the main branch, and the message.
    tags: dict[str, tuple[int, str]] = field(default_factory=dict)


PEOPLE = (
    StoryUser("amara", "Amara Okafor", ("#0b4a9e", "#5b8def")),
    StoryUser("bruno", "Bruno Castelli", ("#8a3ffc", "#d4bbff")),
    StoryUser("chen", "Chen Wei", ("#0e6027", "#6fdc8c")),
    StoryUser("dalia", "Dalia Haddad", ("#9f1853", "#ff7eb6")),
    StoryUser("elin", "Elin Sørensen", ("#8e6a00", "#f1c21b")),
)

README = """# Orbit

Plans the passes of our satellites and tells the ground stations when to listen.

| Station | Latitude | Dishes |
| --- | --- | --- |
| Svalbard | 78.2 | 3 |
| Punta Arenas | -53.1 | 2 |

```python
from orbit import passes

for one in passes.over("Svalbard", hours=24):
    print(one.begins, one.highest)
```

- [x] Passes for one station
- [x] Several stations at once
- [ ] Weather
"""

PASSES = '''"""When a satellite is seen from a station."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from orbit.geometry import elevation

LOWEST = 5.0
STEP = timedelta(seconds=30)


@dataclass(frozen=True)
class Pass:
    """From rising until setting."""

    station: str
    begins: datetime
    ends: datetime
    highest: float


def over(station: str, satellite: str, begins: datetime, hours: int) -> list[Pass]:
    """Every pass within so many hours."""
    found: list[Pass] = []
    at, rising, highest = begins, None, 0.0
    while at < begins + timedelta(hours=hours):
        height = elevation(satellite, station, at)
        if height >= LOWEST:
            rising = rising or at
            highest = max(highest, height)
        elif rising is not None:
            found.append(Pass(station, rising, at, highest))
            rising, highest = None, 0.0
        at += STEP
    return found
'''

GEOMETRY = '''"""Angles between the ground and the sky."""

import math

EARTH = 6371.0


def horizon(height: float) -> float:
    """How far one sees from a height, in kilometres."""
    return math.sqrt(2 * EARTH * height + height * height)
'''

WEATHER = '''"""Clouds over a station, as the weather service tells them."""

import json
from urllib.request import urlopen

SERVICE = "https://weather.example.com/clouds"


def clouds(station: str) -> float:
    """The share of the sky that is covered, from 0 to 1."""
    with urlopen(f"{SERVICE}/{station}", timeout=5) as answer:
        return float(json.load(answer)["cover"])
'''

STATIONS = """svalbard,78.23,15.39,3
punta-arenas,-53.16,-70.91,2
"""

SCHEDULE = '''"""Who listens when: passes that overlap are shared out among the dishes."""

from orbit.passes import Pass


def share(passes: list[Pass], dishes: int) -> dict[int, list[Pass]]:
    """Give each pass to the first dish that is free."""
    plan: dict[int, list[Pass]] = {dish: [] for dish in range(dishes)}
    for one in sorted(passes, key=lambda found: found.begins):
        for taken in plan.values():
            if not taken or taken[-1].ends <= one.begins:
                taken.append(one)
                break
    return plan
'''

STYLES = """:root { --sky: #0b1d3a; --ground: #f4f5f7; --signal: #36b37e; }
.pass { fill: var(--signal); }
.night .pass { fill: #79f2c0; }
"""

CHART = """export function draw(passes, width) {
  const first = Math.min(...passes.map((one) => one.begins));
  const last = Math.max(...passes.map((one) => one.ends));
  const scale = width / (last - first);
  return passes.map((one) => ({
    x: (one.begins - first) * scale,
    width: (one.ends - one.begins) * scale,
    label: `${one.station} ${Math.round(one.highest)}°`,
  }));
}
"""

ORBIT = Story(
    "orbit",
    "Plans the passes of our satellites",
    ("python", "ground-segment"),
    (
        Step(900, "amara", "main", "Begin with what a pass is", {"README.md": "# Orbit\n", "orbit/__init__.py": '"""Passes of satellites."""\n', "orbit/geometry.py": GEOMETRY}),
        Step(872, "chen", "main", "Find the passes over a station", {"orbit/passes.py": PASSES}),
        Step(850, "chen", "main", "Know the elevation of a satellite", {"orbit/geometry.py": GEOMETRY + '\n\ndef elevation(satellite: str, station: str, at: object) -> float:\n    """Degrees above the horizon."""\n    return 90.0 * math.sin(hash((satellite, station, str(at))) % 314 / 100)\n'}),
        Step(700, "bruno", "main", "List our stations", {"stations.csv": STATIONS}),
        Step(640, "dalia", "main", "Say in the README how it is used", {"README.md": README}),
        Step(500, "elin", "main", "Build each push\n\nThe build server reads it from here.", {"ci/build.yaml": "steps:\n  - run: python -m pytest\n  - run: ruff check .\n"}),
        Step(400, "amara", "main", "Test what must not change", {"tests/test_passes.py": "from orbit.passes import LOWEST\n\n\ndef test_low_passes_are_left_out():\n    assert LOWEST >= 5\n"}),
        Step(210, "chen", "feature/schedule", "Share passes out among the dishes", {"orbit/schedule.py": SCHEDULE}),
        Step(205, "chen", "feature/schedule", "Leave a dish a minute to turn", {"orbit/schedule.py": SCHEDULE.replace("taken[-1].ends <= one.begins", "taken[-1].ends + TURN <= one.begins").replace("from orbit.passes", "from datetime import timedelta\n\nfrom orbit.passes").replace("\n\n\ndef share", "\n\nTURN = timedelta(minutes=1)\n\n\ndef share")}),
        Step(120, "dalia", "feature/weather", "Ask for the clouds over a station", {"orbit/weather.py": WEATHER}),
        Step(96, "dalia", "feature/weather", "Leave out passes that nobody would see", {"orbit/passes.py": PASSES.replace("from orbit.geometry import elevation", "from orbit.geometry import elevation\nfrom orbit.weather import clouds").replace("        if height >= LOWEST:", "        if height >= LOWEST and clouds(station) < 0.9:")}),
        Step(70, "bruno", "bugfix/lowest-pass", "Count passes from three degrees", {"orbit/passes.py": PASSES.replace("LOWEST = 5.0", "LOWEST = 3.0")}),
        Step(60, "elin", "main", "Count passes from ten degrees while the trees are in leaf", {"orbit/passes.py": PASSES.replace("LOWEST = 5.0", "LOWEST = 10.0")}),
        Step(40, "amara", "feature/more-stations", "Add the station at Awarua", {"stations.csv": STATIONS + "awarua,-46.53,168.38,1\n"}),
        Step(30, "elin", "feature/rewrite-in-rust", "Begin again, faster", {"src/main.rs": 'fn main() {\n    println!("passes");\n}\n'}),
        Step(8, "bruno", "feature/alerts", "Ring a bell before a pass begins", {"orbit/alerts.py": '"""Tells people that a pass begins."""\n\nMINUTES_BEFORE = 5\n'}),
    ),
    {"v1.0": (4, "The first that the stations use"), "v1.1": (-1, "Ten degrees in summer")},
)  # fmt: skip

CONSOLE = Story(
    "console",
    "What the operators look at",
    ("javascript",),
    (
        Step(820, "dalia", "main", "Draw passes as bars", {"README.md": "# Console\n\nWhat the operators look at, day and night.\n", "src/chart.js": CHART}),
        Step(780, "dalia", "main", "Colours for day and night", {"src/style.css": STYLES}),
        Step(300, "bruno", "main", "Write the highest elevation beside the bar", {"src/chart.js": CHART.replace("label: `", "title: `").replace("°`", "° at its highest`")}),
        Step(50, "elin", "feature/keyboard", "Step through passes with j and k", {"src/keyboard.js": 'document.addEventListener("keydown", ({ key }) => {\n  if (key === "j") select(+1);\n  if (key === "k") select(-1);\n});\n'}),
    ),
)  # fmt: skip

ARCHIVE = Story(
    "telemetry-archive",
    "Ten years of telemetry, and how to read it",
    ("data",),
    (
        Step(2000, "amara", "main", "How the files are laid out", {"README.md": "# Telemetry archive\n\nOne folder a day, one file a pass.\n"}),
        Step(1500, "chen", "main", "A sample", {"2019/03/01/svalbard.csv": "time,volts,celsius\n12:00:00,27.9,14.2\n12:00:30,27.8,14.4\n"}),
    ),
)  # fmt: skip
