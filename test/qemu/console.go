package qemu

import (
	"regexp"
	"time"
)

var (
	armedLine = regexp.MustCompile(`armed: .*, (\S+) after the start`)
	codeLine  = regexp.MustCompile(`set-up code: (\S+) `)
)

// Armed is how long each life of the daemon took from exec to armed, as it says
// on the console.
func (m *Machine) Armed() (list []time.Duration) {
	m.T.Helper()
	for _, found := range armedLine.FindAllStringSubmatch(m.Says(), -1) {
		took, err := time.ParseDuration(found[1])
		if err != nil {
			m.T.Errorf("%s: %v", found[0], err)
		}
		list = append(list, took)
	}
	return list
}

// SetupCode is the newest code on the console, "" while nobody has told one.
func (m *Machine) SetupCode() string {
	all := codeLine.FindAllStringSubmatch(m.Says(), -1)
	if all == nil {
		return ""
	}
	return all[len(all)-1][1]
}
