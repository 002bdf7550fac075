package alarm

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"watchbox/firmware/condition"
	"watchbox/firmware/point"
)

// RulesKey is the trouble that the machine itself raises while a rule is out of
// service. A definition of that key in `more` overrides its texts.
const RulesKey = "box/rules"

// Program is a compiled set of definitions and rules. Compile may run in any
// goroutine; a Program is swapped into one Machine, once.
type Program struct {
	definitions []Definition // sorted by key
	watches     map[point.Name][]*watch
	beside      map[point.Name][]*watch // what is told beside the watched point
	all         []*watch                // in the order of the rules
}

// Defines tells whether an alarm of that key can be raised.
func (p *Program) Defines(key string) bool {
	_, found := slices.BinarySearchFunc(p.definitions, key, func(d Definition, key string) int { return cmp.Compare(d.Key, key) })
	return found
}

// Compile makes the definitions of every rule on every point that its patterns
// match, and adds more. It answers with every error, each naming its rule; what
// is right is compiled all the same, so that a start can guard with the rest.
func Compile(rules []Rule, points []point.Point, more []Definition) (*Program, []error) {
	c := &compiler{program: &Program{watches: map[point.Name][]*watch{}, beside: map[point.Name][]*watch{}},
		index: indexPoints(points), seen: map[string]bool{}}
	ids := map[string]bool{}
	for _, r := range rules {
		if ids[r.ID] {
			c.fail(r, fmt.Errorf("the id is used twice"))
			continue
		}
		ids[r.ID] = true
		c.rule(r)
	}
	for _, d := range more {
		c.add(d)
	}
	if !c.seen[RulesKey] {
		c.add(Definition{Key: RulesKey, Label: point.Words{Zh: "报警规则停用", En: "alarm rule out of service"},
			Priority: 3, Class: ClassTrouble})
	}
	if !c.seen[FloodKey] {
		c.add(floodDefinition())
	}
	slices.SortFunc(c.program.definitions, func(a, b Definition) int { return cmp.Compare(a.Key, b.Key) })
	return c.program, c.errors
}

// RuleError is what is wrong with one rule.
type RuleError struct {
	Rule string // its id; of limits "id.high" and so on
	Err  error
}

func (e *RuleError) Error() string { return "alarm rule " + e.Rule + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *RuleError) Unwrap() error { return e.Err }

type compiler struct {
	program *Program
	index   pointIndex
	seen    map[string]bool
	errors  []error
}

func (c *compiler) fail(r Rule, err error) {
	c.errors = append(c.errors, &RuleError{r.ID, err})
}

func (c *compiler) rule(r Rule) {
	if r.ID == "" || strings.ContainsAny(r.ID, "/* ") {
		c.fail(r, fmt.Errorf("id %q: want a short name without space, '/' or '*'", r.ID))
		return
	}
	if len(r.Points) == 0 && r.When.Expression == "" {
		c.fail(r, fmt.Errorf("points: it names none"))
	}
	levels, err := r.levels()
	if err != nil {
		c.fail(r, err)
	}
	points, digest := c.points(r), r.version()
	for _, l := range levels {
		l.digest = digest
		if l.When.Group() {
			c.group(l, points)
			continue
		}
		for _, p := range points {
			c.watch(l, p)
		}
	}
}

// points are those that the rule's patterns match, each once.
func (c *compiler) points(r Rule) (points []*point.Point) {
	for _, pattern := range r.Points {
		found, err := c.index.match(pattern)
		if err != nil {
			c.fail(r, err)
		}
		for _, p := range found {
			if !slices.Contains(points, p) {
				points = append(points, p)
			}
		}
	}
	return points
}

// watch adds the rule on one point.
func (c *compiler) watch(r Rule, p *point.Point) {
	t, err := condition.Compile(r.When, p)
	if err != nil {
		c.fail(r, err)
		return
	}
	c.bind(r, r.ID+"/"+string(p.Name), t, []*point.Point{p})
}

// group adds the rule's one test over all its points. Its key has no point.
func (c *compiler) group(r Rule, points []*point.Point) {
	t, watched, err := condition.CompileGroup(r.When, points, func(n point.Name) *point.Point { return c.index.byName[n] })
	if err != nil {
		c.fail(r, err)
		return
	}
	c.bind(r, r.ID+"/"+GroupItem, t, watched)
}

// GroupItem stands in the key of a rule over several points where a point's name
// would be.
const GroupItem = "group"

func (c *compiler) bind(r Rule, key string, t condition.Test, points []*point.Point) {
	if !c.add(r.define(key, points[0])) {
		return
	}
	w := &watch{rule: r.ID, key: key, condition: r.When, test: t, point: points[0], group: r.When.Group(),
		while: r.While, except: r.Except, gate: point.Never}
	for _, p := range points {
		c.program.watches[p.Name] = append(c.program.watches[p.Name], w)
	}
	c.accompany(w)
	c.program.all = append(c.program.all, w)
}

func (r Rule) define(key string, p *point.Point) Definition {
	d := Definition{Key: key, Label: r.Label, Room: p.Room, Point: p.Name, Priority: r.Priority,
		Class: r.Class, Asset: p.Asset, Instruction: r.Instruction, OnDelay: r.OnDelay, OffDelay: r.OffDelay,
		Latch: r.Latch, Resound: r.Resound, Kind: r.Kind, Group: r.Group, Clear: r.Clear,
		Causes: slices.Clone(r.CausedBy), Version: r.digest}
	if r.When.Group() {
		d.Asset = point.Asset{}
	}
	if r.outer != "" {
		d.Causes = append(d.Causes, r.outer+"/"+string(p.Name))
	}
	if r.Was != "" {
		d.Was = r.Was + "/" + string(p.Name)
	}
	if d.Label.IsZero() {
		d.Label = point.Words{Zh: "{device}{point}", En: "{device} {point}"}
	}
	name := p.Label
	if name.IsZero() {
		name = point.Words{Zh: string(p.Name), En: string(p.Name)}
	}
	owner := p.Owner
	if owner.IsZero() && strings.Contains(d.Label.Zh+d.Label.En+d.Instruction.Zh+d.Instruction.En, "{device}") {
		owner = point.Words{Zh: p.Name.Device(), En: p.Name.Device()}
	}
	for _, w := range []struct {
		mark string
		text point.Words
	}{{"{point}", name}, {"{device}", owner}} {
		d.Label, d.Instruction = fill(d.Label, w.mark, w.text), fill(d.Instruction, w.mark, w.text)
	}
	return d
}

// version is a digest of the rule, so that a decision names what decided it.
func (r Rule) version() string {
	b, err := json.Marshal(r)
	if err != nil {
		return "" // a limit that is no number: refused elsewhere
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:4])
}

// add completes a definition and takes it; false when it cannot be taken.
func (c *compiler) add(d Definition) bool {
	d, err := complete(d)
	if err == nil && c.seen[d.Key] {
		err = fmt.Errorf("alarm %s: it is defined twice", d.Key)
	}
	if err != nil {
		c.errors = append(c.errors, err)
		return false
	}
	c.seen[d.Key] = true
	c.program.definitions = append(c.program.definitions, d)
	return true
}

// complete fills in what a definition left open and checks the rest.
func complete(d Definition) (Definition, error) {
	if d.Class == "" {
		d.Class = ClassAlarm
	}
	if d.Priority == 0 {
		d.Priority = 3
	}
	switch {
	case d.Key == "" || d.Key == "*":
		return d, fmt.Errorf("alarm %q: the key must be a name", d.Key)
	case d.Priority < 1 || d.Priority > 4:
		return d, fmt.Errorf("alarm %s: priority %d: want 1 to 4", d.Key, d.Priority)
	case d.Class != ClassAlarm && d.Class != ClassSupervisory && d.Class != ClassTrouble:
		return d, fmt.Errorf("alarm %s: class %q: want alarm, supervisory or trouble", d.Key, d.Class)
	case d.OnDelay < 0 || d.OffDelay < 0 || d.Resound < 0:
		return d, fmt.Errorf("alarm %s: a delay is negative", d.Key)
	case d.Clear != "" && d.Clear != ClearAuto && d.Clear != ClearManual && d.Clear != ClearDependent:
		return d, fmt.Errorf("alarm %s: clear %q: want auto, manual or dependent", d.Key, d.Clear)
	}
	return d, nil
}

// fill replaces a placeholder in both languages.
func fill(w point.Words, placeholder string, with point.Words) point.Words {
	w.Zh = strings.ReplaceAll(w.Zh, placeholder, with.In("zh"))
	w.En = strings.ReplaceAll(w.En, placeholder, with.In("en"))
	return w
}

// pointIndex finds the points of a pattern without trying every pattern on
// every point: by whole name, or by device first.
type pointIndex struct {
	byName  map[point.Name]*point.Point
	devices []string
	of      map[string][]*point.Point
}

func indexPoints(points []point.Point) pointIndex {
	ix := pointIndex{byName: map[point.Name]*point.Point{}, of: map[string][]*point.Point{}}
	for i := range points {
		p := &points[i]
		ix.byName[p.Name] = p
		d := p.Name.Device()
		if ix.of[d] == nil {
			ix.devices = append(ix.devices, d)
		}
		ix.of[d] = append(ix.of[d], p)
	}
	return ix
}

// match lists the points of the pattern; * matches within one part.
func (ix pointIndex) match(pattern string) (found []*point.Point, err error) {
	if err := point.Name(strings.ReplaceAll(pattern, "*", "x")).Check(); err != nil {
		return nil, fmt.Errorf("points %q: want device/item, * matches within one part", pattern)
	}
	if p := ix.byName[point.Name(pattern)]; p != nil {
		return []*point.Point{p}, nil
	}
	device, item, _ := strings.Cut(pattern, "/")
	for _, d := range ix.devices {
		if ok, _ := path.Match(device, d); !ok {
			continue
		}
		for _, p := range ix.of[d] {
			if ok, _ := path.Match(item, p.Name.Item()); ok {
				found = append(found, p)
			}
		}
	}
	if len(found) == 0 {
		err = fmt.Errorf("points %q: no point has such a name", pattern)
	}
	return found, err
}

// Watch is one alarm that a rule raises, and the points that it rests on.
type Watch struct {
	Rule   string // the rule's id; of limits "id.high" and so on
	Key    string
	Points []point.Name
	Beside []point.Name // that are told beside it: see point.Point.Says
}

// Watches lists what the rules watch, in their order.
func (p *Program) Watches() []Watch {
	list := make([]Watch, 0, len(p.all))
	for _, w := range p.all {
		x := Watch{Rule: w.rule, Key: w.key}
		for _, in := range w.test.Inputs() {
			x.Points = append(x.Points, in.Point)
		}
		x.Beside = slices.Sorted(maps.Keys(w.beside))
		list = append(list, x)
	}
	return list
}

// Points are those that the rules watch, each once, in the order of the rules.
func (p *Program) Points() (names []point.Name) {
	seen := map[point.Name]bool{}
	for _, w := range p.all {
		for _, in := range w.test.Inputs() {
			if !seen[in.Point] {
				seen[in.Point] = true
				names = append(names, in.Point)
			}
		}
	}
	return names
}
