package engine

import (
	"slices"
	"sync"

	"watchbox/firmware/point"
)

// urgentLimit bounds the edges of the first inlet. When it is full the oldest
// edge that is not of a 24-hour zone gives way, and the next edge of its point
// says overflow. Of 24-hour zones only an edge gives way after which the same
// level comes again: the press of a panic button is never lost, how often it
// was pressed may be. Calls wait for their answer in their callers' goroutines
// and are bounded by those.
const urgentLimit = 4096

// item is one thing to do: an edge, or a call from another goroutine.
type item struct {
	edge   point.Sample
	always bool // of a 24-hour zone: never dropped for another edge
	call   func()
}

// inlet is the engine's two queues. Put never blocks; one goroutine takes.
type inlet struct {
	mutex    sync.Mutex
	urgent   []item
	order    []point.Name // of the second queue, oldest first
	newest   map[point.Name]point.Sample
	lossy    map[point.Name]bool   // the next edge of this point follows a lost one
	lost     uint64                // edges dropped
	lostOf   map[point.Name]uint64 // and of which point
	replaced uint64                // samples overtaken by a newer one of the same point
	wake     chan struct{}
}

func newInlet() *inlet {
	return &inlet{newest: map[point.Name]point.Sample{}, lossy: map[point.Name]bool{}, lostOf: map[point.Name]uint64{}, wake: make(chan struct{}, 1)}
}

// put adds to the first queue.
func (q *inlet) put(it item) {
	q.mutex.Lock()
	if len(q.urgent) >= urgentLimit && it.call == nil {
		q.dropOldest()
	}
	if n := it.edge.Point; it.call == nil && q.lossy[n] {
		delete(q.lossy, n)
		if it.edge.Quality.Usable() { // a bad sample stays bad
			it.edge.Quality = point.UncertainBecause(point.Overflow)
		}
	}
	q.urgent = append(q.urgent, it)
	q.mutex.Unlock()
	q.ring()
}

// dropOldest makes room for one edge. The newest edge of each point carries the
// level that holds now, so the oldest ones are worth least.
func (q *inlet) dropOldest() {
	i := slices.IndexFunc(q.urgent, func(it item) bool { return it.call == nil && !it.always })
	if i < 0 {
		i = q.repeated()
	}
	if i < 0 {
		return
	}
	q.lost++
	q.lostOf[q.urgent[i].edge.Point]++
	q.lossy[q.urgent[i].edge.Point] = true
	q.urgent = slices.Delete(q.urgent, i, i+1)
}

// repeated finds the oldest edge whose level its point has again later.
func (q *inlet) repeated() int {
	type told struct {
		point point.Name
		on    bool
	}
	later, found := map[told]bool{}, -1
	for i, it := range slices.Backward(q.urgent) {
		if it.call != nil {
			continue
		}
		t := told{it.edge.Point, it.edge.Value.Truth()}
		if later[t] {
			found = i
		}
		later[t] = true
	}
	return found
}

// sample adds to the second queue: at most one per point, the newest.
func (q *inlet) sample(s point.Sample) {
	q.mutex.Lock()
	if _, waiting := q.newest[s.Point]; waiting {
		q.replaced++
	} else {
		q.order = append(q.order, s.Point)
	}
	q.newest[s.Point] = s
	q.mutex.Unlock()
	q.ring()
}

func (q *inlet) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// takeUrgent returns the oldest of the first queue.
func (q *inlet) takeUrgent() (item, bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.urgent) == 0 {
		return item{}, false
	}
	it := q.urgent[0]
	q.urgent[0] = item{}
	if q.urgent = q.urgent[1:]; len(q.urgent) == 0 {
		q.urgent = nil
	}
	return it, true
}

// takeSample returns the oldest of the second queue.
func (q *inlet) takeSample() (point.Sample, bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.order) == 0 {
		return point.Sample{}, false
	}
	n := q.order[0]
	if q.order = q.order[1:]; len(q.order) == 0 {
		q.order = nil
	}
	s := q.newest[n]
	delete(q.newest, n)
	return s, true
}

// losses are what was dropped since the start.
func (q *inlet) losses() (lost, replaced uint64) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.lost, q.replaced
}
