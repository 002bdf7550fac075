package modem

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/tpdu"
)

// independent decodes our TPDUs with a library that shares no code with them.
func independent(t *testing.T, pdus [][]byte) (text string, parts []*tpdu.TPDU) {
	t.Helper()
	for _, b := range pdus {
		p, err := sms.Unmarshal(b, sms.AsMO)
		if err != nil {
			t.Fatalf("unmarshal %x: %v", b, err)
		}
		parts = append(parts, p)
	}
	if !sms.IsCompleteMessage(parts) {
		t.Fatalf("%d parts are not a whole message", len(parts))
	}
	b, err := sms.Decode(parts)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), parts
}

func TestIndependentLibraryReadsWhatWeSend(t *testing.T) {
	tests := map[string]struct {
		text  string
		parts int
	}{
		"Chinese":                       {"【财务机房】紧急报警:市电失电 0 V 03-12 10:14。回复1确认", 1},
		"70 units":                      {strings.Repeat("警", 70), 1},
		"71 units":                      {strings.Repeat("警", 71), 2},
		"emoji on the edge":             {strings.Repeat("警", 66) + "😀" + strings.Repeat("报", 20), 2},
		"emoji only":                    {strings.Repeat("😀", 100), 4},
		"default alphabet":              {"Mains failed at 02:14, call Wang @ +86 {[~]} €", 1},
		"whole default alphabet":        {strings.ReplaceAll(alphabet, "\x1b", ""), 1},
		"160 septets":                   {strings.Repeat("a", 160), 1},
		"161 septets":                   {strings.Repeat("a", 161), 2},
		"escape on the edge":            {strings.Repeat("a", 152) + "€" + strings.Repeat("b", 20), 2},
		"seven, where the end is at":    {"1234567", 1},
		"eight":                         {"12345678", 1},
		"degree sign":                   {"31.2 °C", 1},
		"long":                          {strings.Repeat("机房温度过高请立即处理。", 40), 8},
		"line breaks":                   {"a\nb\r\nc", 1},
		"empty":                         {"", 1},
		"characters outside the planes": {"𠮷野家𝄞", 1},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			pdus, err := encode("+8613800000001", c.text, 200)
			if err != nil {
				t.Fatal(err)
			}
			text, parts := independent(t, pdus)
			if text != c.text || len(parts) != c.parts {
				t.Fatalf("%d parts say %q, want %d and %q", len(parts), text, c.parts, c.text)
			}
			for _, p := range parts {
				if p.DA.Number() != "+8613800000001" || !p.FirstOctet.SRR() || p.VP.Duration != 24*time.Hour {
					t.Errorf("part: to %s, report %v, valid %v", p.DA.Number(), p.FirstOctet.SRR(), p.VP.Duration)
				}
			}
		})
	}
}

func TestTooLongATextEndsInAnEllipsis(t *testing.T) {
	for _, text := range []string{strings.Repeat("警", 2000), strings.Repeat("long text ", 2000)} {
		pdus, err := encode("10086", text, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, parts := independent(t, pdus)
		if len(parts) != partsLimit || !strings.HasSuffix(got, "…") && !strings.HasSuffix(got, ".") || !strings.HasPrefix(text, strings.TrimRight(got, "….")) {
			t.Errorf("%d parts end in %q", len(parts), got[len(got)-12:])
		}
	}
}

func TestWeReadWhatTheLibrarySends(t *testing.T) {
	for _, text := range []string{"确认", "回复 1 确认", "ok [1] €", strings.Repeat("确认", 60), strings.Repeat("yes ", 60), "👍", strings.Repeat("@", 8)} {
		pdus, err := sms.Encode([]byte(text), sms.AsDeliver, sms.From("+8613800000002"))
		if err != nil {
			t.Fatal(err)
		}
		j := joins{}
		var got string
		for i := range pdus {
			pdus[i].SCTS = tpdu.Timestamp{Time: time.Date(2026, 3, 12, 2, 14, 0, 0, time.UTC)}
			b, err := pdus[i].MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			in, _, err := decode("07917238010010F5" + hex.EncodeToString(b))
			if err != nil || in.from != "+8613800000002" {
				t.Fatalf("%q: %+v, %v", text, in, err)
			}
			if s, whole := j.add(*in, time.Now()); whole {
				got = s
			}
		}
		if got != text || len(j) != 0 {
			t.Errorf("got %q, want %q; %d left", got, text, len(j))
		}
	}
}

func TestStatusReports(t *testing.T) {
	tests := map[byte]struct{ delivered, final bool }{
		0x00: {true, true}, 0x01: {true, true}, 0x02: {true, true}, 0x20: {false, false}, 0x30: {false, false},
		0x40: {false, true}, 0x43: {false, true}, 0x46: {false, true}, 0x62: {false, true},
	}
	for status, want := range tests {
		now := tpdu.Timestamp{Time: time.Now()}
		r := tpdu.TPDU{Direction: tpdu.MT, FirstOctet: 6, MR: 77, RA: tpdu.NewAddress(tpdu.FromNumber("13800000001")), SCTS: now, DT: now, ST: status}
		b, err := r.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		_, rec, err := decode("00" + hex.EncodeToString(b))
		if err != nil {
			t.Fatal(err)
		}
		if rec.reference != 77 || rec.delivered() != want.delivered || rec.final() != want.final || !strings.HasSuffix(rec.to, "13800000001") {
			t.Errorf("status 0x%02x: %+v", status, rec)
		}
	}
}

func TestAlphanumericSender(t *testing.T) {
	// Sender "Watchbox", text "hello", default alphabet.
	in, _, err := decode("00" + "040E" + "D0" + hex.EncodeToString(pack(septetsOf(t, "Watchbox"), 0)) + "0000" + "62302120410023" + "05" + hex.EncodeToString(pack(septetsOf(t, "hello"), 0)))
	if err != nil || in.from != "Watchbox" || in.text != "hello" {
		t.Errorf("%+v, %v", in, err)
	}
}

func septetsOf(t *testing.T, s string) (out []byte) {
	list, ok := toSeptets(s)
	if !ok {
		t.Fatalf("%q is not in the default alphabet", s)
	}
	for _, c := range list {
		out = append(out, c...)
	}
	return out
}

func TestJoinsAreBounded(t *testing.T) {
	j, now := joins{}, time.Now()
	for i := range 1000 {
		j.add(incoming{from: "x", reference: i, part: 1, of: 2}, now.Add(time.Duration(i)*time.Millisecond))
	}
	if len(j) > joinsLimit {
		t.Errorf("%d unfinished messages are kept", len(j))
	}
	if _, whole := j.add(incoming{from: "x", reference: 999, part: 2, of: 2}, now.Add(time.Second)); !whole {
		t.Error("the newest was forgotten")
	}
	if _, whole := j.add(incoming{from: "y", part: 1, of: 255}, now); whole || len(j) > joinsLimit {
		t.Error("a message of 255 parts was taken")
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"07917238010010F5040B913108000000F1000062302120410023045A20CD29",
		"00064D0B913108000000F1623021204100236230212041002300",
		"00440B913108000000F2000862302120410023100500030A02016709808B5E0035598000",
		"", "00", "zz",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in, rec, err := decode(s)
		if err == nil && (in == nil) == (rec == nil) {
			t.Errorf("decode %q gave neither or both", s)
		}
		if in != nil && (in.part < 1 || in.part > in.of) {
			t.Errorf("part %d of %d", in.part, in.of)
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Add("报警😀", "+8613800000001")
	f.Add(strings.Repeat("a", 161), "10086")
	f.Fuzz(func(t *testing.T, text, to string) {
		pdus, err := encode(to, text, 9)
		if err != nil {
			return
		}
		got, parts := independent(t, pdus)
		want := strings.ToValidUTF8(text, "?")
		if len(parts) < partsLimit && got != want {
			t.Errorf("%q came out as %q", want, got)
		}
		for _, p := range parts {
			if a, _ := p.Alphabet(); a == tpdu.AlphaUCS2 && utf16.IsSurrogate(rune(p.UD[0])<<8|rune(p.UD[1])) && p.UD[0] >= 0xdc {
				t.Error("a surrogate pair was cut")
			}
		}
	})
}

func FuzzLine(f *testing.F) {
	f.Add([]byte("\r\nOK\r\n+CMTI: \"SM\",3\r\n> "))
	f.Add([]byte("+CMS ERROR: 38\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := &wire{log: func(string, ...any) {}}
		for range len(b) + 1 {
			line, rest, ok := cutLine(b)
			if !ok {
				return
			}
			if len(rest) >= len(b) {
				t.Fatal("no progress")
			}
			if strings.ContainsAny(line, "\r\n\x1a\x1b") {
				t.Errorf("line %q holds control characters", line)
			}
			readFailure(line)
			w.unsolicited(line)
			b = rest
		}
	})
}
