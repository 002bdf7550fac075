package gpio

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// eventSize is struct gpio_v2_line_event: u64 stamp, u32 id, offset, sequence,
// sequence of the line, 24 bytes of padding; in the machine's byte order.
const eventSize = 48

// event is one edge as the kernel tells it.
type event struct {
	stamp    time.Duration
	level    bool // after the edge, active-low already applied
	offset   uint32
	sequence uint32
	line     uint32
}

// decodeEvents takes apart what one read of a line request gave: whole events,
// or the read is refused.
func decodeEvents(b []byte) ([]event, error) {
	if len(b)%eventSize != 0 {
		return nil, fmt.Errorf("%d bytes of line events, want a multiple of %d: %w", len(b), eventSize, driver.ErrGarbage)
	}
	order := binary.NativeEndian
	list := make([]event, 0, len(b)/eventSize)
	for ; len(b) > 0; b = b[eventSize:] {
		id := order.Uint32(b[8:])
		if id != unix.GPIO_V2_LINE_EVENT_RISING_EDGE && id != unix.GPIO_V2_LINE_EVENT_FALLING_EDGE {
			return nil, fmt.Errorf("line event of kind %d: %w", id, driver.ErrGarbage)
		}
		list = append(list, event{
			stamp: time.Duration(order.Uint64(b)), level: id == unix.GPIO_V2_LINE_EVENT_RISING_EDGE,
			offset: order.Uint32(b[12:]), sequence: order.Uint32(b[16:]), line: order.Uint32(b[20:]),
		})
	}
	return list, nil
}
