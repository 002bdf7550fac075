// Command watchbox is the engineer's and operator's command line. It speaks the
// same API as the page, and checks a site file without a running box.
//
// It talks to $WATCHBOX (default http://127.0.0.1:8080) with the token or
// session in $WATCHBOX_TOKEN, or the one that `watchbox login` kept.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// verb is one subcommand.
type verb struct {
	use  string // words after the name
	help string
	run  func(c *cli, args []string) error
}

// cli is one call of the program.
type cli struct {
	server string
	token  string
	json   bool
	lang   string
	out    io.Writer
	in     io.Reader
	lines  *bufio.Reader // of a pipe: one line per question
}

func verbs() map[string]verb {
	return map[string]verb{
		"login":          {"NAME", "open a session; asks for the password", login},
		"logout":         {"", "end it", logout},
		"check":          {"SITE.yaml", "check a site file; lists every problem with its line", check},
		"schema":         {"", "print the JSON Schema of the site file", schema},
		"status":         {"", "the whole site in one look", status},
		"points":         {"[PATTERN]", "current values with unit, quality and age", points},
		"devices":        {"", "devices, their state and their map's provenance", devices},
		"inputs":         {"", "the box's contacts: state, edges, last edge, what was lost", inputs},
		"outputs":        {"", "what becomes of each output when nobody commands it", outputs},
		"bus":            {"[BUS] | trace BUS [--seconds N] [--save FILE.pcapng] | scan BUS [--units 1-32] | learn BUS", "health of the buses; what goes over one, live; search one for devices; learn from another master", buses},
		"alarms":         {"", "what stands, most urgent first", alarms},
		"ack":            {"KEY|all [COMMENT]", "acknowledge: somebody has taken it", order("acknowledge")},
		"silence":        {"KEY|all", "the noise only", order("silence")},
		"reset":          {"KEY|all", "let a latched alarm go", order("reset")},
		"shelve":         {"KEY MINUTES REASON", "put an alarm aside for a bounded time", shelve},
		"out-of-service": {"KEY MINUTES [SECOND:]REASON", "take an alarm out of service; panic and tamper need a second person", outOfService},
		"in-service":     {"KEY", "back into service", inService},
		"why":            {"KEY [TIME]", "why it rings or does not, now or at 03:12", why},
		"backtest":       {"RULES.yaml [--since 30d]", "what changed rules would have done on the kept samples: + rings newly, - no longer", runBacktest},
		"walk-test":      {"[PARTITION|PANIC-ZONE]", "begin a walk test; without a name the one that runs ends", walkTest},
		"panel":          {"", "zones, partitions, doors", panel},
		"arm":            {"PARTITION [away|stay|night] [--code [USER]]", "arm, when it is ready; with --code by a panel code, asked for without echo", arming("arm")},
		"force-arm":      {"PARTITION [away|stay|night] [--code [USER]]", "arm and bypass what is open, recorded", arming("force-arm")},
		"disarm":         {"PARTITION [--code [USER]]", "disarm; with --code by a panel code, the session's own or USER's", arming("disarm")},
		"consent":        {"4h|end", "let the installer in for 1–24 hours, or end that", consent},
		"codes":          {"[USER]", "set the own panel code and duress code, or USER's; asks for them", codes},
		"inside":         {"", "who went in by card and has not come out", inside},
		"forgive":        {"PERSON|ROOM", "take a person, or all in a room, off the list of those inside", forgive},
		"modbus-map":     {"[propose]", "the registers that other masters read, as CSV; or a proposal for the site file's modbus-server", modbusMap},
		"write":          {"POINT VALUE REASON [-y]", "set an output or a set-point: shows what would change, asks, and reads back", write},
		"team":           {"[hand|auto TEAM/UNIT]", "air-conditioners: who is on duty and why; take a unit out, or give it back", teams},
		"sensor":         {"replace POINT NUMBER", "another 1-Wire or I²C sensor in the place of a dead one: points and history go on; numbers without a name: watchbox points '*/unknown.roms'", sensor},
		"simulate":       {"[POINT VALUE --for 10m [REASON] | POINT end | end]", "put a value in the place of what an input reads, marked SIM everywhere; ends by itself; without arguments: what is simulated", simulate},
		"commission":     {"[PATTERN | test|cancel ITEM | pass|fail ITEM [REMARK] | photo ITEM FILE.jpg | csv]", "the handover's checklist: begin a test, sign it, with what the box saw meanwhile; the report", commissioning},
		"commands":       {"", "the newest writes and how they ended", commands},
		"events":         {"[COUNT]", "the journal, newest first", events},
		"messages":       {"", "ledger of SMS and mail", messages},
		"send-test":      {"CHANNEL CONTACT", "send a test message to a contact", sendTest},
		"lamp-test":      {"", "all lamps for three seconds", lampTest},
		"reload":         {"[--confirm TIME]", "check the box's site file and swap it in; with a time (10m) it goes back unless confirmed", reload},
		"confirm":        {"", "keep the site file that is on trial", confirmSite},
		"config":         {"get | put FILE [--confirm TIME] | history | diff N | restore N", "the site file: read it, replace it; those before: list, compare with now, put back", siteFiles},
		"map":            {"list | show NAME | check FILE.yaml | put NAME FILE.yaml | remove NAME", "maps of products: what there is and who uses it; the installer's own (own/NAME); check needs no box", productMaps},
		"update":         {"[FILE [insist]|switch [REASON]|forget]", "new firmware: where it stands; write a bundle; start into it on trial", updateFirmware},
		"backup":         {"FILE", "the whole box (site file, secrets, users, state) into a sealed file; asks for a passphrase", takeBackup},
		"restore":        {"FILE", "a backup in place of what is here; the daemon starts again", restoreBackup},
		"user":           {"NAME ROLE", "make a user; asks for the password", addUser},
		"token":          {"USER LABEL", "make a token for a program; shown once", newToken},
	}
}

// order of the help text.
var listed = strings.Fields("status alarms ack silence reset shelve out-of-service in-service why backtest panel arm force-arm disarm codes consent walk-test inside forgive points devices bus inputs outputs modbus-map write sensor simulate commission commands team events messages send-test lamp-test check reload confirm config map update schema backup restore login logout user token")

func main() {
	c := &cli{out: os.Stdout, in: os.Stdin}
	flag.StringVar(&c.server, "server", env("WATCHBOX", "http://127.0.0.1:8080"), "address of the box")
	output := flag.String("o", "text", "output: text or json")
	flag.StringVar(&c.lang, "lang", env("WATCHBOX_LANG", "zh"), "language of texts: zh or en")
	flag.Usage = usage
	flag.Parse()
	c.json = *output == "json"
	v, known := verbs()[flag.Arg(0)]
	if !known {
		usage()
		os.Exit(2)
	}
	if err := v.run(c, flag.Args()[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "watchbox %s: %v\n", flag.Arg(0), err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "watchbox [-server URL] [-o json] [-lang en] VERB …")
	all := verbs()
	for _, name := range listed {
		fmt.Fprintf(os.Stderr, "  %-10s %-22s %s\n", name, all[name].use, all[name].help)
	}
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// need checks the number of arguments and says how the verb is used.
func need(name string, args []string, least int) error {
	if len(args) < least {
		return fmt.Errorf("usage: watchbox %s %s", name, verbs()[name].use)
	}
	return nil
}
