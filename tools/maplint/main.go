// Command maplint reads maps of products as the box does, and says of each fault the
// file, the line, what was read and what is allowed. It is for who writes a map without Go:
//
//	maplint acme/ups.yaml…          tells every fault, or what the map gives
//	maplint -schema >schema.json    the JSON Schema for an editor
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"watchbox/drivers/maps"
)

func main() {
	schema := flag.Bool("schema", false, "write the JSON Schema of a map")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: maplint FILE.yaml…  检查设备映射表 / checks maps of products\n       maplint -schema    输出 JSON Schema / writes the JSON Schema")
	}
	flag.Parse()
	if *schema {
		_, _ = os.Stdout.Write(maps.Schema())
		return
	}
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if !lint(flag.Args(), os.Stdout) {
		os.Exit(1)
	}
}

// lint reads the files and tells of each what is wrong with it or what it gives.
func lint(files []string, out io.Writer) (clean bool) {
	clean = true
	for _, file := range files {
		data, err := os.ReadFile(file)
		var m *maps.Map
		if err == nil {
			m, err = maps.Parse(file, data)
		}
		if err != nil {
			fmt.Fprintln(out, err)
			clean = false
			continue
		}
		fmt.Fprintf(out, "%s: %s\n", file, summary(m))
	}
	return clean
}

// summary is the map in one line: how many points, how far they can be trusted,
// and what a better map would also have.
func summary(m *maps.Map) string {
	trusted := map[maps.Confidence]int{}
	for _, p := range m.Points {
		trusted[p.Confidence]++
	}
	var parts []string
	for _, c := range maps.Confidences {
		if n := trusted[c]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c))
		}
	}
	s := fmt.Sprintf("%d points (%s)", len(m.Points), strings.Join(parts, ", "))
	if m.Template() {
		s += ", a template: to be confirmed on site"
	} else if len(m.Fingerprint) == 0 {
		s += "; without fingerprint no scan proposes it"
	}
	if m.Brief.IsZero() {
		s += "; without brief a message shows no value"
	}
	return s
}
