package room

import (
	"testing"
	"time"
)

func TestCalmRoomStaysCalm(t *testing.T) {
	r := New()
	r.Step(2 * time.Hour)
	s := r.Look()
	if s.Temperature < 20 || s.Temperature > 24 {
		t.Errorf("after two calm hours: %.1f °C", s.Temperature)
	}
	if s.UPS[0].OnBattery || s.UPS[0].Charge() < 99.9 {
		t.Errorf("ups 1 not at rest: %+v", s.UPS[0])
	}
	if s.Humidity < 30 || s.Humidity > 70 {
		t.Errorf("humidity %.0f %%", s.Humidity)
	}
}

func TestRoomWarmsUpWhenCoolingStops(t *testing.T) {
	r := New()
	r.Change(func(s *State) { s.AC[0].Stopped = true })
	r.Step(10 * time.Minute)
	warm := r.Look().Temperature
	if warm < 28 || warm > 45 {
		t.Errorf("ten minutes without cooling: %.1f °C", warm)
	}
	r.Change(func(s *State) { s.AC[0].Stopped = false })
	r.Step(time.Hour)
	if back := r.Look().Temperature; back > 24 {
		t.Errorf("an hour after cooling came back: %.1f °C", back)
	}
}

func TestBatteriesCarryTheLoadUntilEmpty(t *testing.T) {
	r := New()
	r.Change(func(s *State) { s.Mains = false })
	r.Step(30 * time.Minute)
	s := r.Look()
	if !s.UPS[0].OnBattery || s.UPS[0].Charge() > 80 || !s.Contacts["mains"] {
		t.Errorf("half an hour on battery: %+v", s.UPS[0])
	}
	r.Step(4 * time.Hour)
	if s = r.Look(); !s.UPS[2].Off || s.Power != 0 {
		t.Errorf("after four more hours the most loaded UPS still delivers: %+v, %f kW", s.UPS[2], s.Power)
	}
	r.Change(func(s *State) { s.Mains = true })
	r.Step(8 * time.Hour)
	if s = r.Look(); s.UPS[2].Charge() < 99 {
		t.Errorf("eight hours of mains charged it to %.0f %% only", s.UPS[2].Charge())
	}
}

func TestAislesDifferByWhatRacksAndCoolingDo(t *testing.T) {
	r := New()
	r.Step(time.Hour)
	s := r.Look()
	cold, moist := s.ColdAisle()
	hot, dry := s.HotAisle()
	if cold >= s.Temperature || hot-cold < 5 || dry >= moist {
		t.Errorf("return %.1f °C, cold aisle %.1f °C %.0f %%, hot aisle %.1f °C %.0f %%", s.Temperature, cold, moist, hot, dry)
	}
	r.Change(func(s *State) { s.AC[0].Fault = "airflow" })
	r.Step(20 * time.Minute)
	s = r.Look()
	if cold, _ = s.ColdAisle(); cold != s.Temperature || cold < 30 {
		t.Errorf("cold aisle %.1f °C without cooling, return %.1f °C", cold, s.Temperature)
	}
}

func TestLostBatteryAndOverload(t *testing.T) {
	r := New()
	r.Change(func(s *State) { s.UPS[1].BatteryGone, s.UPS[3].Load = true, Rating+1 })
	r.Step(time.Second)
	s := r.Look()
	if s.UPS[1].Off || s.UPS[1].Runtime() != 0 || !s.UPS[3].Overload || s.UPS[0].Overload {
		t.Errorf("on mains: %+v", s.UPS)
	}
	r.Change(func(s *State) { s.Mains = false })
	r.Step(time.Second)
	if s = r.Look(); !s.UPS[1].Off || s.UPS[0].Off || s.Centre.Off || !s.Centre.OnBattery {
		t.Errorf("mains failed: %+v %+v", s.UPS, s.Centre)
	}
}
