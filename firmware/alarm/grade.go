package alarm

import "strconv"

// Grade is one line of the site file's table from our alarms to the buyer's
// grades of events. An empty field fits every alarm; the first line that fits counts.
type Grade struct {
	Grade    string `yaml:"grade" required:"true" doc:"as the platform upstream names it: 1级"`
	Priority int    `yaml:"priority" min:"0" max:"4" doc:"0 fits every priority"`
	Class    Class  `yaml:"class" allowed:"|alarm|supervisory|trouble"`
	Kind     Kind   `yaml:"kind" allowed:"|fire|hold-up|intrusion|tamper|environment|technical"`
}

// fits tells whether the line is about the definition.
func (g Grade) fits(d *Definition) bool {
	return (g.Priority == 0 || g.Priority == d.Priority) && (g.Class == "" || g.Class == d.Class) && (g.Kind == "" || g.Kind == d.Kind)
}

// Grade fills in the grade of every alarm of the program. What no line fits has
// its priority for a grade: the requirements leave power, environment, fire and
// intrusion without one.
func (p *Program) Grade(table []Grade) {
	for i := range p.definitions {
		d := &p.definitions[i]
		d.Grade = strconv.Itoa(d.Priority) + "级"
		for _, g := range table {
			if g.fits(d) {
				d.Grade = g.Grade
				break
			}
		}
	}
}
