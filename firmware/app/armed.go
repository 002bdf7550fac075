package app

import "sync"

// guarding makes the function that hears of each device, and tells armed once:
// when the box's own terminals were claimed and read and the engine has been
// through what they showed. A box without terminals is armed when its engine
// turns. armed runs in a goroutine of its own.
func (a *App) guarding(f Fittings, armed func()) func(id string, ok bool, err error) {
	terminals := ""
	for _, d := range f.Devices {
		if d.First {
			terminals = d.Spec.ID
		}
	}
	var once sync.Once
	tell := func() { once.Do(func() { a.engine.After(func() { go armed() }) }) }
	if terminals == "" {
		tell()
	}
	return func(id string, ok bool, err error) {
		a.device(id, ok, err)
		if ok && id == terminals {
			tell()
		}
	}
}
