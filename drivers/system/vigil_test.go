package system

import (
	"testing"
	"time"
)

const second = time.Second

// turns asks once a second and counts the deeds.
func turns(v *Vigil, from, to time.Duration) map[Deed]int {
	did := map[Deed]int{}
	for now := from; now < to; now += second {
		did[v.Turn(now)]++
	}
	return did
}

func TestVigilFeedsOnProofOnly(t *testing.T) {
	v := NewVigil(0)
	if did := turns(v, 0, 5*second); did[Feed] != 5 {
		t.Errorf("at the start: %v", did)
	}
	for now := 5 * second; now < time.Hour; now += second {
		if d := v.Proof(now); d != Feed {
			t.Fatalf("a proof is not fed: %v", d)
		}
		if d := v.Turn(now); d != Wait {
			t.Fatalf("the clock alone feeds at %v: %v", now, d)
		}
	}
}

func TestDaemonThatStandsStill(t *testing.T) {
	v := NewVigil(0)
	v.Proof(10 * second)
	did := turns(v, 10*second, 10*second+standstill)
	if did[Wait] != int(standstill/second) {
		t.Errorf("while it stands still it is fed: %v", did)
	}
	at := 10*second + standstill
	if d := v.Turn(at); d != Kill {
		t.Fatalf("after %v: %v, want a kill", standstill, d)
	}
	v.Died(at)
	if did := turns(v, at+second, at+laterGrace); did[Feed] != int(laterGrace/second)-1 || len(did) != 1 {
		t.Errorf("in the grace of the next life: %v", did)
	}
	if d := v.Turn(at + laterGrace); d != Reset {
		t.Errorf("the next life shows nothing either: %v, want a reset", d)
	}
	if d := v.Proof(at + laterGrace + second); d != Wait {
		t.Errorf("a proof that comes too late: %v", d)
	}
}

func TestKilledDaemonThatComesBack(t *testing.T) {
	v := NewVigil(0)
	now := time.Duration(0)
	for range 10 { // each time it comes back it is killed once, never reset
		v.Proof(now)
		now += standstill
		if d := v.Turn(now); d != Kill {
			t.Fatalf("at %v: %v, want a kill", now, d)
		}
		v.Died(now)
		now += 5 * second
	}
}

// A daemon that dies again and again before it proves anything gains no time.
func TestDeathsWithoutProof(t *testing.T) {
	v := NewVigil(0)
	for now := second; now < firstGrace; now += second {
		v.Died(now)
		if d := v.Turn(now); d != Feed {
			t.Fatalf("at %v: %v", now, d)
		}
	}
	if d := v.Turn(firstGrace); d != Reset {
		t.Errorf("at the end of the grace: %v, want a reset", d)
	}
}
