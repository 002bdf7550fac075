package proof

import "testing"

func TestEntry(t *testing.T) {
	text := "version: 1\nrooms:\n  - id: oc\n    label: x\n  - id: b\n    label: y\ninputs:\n"
	for _, x := range []struct{ line, first, last int }{{0, 1, 1}, {2, 3, 4}, {3, 3, 4}, {5, 5, 6}} {
		if first, last := Entry(text, x.line); first != x.first || last != x.last {
			t.Errorf("line %d: %d to %d, want %d to %d", x.line+1, first, last, x.first, x.last)
		}
	}
	for _, m := range Mutations {
		if spoilt, ok := Spoil(text, 3, m); !ok || spoilt == text {
			t.Errorf("%s did nothing to %q", m.Name, "label: x")
		}
	}
	if _, ok := Spoil("# prose", 0, Mutations[0]); ok {
		t.Error("prose was spoilt")
	}
}
