package pair

import "watchbox/firmware/bus"

// Answer knows the one answer that a request may get. Its methods are pure.
type Answer interface {
	// Length is how many characters the answer has at most.
	Length() int
	// Find looks for the answer in what was received, at any place. echoes tells
	// that this line is known to give every request back.
	Find(b []byte, echoes bool) Search
	// Foreign is true when b is nothing but whole frames of somebody else.
	Foreign(b []byte) bool
	// Asked is whom the request is for.
	Asked() bus.Slave
}

// Search is what Find made of the bytes so far.
type Search struct {
	Frame   []byte // the answer, nil while there is none
	Before  int    // bytes that stood before it
	Echo    bool   // the request came back
	Certain bool   // Echo is known either way: the answer cannot be taken for the request
	Damaged bool   // something like the answer is there, whole, with a wrong check sum
	Coming  int    // characters that the answer itself says are still under way; 0 when it does not say
}
