package gpio

import (
	"context"
	"fmt"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

var _ driver.Prompt = (*Device)(nil)

// Prompt says that Write may run beside Poll and Watch, and beside itself.
func (d *Device) Prompt() {}

// Write drives one output: true is away from its rest level. The item may be the
// item of the point, its full name or the terminal; an item that two outputs
// share must be written by full name. It waits for no input and no reading.
func (d *Device) Write(ctx context.Context, item string, v point.Value) error {
	t, known := d.byItem[item]
	switch {
	case !known:
		return fmt.Errorf("%s: write %s: no such output: %w", d.place, item, driver.ErrNotPresent)
	case t.name == "":
		return fmt.Errorf("%s: write %s: several outputs have this item, use the full name: %w", d.place, item, driver.ErrNotPresent)
	case v.Kind() != point.Bool:
		return fmt.Errorf("%s: write %s: want true or false, got %q: %w", d.place, item, v, driver.ErrUnsupported)
	}
	err := d.ensure(ctx, &d.holdOutputs, false, d.backend.Outputs)
	if err == nil {
		err = d.backend.Set(ctx, t.name, v.Truth() != t.rest)
	}
	if err != nil {
		return fmt.Errorf("%s: write %s (%s): %w", d.place, item, t.name, err)
	}
	return nil
}
