package board

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/point"
)

// Parse reads a profile strictly: unknown and repeated keys, bad values and
// terminals named twice are refused, all of them at once, each with
// file:line:column, the key, what was read and what is allowed.
func Parse(file string, data []byte) (*Profile, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	r := &reader{file: file, terminals: map[string]bool{}}
	p := &Profile{}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("%s:1:1: read nothing, allowed a board", file)
	}
	r.profile(p, doc.Content[0])
	if r.problems != nil {
		return nil, errors.Join(r.problems...)
	}
	return p, nil
}

func (r *reader) profile(p *Profile, n *yaml.Node) {
	r.fields(n, "", []string{"version", "name", "gpio"}, keys{
		"version":       func(n *yaml.Node, key string) { r.choice(n, key, "1") },
		"name":          func(n *yaml.Node, key string) { p.Name = r.text(n, key) },
		"label":         func(n *yaml.Node, key string) { r.words(&p.Label, n, key) },
		"gpio":          func(n *yaml.Node, key string) { p.GPIO = r.choice(n, key, "cdev", "sim") },
		"socket":        func(n *yaml.Node, key string) { p.Socket = r.text(n, key) },
		"inputs":        func(n *yaml.Node, key string) { r.each(n, key, func(n *yaml.Node, key string) { r.input(p, n, key) }) },
		"outputs":       func(n *yaml.Node, key string) { r.each(n, key, func(n *yaml.Node, key string) { r.output(p, n, key) }) },
		"analog":        func(n *yaml.Node, key string) { r.each(n, key, func(n *yaml.Node, key string) { r.analog(p, n, key) }) },
		"ports":         func(n *yaml.Node, key string) { r.each(n, key, func(n *yaml.Node, key string) { r.port(p, n, key) }) },
		"factory-reset": func(n *yaml.Node, key string) { r.reset(p, n, key) },
	})
	if (p.GPIO == "sim") != (p.Socket != "") {
		r.refuse(n, "socket", fmt.Sprintf("%q", p.Socket), "a path on gpio: sim, and only there")
	}
	if p.Reset != nil {
		r.wired(n, p)
	}
	for i, in := range p.Inputs {
		r.soldered(n, p, fmt.Sprintf("inputs[%d]", i), in.Line)
	}
	for i, out := range p.Outputs {
		r.soldered(n, p, fmt.Sprintf("outputs[%d]", i), out.Line)
	}
}

func (r *reader) reset(p *Profile, n *yaml.Node, key string) {
	p.Reset = &Reset{}
	r.fields(n, key, []string{"terminal"}, keys{
		"terminal": func(n *yaml.Node, key string) { p.Reset.Terminal = r.text(n, key) },
		"lamp":     func(n *yaml.Node, key string) { p.Reset.Lamp = r.text(n, key) },
	})
}

// wired checks that the button is on an input and its lamp on an output.
func (r *reader) wired(n *yaml.Node, p *Profile) {
	if _, ok := p.Input(p.Reset.Terminal); !ok {
		r.refuse(n, "factory-reset.terminal", strconv.Quote(p.Reset.Terminal), "an input of the board")
	}
	if _, ok := p.Output(p.Reset.Lamp); !ok && p.Reset.Lamp != "" {
		r.refuse(n, "factory-reset.lamp", strconv.Quote(p.Reset.Lamp), "an output of the board")
	}
}

// soldered checks that the kernel's board says of each line where it is.
func (r *reader) soldered(n *yaml.Node, p *Profile, key string, l Line) {
	named := l.Kernel != ""
	if p.GPIO == "cdev" && (l.Chip == "" || named == (l.Offset >= 0)) {
		r.refuse(n, key, "terminal "+l.Terminal, "chip, and either line or kernel-name, on gpio: cdev")
	}
}

func (r *reader) words(w *point.Words, n *yaml.Node, key string) {
	r.fields(n, key, nil, keys{
		"zh": func(n *yaml.Node, key string) { w.Zh = r.text(n, key) },
		"en": func(n *yaml.Node, key string) { w.En = r.text(n, key) },
	})
}

// line gives the keys that inputs and outputs share.
func (r *reader) line(l *Line) keys {
	l.Offset = -1
	return keys{
		"terminal":    func(n *yaml.Node, key string) { l.Terminal = r.terminal(n, key) },
		"chip":        func(n *yaml.Node, key string) { l.Chip = r.text(n, key) },
		"line":        func(n *yaml.Node, key string) { l.Offset = r.number(n, key, 0, 1023) },
		"kernel-name": func(n *yaml.Node, key string) { l.Kernel = r.text(n, key) },
		"active":      func(n *yaml.Node, key string) { l.ActiveLow = r.choice(n, key, "high", "low") == "low" },
	}
}

func (r *reader) input(p *Profile, n *yaml.Node, key string) {
	in := Input{Bias: "as-is"}
	k := r.line(&in.Line)
	k["bias"] = func(n *yaml.Node, key string) { in.Bias = r.choice(n, key, "as-is", "pull-up", "pull-down", "off") }
	r.fields(n, key, []string{"terminal"}, k)
	p.Inputs = append(p.Inputs, in)
}

func (r *reader) output(p *Profile, n *yaml.Node, key string) {
	out := Output{Undriven: "unknown"}
	var death string
	k := r.line(&out.Line)
	k["rest"] = func(n *yaml.Node, key string) { out.Rest = r.choice(n, key, "off", "on") == "on" }
	k["on-death"] = func(n *yaml.Node, key string) { death = r.choice(n, key, "hold", "rest") }
	k["undriven"] = func(n *yaml.Node, key string) { out.Undriven = r.choice(n, key, "off", "on", "unknown") }
	k["hold"] = func(n *yaml.Node, key string) { out.Hold = r.duration(n, key, time.Second, 24*time.Hour) }
	r.fields(n, key, []string{"terminal", "rest", "on-death"}, k)
	if (death == "hold") != (out.Hold > 0) {
		r.refuse(n, key+".hold", out.Hold.String(), "a time with on-death: hold, and only there")
	}
	p.Outputs = append(p.Outputs, out)
}

func (r *reader) port(p *Profile, n *yaml.Node, key string) {
	var port Port
	r.fields(n, key, []string{"terminal", "kind"}, keys{
		"terminal": func(n *yaml.Node, key string) { port.Terminal = r.terminal(n, key) },
		"kind":     func(n *yaml.Node, key string) { port.Kind = r.choice(n, key, "rs485", "rs232", "spi", "i2c", "1-wire") },
		"path":     func(n *yaml.Node, key string) { port.Path = r.path(n, key) },
		"usb":      func(n *yaml.Node, key string) { port.USB = r.interfaceOf(n, key) },
	})
	serial := strings.HasPrefix(port.Kind, "rs")
	if (port.Path == "") == (port.USB == "") || port.USB != "" && !serial {
		r.refuse(n, key, "terminal "+port.Terminal, "either path or usb; usb for rs485 and rs232 only")
	}
	p.Ports = append(p.Ports, port)
}

func (r *reader) analog(p *Profile, n *yaml.Node, key string) {
	var a Analog
	r.fields(n, key, []string{"terminal", "path", "supply"}, keys{
		"terminal": func(n *yaml.Node, key string) { a.Terminal = r.terminal(n, key) },
		"path":     func(n *yaml.Node, key string) { a.Path = r.path(n, key) },
		"pull-up":  func(n *yaml.Node, key string) { a.PullUp = r.real(n, key, 10, 1e6) },
		"supply":   func(n *yaml.Node, key string) { a.Supply = r.real(n, key, 1, 48) },
	})
	p.Analog = append(p.Analog, a)
}
