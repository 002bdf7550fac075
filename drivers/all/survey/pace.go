package survey

import "time"

// pace is how fast a sweep is: it has the time that the polled units leave, so nobody
// knows beforehand.
type pace struct {
	began time.Time
	from  int // asked before it
}

// paceLeast is how many questions make a pace.
const paceLeast = 10

func (p *pace) begin(asked int, now time.Time) { *p = pace{now, asked} }

// left is how many seconds the sweep still takes at the pace so far; 0: not known yet.
func (p *pace) left(asked, of int, now time.Time) int {
	done := asked - p.from
	if done < paceLeast || of <= asked {
		return 0
	}
	return int((now.Sub(p.began) / time.Duration(done) * time.Duration(of-asked)).Seconds())
}
