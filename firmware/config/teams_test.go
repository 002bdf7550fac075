package config

import (
	"strings"
	"testing"

	"watchbox/firmware/point"
)

const teamHead = `version: 1
id: x
board: sim
rooms: [{id: mr}]
outputs:
  - {terminal: DO1, point: mr/fan}
  - {terminal: DO2, point: mr/damper}
  - {terminal: DO3, point: mr/horn}
devices:
  - {id: ac1, driver: self}
  - {id: w, driver: ledwall, address: 192.0.2.1}
  - {id: c, driver: ledwall, address: SPI0, options: {kind: apa102}}
`

func TestRelaysTeamsAndWalls(t *testing.T) {
	const team = "teams:\n  - id: cooling\n    mains: ac1/mains\n    members: [{id: ac1, run: ac1/on}, {id: ac2, run: ac2/on}]\n"
	world := World{Points: []point.Name{"ac1/on", "ac2/on", "ac1/mains", "ac1/read-only"}, Writable: []point.Name{"ac1/on", "ac2/on"}}
	for name, c := range map[string]struct{ text, want string }{
		"a relay":               {"annunciators:\n  - {id: a, kind: relay, output: mr/fan, pulse: 5s, delay: 1s, minimum-on: 5s, minimum-off: 1m, interlock: [b]}\n  - {id: b, kind: relay, output: mr/damper}\n", ""},
		"a pulse of a sounder":  {"annunciators:\n  - {id: a, kind: sounder, output: mr/horn, pulse: 5s}\n", "site.yaml:14:52: annunciators[0].pulse: read pulse of a sounder, allowed only with kind: relay"},
		"interlock with none":   {"annunciators:\n  - {id: a, kind: relay, output: mr/fan, interlock: [b]}\n  - {id: b, kind: relay, output: mr/damper}\n  - {id: c, kind: relay, output: mr/horn, interlock: [d]}\n", "annunciators[2].interlock[0]: read d"},
		"interlock with itself": {"annunciators:\n  - {id: a, kind: relay, output: mr/fan, interlock: [a]}\n", "annunciators[0].interlock[0]: read a"},
		"too short a pulse":     {"annunciators:\n  - {id: a, kind: relay, output: mr/fan, pulse: 5s, minimum-on: 6s}\n", "annunciators[0].pulse: read 5s, allowed at least minimum-on, 6s"},
		"a team":                {team, ""},
		"a read-only unit":      {strings.Replace(team, "run: ac2/on", "run: ac1/read-only", 1), "teams[0].members[1].run: read ac1/read-only, which its map does not allow to be written"},
		"an unknown unit":       {strings.Replace(team, "run: ac2/on", "run: ac3/on", 1), "teams[0].members[1].run: read ac3/on, allowed a point of the site"},
		"no reserve":            {strings.Replace(team, "id: cooling", "id: cooling\n    duty: 2", 1), "teams[0].members: read team cooling: duty 2 of 2"},
		"twice":                 {team + strings.Replace(strings.TrimPrefix(team, "teams:\n"), "id: cooling", "id: other", 1), "teams[1].members[0].run: read ac1/on, which team cooling drives already"},
		"two rotations":         {strings.Replace(team, "id: cooling", "id: cooling\n    rotate-day: monday\n    rotate-every: 24h", 1), "teams[0].rotate-every: read rotate-every beside rotate-day, allowed one of both"},
		"short gap":             {strings.Replace(team, "id: cooling", "id: cooling\n    gap: 1s", 1), "teams[0].gap: read 1s, allowed"},
		"a strike as a unit":    {"doors:\n  - {id: d, contact: ac1/mains, strike: mr/fan, egress-by-wire: true}\n" + strings.Replace(team, "run: ac2/on", "run: mr/fan", 1), "teams[0].members[1].run: read mr/fan, which is the strike of door d"},
		"a read-only relay":     {"annunciators:\n  - {id: a, kind: relay, output: ac1/read-only}\n", "annunciators[0].output: read ac1/read-only, which its map does not allow to be written"},
		"a writable relay":      {"annunciators:\n  - {id: a, kind: relay, output: ac1/on}\n", ""},
		"a wall that is silent": {"wall: {device: w, rooms: [mr], rows: [alarm]}\n", "warning: wall.alive: read nothing"},
		"a wall that answers":   {"wall: {device: w, rooms: [mr], rows: [alarm], alive: ac1/mains}\n", ""},
		"a chain of pixels":     {"wall: {device: c, rooms: [mr], rows: [alarm]}\n", ""},
		"without mains":         {strings.Replace(team, "    mains: ac1/mains\n", "", 1), "warning: teams[0].mains"},
	} {
		t.Run(name, func(t *testing.T) {
			site, problems := Parse("site.yaml", []byte(teamHead+c.text))
			if site != nil {
				problems = append(problems, Validate(site, world)...)
			}
			var all []string
			for _, p := range problems {
				all = append(all, p.String())
			}
			text := strings.Join(all, "\n")
			if c.want == "" && text != "" || !strings.Contains(text, c.want) {
				t.Errorf("got %s\nwant %s", text, c.want)
			}
		})
	}
}
