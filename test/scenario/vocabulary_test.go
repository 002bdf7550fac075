//go:build scenario

package scenario

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"watchbox/test/harness"
)

// verb is what a word does, or whether it holds: then the error says what is
// seen instead.
type verb struct {
	is   kind
	help string
	do   func(s *story, a []string) error
}

// verbs is everything that a story may say.
var verbs = map[string]verb{
	"do <what…>":                                     {action, "at the site, in fieldsim's words", func(s *story, a []string) error { return s.Do(a[0]) }},
	"wait <time>":                                    {action, "let time pass", wait},
	"mark":                                           {action, "from here on only what is new counts", func(s *story, _ []string) error { return s.mark() }},
	"box <command…>":                                 {action, "the command line; it must succeed", command},
	"box-refuses <command…>":                         {action, "the command line; it must be refused", refused},
	"moment <name>":                                  {action, "note the time, for a later question", note},
	"ask <name> <key>":                               {action, "why the alarm did or did not ring at that moment", ask},
	"ask-refused <name> <key>":                       {action, "the same; it must be refused", askRefused},
	"person <name> viewer|operator|engineer":         {action, "make a user, who logs in", newPerson},
	"codes <name> <code> <duress>":                   {action, "the administrator gives him a panel code and a duress code", setCodes},
	"at <name> <command…>":                           {action, "the command line in his session; what it asks for stands after a colon: disarm main --code li: 270518", commandAt},
	"at-refused <name> <command…>":                   {action, "the same; it must be refused", refusedAt},
	"sees <name> <text…>":                            {condition, "somewhere in what he can ask for", sees},
	"sees-not <name> <text…>":                        {condition, "nowhere in it", seesNot},
	"reply <number> to <text…>":                      {action, "answer the newest SMS with that text with the code in it", reply},
	"site <change…>":                                 {action, "change the site file on the disk: old => new", changeSite},
	"modbus-server <number> <point>":                 {action, "the section of the site file, with that point", modbusOn},
	"modbus-server off":                              {action, "take it out again", modbusOff},
	"modbus-proxy <bus> <unit> <register>":           {action, "the section of the site file: that register may be written", proxyOn},
	"modbus-proxy off":                               {action, "take it out again", proxyOff},
	"other-master <unit> <register> <value>":         {action, "another master writes through the box", wrote},
	"other-master-refused <unit> <register> <value>": {action, "the same; the box does not pass it on", unwritten},
	"search <bus> <protocol> <units>":                {action, "have it searched for devices, 1-32; what follows happens meanwhile", search},
	"kill":                                           {action, "kill -9 of the daemon", kill},
	"stop":                                           {action, "end the daemon in order", func(s *story, _ []string) error { return s.Stop() }},
	"start":                                          {action, "start it and wait for the page", func(s *story, _ []string) error { s.StartBox(); return nil }},
	"launch":                                         {action, "start it and wait for nothing", func(s *story, _ []string) error { s.LaunchBox(); return nil }},
	"forgive":                                        {action, "forget the early deaths that this story caused", func(s *story, _ []string) error { s.ForgetDeaths(); return nil }},
	"set-up":                                         {action, "make the first administrator once more", func(s *story, _ []string) error { s.SetUp(); return nil }},
	"broker stop|start|kill":                         {action, "of mosquitto", broker},
	"receiver break|mend":                            {action, "the webhook's receiver answers 503", receiver},
	"database garbage|directory":                     {action, "spoil it while the daemon is dead", spoil},
	"says <text…>":                                   {condition, "the last command printed it", says},
	"says-nothing":                                   {condition, "the last command printed nothing", saysNothing},
	"output <name> on|off":                           {condition, "the line at the terminal", output},
	"working <name>":                                 {condition, "on, or in its cadence: on at least once in a second and a half", working},
	"unmoved <name>":                                 {condition, "its line stands as it stood when the daemon was killed", unmoved},
	"wall <room> <row> <colour>":                     {condition, "red, amber, green, blue, white, dark: the lamps that hang there", wall},
	"alarm <key> <state>":                            {condition, "active, cleared, unacknowledged, acknowledged, silenced, sounding, latched, shelved, gone", alarmIs},
	"event <type> <subject>":                         {condition, "stands in the journal", eventIs},
	"no event <type> <subject>":                      {condition, "does not", noEvent},
	"<n> events <type> <subject>":                    {condition, "so many", events},
	"sms <number> has <text…>":                       {condition, "reached that phone whole", sms},
	"no sms <number> has <text…>":                    {condition, "did not", noSMS},
	"mail <address> has <text…>":                     {condition, "reached the mail host", mail},
	"mqtt <type> <subject>":                          {condition, "the broker's subscriber has it", mqtt},
	"webhook <type> <subject>":                       {condition, "the receiver has it, signature in order", webhook},
	"same-id <type> <subject>":                       {condition, "journal, broker and receiver tell the same event by the same id", sameID},
	"upstream complete":                              {condition, "broker and receiver have every record of the journal, as it stands there, none twice by id with another content", complete},
	"point <name> is <value…>":                       {condition, "its value in words or as a number", pointIs},
	"point <name> known":                             {condition, "the box has a point of that name", func(s *story, a []string) error { _, err := s.Point(a[0]); return err }},
	"point <name> above|below <limit>":               {condition, "its value", pointBeyond},
	"point <name> quality <words…>":                  {condition, "good, or bad with the reason", pointQuality},
	"proposes-nothing <bus>":                         {condition, "nothing was found there", proposesNothing},
	"register <address> <value>":                     {condition, "a Modbus master reads it in the box", register},
	"asked <unit> <register> <answer…>":              {condition, "another master reads it through the box: a number, or mbpoll's words", asked},
	"learn <bus> <seconds>":                          {action, "have another master listened to; what follows happens meanwhile", learn},
	"searching <bus>":                                {condition, "it is being searched, or listened to", searching},
	"searched <bus>":                                 {condition, "that is over", searched},
	"found <bus> <protocol> <unit> <map>":            {condition, "a device that was found, and the map that is proposed first", found},
	"proposes <bus> <text…>":                         {condition, "the lines for the site file have it", proposes},
	"modbus off":                                     {condition, "nobody answers masters", unread},
	"device <id> ok|lost":                            {condition, "as the box sees it", device},
	"lively <id> <polls>":                            {condition, "the device was read so often since the last `lively` of it", lively},
	"partition <id> <mode>":                          {condition, "disarmed, exit-delay, armed, entry-delay", partition},
	"door <id> <state>":                              {condition, "closed, open, warned, forced, held", door},
	"page live":                                      {condition, "the open page was told something within 20 s", pageLive},
	"log <text…>":                                    {condition, "the daemon said it", logged},
	"moved-aside":                                    {condition, "the broken database was kept", movedAside},
	"inside <room> <who…>":                           {condition, "exactly these, in the order of entering, or nobody; WHO? unsure, WHO! seen leaving during a fire", inside},
}

func vocabulary() (list []*Word) {
	for words, v := range verbs {
		list = append(list, &Word{Words: words, Help: v.help, Is: v.is})
	}
	return list
}

func wait(_ *story, a []string) error {
	d, err := time.ParseDuration(a[0])
	time.Sleep(d)
	return err
}

func note(s *story, a []string) error {
	if s.moments == nil {
		s.moments = map[string]time.Time{}
	}
	s.moments[a[0]] = time.Now()
	return nil
}

func ask(s *story, a []string) error {
	at, noted := s.moments[a[0]]
	if !noted {
		return fmt.Errorf("no moment %s was noted", a[0])
	}
	out, err := s.Command("why", a[1], at.Format(time.RFC3339Nano))
	s.said = out[strings.LastIndex(strings.TrimRight(out, "\n"), "\n\n")+1:] // the answer, without the changes of mind before it
	return err
}

func askRefused(s *story, a []string) error {
	if err := ask(s, a); err == nil {
		return fmt.Errorf("it was answered: %s", s.said)
	}
	return nil
}

func command(s *story, a []string) error {
	out, err := s.Command(strings.Fields(a[0])...)
	s.said = out
	return err
}

func refused(s *story, a []string) error {
	out, err := s.Command(strings.Fields(a[0])...)
	if s.said = out; err == nil {
		return fmt.Errorf("it was carried out: %s", out)
	}
	return nil
}

func says(s *story, a []string) error {
	if !strings.Contains(s.said, a[0]) {
		return fmt.Errorf("it said %q", s.said)
	}
	return nil
}

func saysNothing(s *story, _ []string) error {
	if strings.TrimSpace(s.said) != "" {
		return fmt.Errorf("it said %q", s.said)
	}
	return nil
}

var replyCode = regexp.MustCompile(`回复(\d+)`)

func reply(s *story, a []string) error {
	f, err := s.Look()
	if err != nil {
		return err
	}
	for i := len(f.SMS) - 1; i >= 0; i-- {
		m := f.SMS[i]
		if m.To != a[0] || !strings.Contains(m.Text, a[1]) {
			continue
		}
		code := replyCode.FindStringSubmatch(m.Text)
		if code == nil {
			return fmt.Errorf("no code in %q", m.Text)
		}
		return s.Do("sms from " + a[0] + " " + code[1])
	}
	return fmt.Errorf("no SMS to %s has %q: %v", a[0], a[1], f.SMS)
}

func changeSite(s *story, a []string) error {
	before, after, err := exchange(a[0])
	if err != nil {
		return err
	}
	return s.ChangeSite(harness.Change{Old: before, New: after})
}

func broker(s *story, a []string) error {
	switch a[0] {
	case "stop":
		return s.Broker.Stop()
	case "kill":
		s.Broker.Kill()
	case "start":
		s.Broker.Start()
	}
	return nil
}

// kill notes how the lines stand when the daemon is gone.
func kill(s *story, _ []string) error {
	s.Kill()
	f, err := s.Look()
	s.left = f.Outputs
	return err
}

func receiver(s *story, a []string) error { return s.Receiver.Break(a[0] == "break") }

// spoil replaces the journal's database, as a failing card or a helping hand does.
func spoil(s *story, a []string) error {
	if s.Alive() {
		return fmt.Errorf("the daemon is alive")
	}
	path := filepath.Join(s.Data, "guard.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.RemoveAll(path + suffix); err != nil {
			return err
		}
	}
	if a[0] == "directory" {
		return os.MkdirAll(filepath.Join(path, "lost+found"), 0o700)
	}
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(i*i>>3 ^ i)
	}
	return os.WriteFile(path, noise, 0o600)
}

func movedAside(s *story, _ []string) error {
	found, err := filepath.Glob(filepath.Join(s.Data, "guard.db*"))
	if err != nil {
		return err
	}
	for _, f := range found {
		if name := filepath.Base(f); name != "guard.db" && name != "guard.db-wal" && name != "guard.db-shm" {
			return nil
		}
	}
	return fmt.Errorf("there are only %v", found)
}

func logged(s *story, a []string) error {
	if !strings.Contains(s.BoxLog(), a[0]) {
		return fmt.Errorf("the daemon did not say it")
	}
	return nil
}

func pageLive(s *story, _ []string) error {
	if s.page == nil {
		return fmt.Errorf("no page is open: say `with page`")
	}
	age, err := s.page.Live()
	if err == nil && age > 20*time.Second {
		err = fmt.Errorf("nothing for %v", age)
	}
	return err
}

func number(text string) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN(), fmt.Errorf("%q is no number", text)
	}
	return x, nil
}
