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

	"watchbox/drivers/maps"
)

func main() {
	schema := flag.Bool("schema", false, "write the JSON Schema of a map")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: maplint FILE.yaml…  检查设备点表 / checks maps of products\n       maplint -schema    输出 JSON Schema / writes the JSON Schema")
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
		fmt.Fprintf(out, "%s: %s\n", file, m.Summary().En)
	}
	return clean
}
