// The model: every state of an alarm, every input, and what becomes of it. The
// test of the states reads this table and walks all pairs; a pair that is not in
// it changes nothing, and an order is refused there.
//
// Two axes make the life of an occurrence (active or not, acknowledged or not),
// the latch a third. A person may put an alarm aside in any of these states: it
// is then shelved or removed (out of service), and a raise is held until it is
// back. Its cause may stand: a raise is then held back, and an alarm that was
// raised at most 30 s before, and that nobody has acknowledged, is hidden.
//
// The inputs: raise and clear are the condition coming and going, no delay left;
// ack, silence, reset, shelve, unshelve, remove (OutOfService) and return
// (InService) are orders; cause is one of its causes becoming active, no cause
// the last one ending 5 s ago; expiry is the state's own timer: the on-delay, the
// minute of quiet, the end of the shelf or of the removal; restart is Retained
// given to Restore of a new machine, before anything was judged. A panic or
// tamper alarm (Guarded) and fire know no held back and no hidden, a guarded one
// no shelve and no chattering.
//
//	state          | input    | next                  | tells
//	normal         | raise    | active                | raised
//	normal         | shelve   | shelved normal        | shelved
//	normal         | remove   | removed normal        | out-of-service
//	waiting        | clear    | normal                |
//	waiting        | shelve   | shelved waiting       | shelved
//	waiting        | remove   | removed waiting       | out-of-service
//	waiting        | expiry   | active                | raised
//	waiting        | restart  | normal                |
//	active         | clear    | cleared               | cleared
//	active         | ack      | active acked          | acknowledged
//	active         | silence  | active                | silenced
//	active         | shelve   | shelved active        | shelved
//	active         | remove   | removed active        | out-of-service
//	active         | cause    | hidden                | suppressed
//	active acked   | clear    | normal                | cleared
//	active acked   | silence  | active acked          | silenced
//	active acked   | shelve   | shelved active acked  | shelved
//	active acked   | remove   | removed active acked  | out-of-service
//	cleared        | raise    | active                | raised
//	cleared        | ack      | normal                | acknowledged
//	cleared        | silence  | cleared               | silenced
//	cleared        | shelve   | shelved cleared       | shelved
//	cleared        | remove   | removed cleared       | out-of-service
//	latched        | raise    | active                | raised
//	latched        | ack      | latched acked         | acknowledged
//	latched        | silence  | latched               | silenced
//	latched        | shelve   | shelved latched       | shelved
//	latched        | remove   | removed latched       | out-of-service
//	latched acked  | raise    | active                | raised
//	latched acked  | silence  | latched acked         | silenced
//	latched acked  | reset    | normal                | reset
//	latched acked  | shelve   | shelved latched acked | shelved
//	latched acked  | remove   | removed latched acked | out-of-service
//	chattering     | ack      | chattering            | acknowledged
//	chattering     | silence  | chattering            | silenced
//	chattering     | shelve   | shelved chattering    | shelved
//	chattering     | remove   | removed chattering    | out-of-service
//	chattering     | cause    | hidden                | suppressed
//	chattering     | expiry   | active                |
//	chattering     | restart  | active                |
//	held back      | clear    | normal                |
//	held back      | shelve   | shelved held back     | shelved
//	held back      | remove   | removed held back     | out-of-service
//	held back      | no cause | active                | unsuppressed raised
//	hidden         | clear    | normal                | cleared
//	hidden         | ack      | hidden                | acknowledged
//	hidden         | silence  | hidden                |
//	hidden         | shelve   | shelved hidden        | shelved
//	hidden         | remove   | removed hidden        | out-of-service
//	hidden         | no cause | active                | unsuppressed
//	shelved normal | raise    | shelved held          |
//	shelved normal | shelve   | shelved normal        | shelved
//	shelved normal | unshelve | normal                | unshelved
//	shelved normal | remove   | removed normal        | out-of-service
//	shelved normal | expiry   | normal                | unshelved
//	shelved held   | clear    | shelved normal        |
//	shelved held   | shelve   | shelved held          | shelved
//	shelved held   | unshelve | active                | unshelved raised
//	shelved held   | remove   | removed held          | out-of-service
//	shelved held   | expiry   | active                | unshelved raised
//	shelved held   | restart  | shelved normal        |
//	shelved active | clear    | shelved cleared       | cleared
//	shelved active | ack      | shelved active acked  | acknowledged
//	shelved active | silence  | shelved active        | silenced
//	shelved active | shelve   | shelved active        | shelved
//	shelved active | unshelve | active                | unshelved
//	shelved active | remove   | removed active        | out-of-service
//	shelved active | cause    | shelved hidden        | suppressed
//	shelved active | expiry   | active                | unshelved
//	removed normal | raise    | removed held          |
//	removed normal | shelve   | removed normal        | shelved
//	removed normal | remove   | removed normal        | out-of-service
//	removed normal | return   | normal                | in-service
//	removed normal | expiry   | normal                | in-service
//	removed held   | clear    | removed normal        |
//	removed held   | shelve   | removed held          | shelved
//	removed held   | remove   | removed held          | out-of-service
//	removed held   | return   | active                | in-service raised
//	removed held   | expiry   | active                | in-service raised
//	removed held   | restart  | removed normal        |
//	removed active | clear    | removed cleared       | cleared
//	removed active | ack      | removed active acked  | acknowledged
//	removed active | silence  | removed active        | silenced
//	removed active | shelve   | removed active        | shelved
//	removed active | remove   | removed active        | out-of-service
//	removed active | return   | active                | in-service
//	removed active | cause    | removed hidden        | suppressed
//	removed active | expiry   | active                | in-service
package alarm
