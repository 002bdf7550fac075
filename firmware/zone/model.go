// The model: every state of a partition, of a supervised loop and of a panic
// button, every input, and what becomes of it. The test of the states reads these
// tables and walks all pairs; a pair that is not in them changes nothing and tells
// nothing.
//
// What is told is what the journal gets (partition. and zone. left out; refused
// is the answer to the person, not-ready its record with the reasons), then what
// the alarm machine hears: +window raises, -window clears, ±duress does both at
// once, as it latches there. Acknowledge, silence and reset are the alarm
// machine's: see the model there.
//
// The partition has an entry door, a follower in the hall behind it, a window
// (instant), a key switch and the button of the last one out. door, window and
// hall are those that leave their rest, rest is the window closed again, unread
// its reading lost. Orders: arm (away), stay, force (away, leaving out what is not
// ready), disarm, duress (disarm under threat), bypass and unbypass the window,
// test and end a walk test. A calendar arms by force and disarms, a web or SMS
// order is the same as one at the desk. expiry is the delay that runs, restart a
// power cut. A zone that was bypassed is added to the name of the state. After an
// intrusion a partition is intruded while the contact shows it, and overdue from
// the end of the entry delay until somebody disarms; the alarm itself latches.
//
//	partition         | input    | next              | tells
//	disarmed          | arm      | exiting           | arming
//	disarmed          | stay     | stay              | armed
//	disarmed          | force    | exiting           | arming
//	disarmed          | duress   | disarmed          | ±duress
//	disarmed          | window   | not ready         |
//	disarmed          | unread   | disarmed          | +window/trouble
//	disarmed          | panic    | disarmed          | +panic
//	disarmed          | key      | exiting           | arming
//	disarmed          | bypass   | bypassed          | bypassed
//	disarmed          | test     | walked            | walk-test.began
//	not ready         | arm      | not ready         | not-ready refused
//	not ready         | stay     | not ready         | not-ready refused
//	not ready         | force    | exiting bypassed  | bypassed arming
//	not ready         | duress   | not ready         | ±duress
//	not ready         | rest     | disarmed          |
//	not ready         | unread   | not ready         | +window/trouble
//	not ready         | panic    | not ready         | +panic
//	not ready         | key      | not ready         | not-ready
//	not ready         | bypass   | bypassed          | bypassed
//	not ready         | test     | walked            | walk-test.began
//	bypassed          | arm      | exiting bypassed  | arming
//	bypassed          | stay     | stay bypassed     | armed
//	bypassed          | force    | exiting bypassed  | arming
//	bypassed          | disarm   | disarmed          | unbypassed
//	bypassed          | duress   | disarmed          | unbypassed ±duress
//	bypassed          | unread   | bypassed          | +window/trouble
//	bypassed          | panic    | bypassed          | +panic
//	bypassed          | key      | exiting bypassed  | arming
//	bypassed          | unbypass | disarmed          | unbypassed
//	bypassed          | test     | walked bypassed   | walk-test.began
//	exiting           | stay     | stay              | armed
//	exiting           | disarm   | disarmed          | disarmed
//	exiting           | duress   | disarmed          | disarmed ±duress
//	exiting           | unread   | exiting           | +window/trouble
//	exiting           | panic    | exiting           | +panic
//	exiting           | key      | disarmed          | disarmed
//	exiting           | last     | armed             | armed
//	exiting           | bypass   | exiting           | refused
//	exiting           | test     | exiting           | refused
//	exiting           | expiry   | armed             | armed
//	exiting           | restart  | armed             | armed
//	armed             | stay     | stay              | armed
//	armed             | disarm   | disarmed          | disarmed
//	armed             | duress   | disarmed          | disarmed ±duress
//	armed             | door     | entering          | entry
//	armed             | window   | intruded          | +window
//	armed             | hall     | intruded          | +hall
//	armed             | unread   | armed             | +window/trouble
//	armed             | panic    | armed             | +panic
//	armed             | key      | disarmed          | disarmed
//	armed             | bypass   | armed             | refused
//	armed             | test     | armed             | refused
//	armed bypassed    | stay     | stay bypassed     | armed
//	armed bypassed    | disarm   | not ready         | unbypassed disarmed
//	armed bypassed    | duress   | not ready         | unbypassed disarmed ±duress
//	armed bypassed    | door     | entering bypassed | entry
//	armed bypassed    | hall     | intruded bypassed | +hall
//	armed bypassed    | unread   | armed bypassed    | +window/trouble
//	armed bypassed    | panic    | armed bypassed    | +panic
//	armed bypassed    | key      | not ready         | unbypassed disarmed
//	armed bypassed    | unbypass | intruded          | unbypassed +window
//	armed bypassed    | test     | armed bypassed    | refused
//	stay              | arm      | exiting           | arming
//	stay              | force    | exiting           | arming
//	stay              | disarm   | disarmed          | disarmed
//	stay              | duress   | disarmed          | disarmed ±duress
//	stay              | door     | entering stay     | entry
//	stay              | window   | stay intruded     | +window
//	stay              | unread   | stay              | +window/trouble
//	stay              | panic    | stay              | +panic
//	stay              | key      | disarmed          | disarmed
//	stay              | bypass   | stay              | refused
//	stay              | test     | stay              | refused
//	entering          | stay     | stay              | armed
//	entering          | disarm   | disarmed          | disarmed
//	entering          | duress   | disarmed          | disarmed ±duress
//	entering          | window   | entering intruded | +window
//	entering          | unread   | entering          | +window/trouble
//	entering          | panic    | entering          | +panic
//	entering          | key      | disarmed          | disarmed
//	entering          | bypass   | entering          | refused
//	entering          | test     | entering          | refused
//	entering          | expiry   | overdue           | +door
//	entering          | restart  | overdue           | +door
//	intruded          | stay     | intruded          | not-ready refused
//	intruded          | disarm   | not ready         | disarmed -window
//	intruded          | duress   | not ready         | disarmed -window ±duress
//	intruded          | door     | entering intruded | entry
//	intruded          | hall     | intruded          | +hall
//	intruded          | rest     | armed             | -window
//	intruded          | unread   | intruded          | +window/trouble
//	intruded          | panic    | intruded          | +panic
//	intruded          | key      | not ready         | disarmed -window
//	intruded          | bypass   | intruded          | refused
//	intruded          | test     | intruded          | refused
//	overdue           | stay     | stay overdue      | armed
//	overdue           | disarm   | disarmed          | disarmed -door
//	overdue           | duress   | disarmed          | disarmed -door ±duress
//	overdue           | door     | entering overdue  | entry
//	overdue           | window   | overdue intruded  | +window
//	overdue           | hall     | overdue intruded  | +hall
//	overdue           | unread   | overdue           | +window/trouble
//	overdue           | panic    | overdue           | +panic
//	overdue           | key      | disarmed          | disarmed -door
//	overdue           | bypass   | overdue           | refused
//	overdue           | test     | overdue           | refused
//	entering intruded | stay     | entering intruded | not-ready refused
//	entering intruded | disarm   | not ready         | disarmed -window
//	entering intruded | duress   | not ready         | disarmed -window ±duress
//	entering intruded | rest     | entering          | -window
//	entering intruded | unread   | entering intruded | +window/trouble
//	entering intruded | panic    | entering intruded | +panic
//	entering intruded | key      | not ready         | disarmed -window
//	entering intruded | bypass   | entering intruded | refused
//	entering intruded | test     | entering intruded | refused
//	entering intruded | expiry   | overdue intruded  | +door
//	entering intruded | restart  | overdue intruded  | +door
//	walked            | arm      | exiting           | walk-test.ended arming
//	walked            | stay     | stay              | walk-test.ended armed
//	walked            | force    | exiting           | walk-test.ended arming
//	walked            | duress   | walked            | ±duress
//	walked            | door     | walked            | tested
//	walked            | window   | walked            | tested
//	walked            | hall     | walked            | tested
//	walked            | unread   | walked            | +window/trouble
//	walked            | panic    | walked            | +panic
//	walked            | key      | exiting           | walk-test.ended arming
//	walked            | bypass   | walked bypassed   | bypassed
//	walked            | test     | walked            | refused
//	walked            | end      | disarmed          | walk-test.ended
//	walked            | expiry   | disarmed          | walk-test.ended
//	walked            | restart  | disarmed          |
//
// The loop is a double one on an environment zone, which guards always. A cut
// or a lost reading never clears the alarm; the line is an alarm of its own.
//
//	loop       | input   | next           | tells
//	unread     | rest    | normal         |
//	unread     | away    | alarm          | +gas
//	unread     | cut     | cut            | +gas/line
//	unread     | short   | shorted        | +gas/line
//	unread     | strange | strange        | +gas/line
//	unread     | bad     | lost           | +gas/trouble
//	unread     | bypass  | unread         | refused
//	normal     | away    | alarm          | +gas
//	normal     | cut     | cut            | +gas/line
//	normal     | short   | shorted        | +gas/line
//	normal     | strange | strange        | +gas/line
//	normal     | bad     | lost           | +gas/trouble
//	normal     | bypass  | normal         | refused
//	alarm      | rest    | normal         | -gas
//	alarm      | cut     | alarm cut      | +gas/line
//	alarm      | short   | alarm shorted  | +gas/line
//	alarm      | strange | alarm strange  | +gas/line
//	alarm      | bad     | alarm lost     | +gas/trouble
//	alarm      | bypass  | alarm          | refused
//	cut        | rest    | normal         | -gas/line
//	cut        | away    | alarm          | +gas -gas/line
//	cut        | short   | shorted        |
//	cut        | strange | strange        |
//	cut        | bad     | cut lost       | +gas/trouble
//	cut        | bypass  | cut            | refused
//	shorted    | rest    | normal         | -gas/line
//	shorted    | away    | alarm          | +gas -gas/line
//	shorted    | cut     | cut            |
//	shorted    | strange | strange        |
//	shorted    | bad     | shorted lost   | +gas/trouble
//	shorted    | bypass  | shorted        | refused
//	strange    | rest    | normal         | -gas/line
//	strange    | away    | alarm          | +gas -gas/line
//	strange    | cut     | cut            |
//	strange    | short   | shorted        |
//	strange    | bad     | strange lost   | +gas/trouble
//	strange    | bypass  | strange        | refused
//	lost       | rest    | normal         | -gas/trouble
//	lost       | away    | alarm          | +gas -gas/trouble
//	lost       | cut     | cut            | +gas/line -gas/trouble
//	lost       | short   | shorted        | +gas/line -gas/trouble
//	lost       | strange | strange        | +gas/line -gas/trouble
//	lost       | bypass  | lost           | refused
//	alarm lost | rest    | normal         | -gas -gas/trouble
//	alarm lost | away    | alarm          | -gas/trouble
//	alarm lost | cut     | alarm cut      | +gas/line -gas/trouble
//	alarm lost | short   | alarm shorted  | +gas/line -gas/trouble
//	alarm lost | strange | alarm strange  | +gas/line -gas/trouble
//	alarm lost | bypass  | alarm lost     | refused
//	alarm cut  | rest    | normal         | -gas -gas/line
//	alarm cut  | away    | alarm          | -gas/line
//	alarm cut  | short   | alarm shorted  |
//	alarm cut  | strange | alarm strange  |
//	alarm cut  | bad     | alarm cut lost | +gas/trouble
//	alarm cut  | bypass  | alarm cut      | refused
//
// The panic button guards in every mode of every partition. Its alarm latches in
// the alarm machine: -panic is the contact, and ends nothing that a person has
// not ended. A walk test of it ends after 10 min.
//
//	button         | input   | next           | tells
//	at rest        | press   | pressed        | +panic
//	at rest        | unread  | at rest        | +panic/trouble
//	at rest        | bypass  | at rest        | refused
//	at rest        | test    | tested         | walk-test.began
//	pressed        | release | at rest        | -panic
//	pressed        | unread  | pressed        | +panic/trouble
//	pressed        | expiry  | stuck          | +panic/stuck
//	pressed        | bypass  | pressed        | refused
//	pressed        | test    | tested pressed | walk-test.began -panic
//	stuck          | release | at rest        | -panic -panic/stuck
//	stuck          | unread  | stuck          | +panic/trouble
//	stuck          | bypass  | stuck          | refused
//	stuck          | test    | tested pressed | walk-test.began -panic
//	tested         | press   | tested pressed | tested
//	tested         | unread  | tested         | +panic/trouble
//	tested         | expiry  | at rest        | walk-test.ended
//	tested         | bypass  | tested         | refused
//	tested         | test    | tested         | refused
//	tested         | end     | at rest        | walk-test.ended
//	tested         | restart | at rest        |
//	tested pressed | release | tested         |
//	tested pressed | unread  | tested pressed | +panic/trouble
//	tested pressed | expiry  | tested pressed | +panic/stuck
//	tested pressed | bypass  | tested pressed | refused
//	tested pressed | test    | tested pressed | refused
//	tested pressed | end     | pressed        | walk-test.ended +panic
//	tested pressed | restart | pressed        | +panic
//
// The key springs back: a turn is a move that was seen. How its contact stands at
// the first reading, after one that was lost and after a restart is no order. unread
// is before the first reading, lost after one that failed; on is the contact away
// from its rest; armed is what its partition is. welded is a restart that finds the
// contact away, freed one that finds it at rest.
//
//	key       | input  | next       | tells
//	unread    | on     | on         |
//	unread    | off    | off        |
//	unread    | bad    | lost       | +key/trouble
//	unread    | welded | on         |
//	unread    | freed  | off        |
//	off       | on     | on armed   | arming
//	off       | bad    | lost       | +key/trouble
//	off       | welded | on         |
//	on        | off    | off        |
//	on        | bad    | lost       | +key/trouble
//	on        | freed  | off        |
//	off armed | on     | on         | disarmed
//	off armed | bad    | lost armed | +key/trouble
//	off armed | welded | on armed   | armed
//	off armed | freed  | off armed  | armed
//	on armed  | off    | off armed  |
//	on armed  | bad    | lost armed | +key/trouble
//	on armed  | welded | on armed   | armed
//	on armed  | freed  | off armed  | armed
//	lost      | on     | on         | -key/trouble
//	lost      | off    | off        | -key/trouble
//	lost      | welded | on         | -key/trouble
//	lost      | freed  | off        | -key/trouble
//
// The lock stays as it was turned: its position is the wish, off is disarmed and
// on is armed (its partition, the shop, has no exit delay). It is an order when it
// differs from the last position that was read, also where it was turned during a
// power cut or an outage; at the first reading of all nobody knows a former one.
// Somebody else may arm and disarm beside it. left is a restart that finds the lock
// off, stayed one that finds it on.
//
//	lock       | input  | next       | tells
//	unread     | off    | off        |
//	unread     | on     | on         |
//	unread     | bad    | lost       | +lock/trouble
//	unread     | left   | off        |
//	unread     | stayed | on         |
//	off        | on     | on armed   | armed
//	off        | bad    | lost       | +lock/trouble
//	off        | stayed | on armed   | armed
//	on         | off    | off        |
//	on         | bad    | lost       | +lock/trouble
//	on         | left   | off        |
//	off armed  | on     | on armed   |
//	off armed  | bad    | lost armed | +lock/trouble
//	off armed  | stayed | on armed   |
//	on armed   | off    | off        | disarmed
//	on armed   | bad    | lost armed | +lock/trouble
//	on armed   | left   | off        | disarmed
//	lost       | off    | off        | -lock/trouble
//	lost       | on     | on armed   | armed -lock/trouble
//	lost       | left   | off        | -lock/trouble
//	lost       | stayed | on armed   | armed -lock/trouble
//	lost armed | off    | off        | disarmed -lock/trouble
//	lost armed | on     | on armed   | -lock/trouble
//	lost armed | left   | off        | disarmed -lock/trouble
//	lost armed | stayed | on armed   | -lock/trouble
package zone
