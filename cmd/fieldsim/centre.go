package main

import (
	"os"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/megatec/megatectest"
)

// batteryCells is how many cells the 192 V string of a UPS has: Q1 tells the
// voltage of one.
const batteryCells = 96

// newCentre is the serial port of the UPS in the operations centre: Q1, 2400 baud.
func newCentre(path string, r *room.Room) (*wire, error) {
	u := megatectest.New(megatectest.Q1)
	u.Pace(2400)
	u.Follow(func(s *megatectest.State) {
		look := r.Look()
		centre := &look.Centre
		before := s.Input
		s.Input, s.Frequency, s.Output = look.Volts, float64(hertz(&look)), outputVolts
		if centre.Off {
			s.Output = 0
		}
		s.Glitch = min(before, s.Input) // the lowest since the last question
		s.Load, s.Temperature, s.Battery = 100*centre.Load/room.Rating, centre.Temperature, centre.BatteryVoltage()/batteryCells
		s.Failed, s.Low = centre.OnBattery || centre.Off, centre.Charge() < 20
	})
	return newWire(path, func(master *os.File) { _ = u.Serve(master) }) // says that the wire was cut
}
