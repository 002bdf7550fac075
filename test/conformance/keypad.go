package conformance

import (
	"context"
	"fmt"
	"time"

	"watchbox/firmware/app"
	"watchbox/firmware/engine"
	"watchbox/firmware/person"
)

// desk is the account of the screen at which codes are given.
const desk = "desk"

// cheap is the cost of a password here, where nothing is about it: a box has
// person.Iterations.
const cheap = 10

// keypad is the people of a box and their codes, on a disk that a power cut spares.
type keypad struct {
	people *person.People
	disk   *disk
}

type disk struct{ accounts map[string]person.Account }

func (d *disk) Accounts(context.Context) (all []person.Account, _ error) {
	for _, a := range d.accounts {
		all = append(all, a)
	}
	return all, nil
}
func (d *disk) PutAccount(_ context.Context, a person.Account) error {
	d.accounts[a.Name] = a
	return nil
}
func (d *disk) RemoveAccount(_ context.Context, name string) error {
	delete(d.accounts, name)
	return nil
}
func (d *disk) Credentials(context.Context) ([]person.Credential, error) { return nil, nil }
func (d *disk) PutCredential(context.Context, person.Credential) error   { return nil }
func (d *disk) RemoveCredential(context.Context, string) error           { return nil }

// persons are the people; after a power cut they are read from the disk again.
func (p *player) persons() (*person.People, error) {
	if p.keypad == nil {
		p.keypad = &keypad{disk: &disk{accounts: map[string]person.Account{desk: {User: person.User{Name: desk, Role: person.Viewer}}}}}
	}
	if p.keypad.people == nil {
		people, err := person.New(p.keypad.disk, func() time.Time { return p.now.Wall }, cheap)
		if err != nil {
			return nil, err
		}
		p.keypad.people = people
	}
	return p.keypad.people, nil
}

// person NAME ROLE CODE [DURESS-CODE]
func (p *player) person(a []string) error {
	if len(a) < 3 || len(a) > 4 {
		return errWords
	}
	people, err := p.persons()
	if err != nil {
		return err
	}
	if err := people.Add(context.Background(), person.User{Name: a[0], Role: person.Role(a[1])}, "correct horse battery"); err != nil {
		return err
	}
	return people.SetCodes(context.Background(), a[0], a[2], append(a, "")[3])
}

// code NAME CODE arm|disarm PARTITION [MODE]: given at the desk.
func (p *player) code(a []string) error {
	if len(a) < 4 || len(a) > 5 {
		return errWords
	}
	people, err := p.persons()
	if err != nil {
		return err
	}
	do := func(_ context.Context, c engine.Command) error { return p.order(c) }
	err = app.Keypad{Persons: people, Do: do, Signal: p.Signal, Note: p.Note}.Order(context.Background(), desk, a[0], a[1],
		engine.Command{Verb: engine.Verb(a[2]), Target: a[3], Mode: append(a, "")[4]})
	p.settle()
	return err
}

// consent 4h: the installer is let in.
func (p *player) consent(a []string) error {
	if len(a) != 1 {
		return errWords
	}
	d, err := time.ParseDuration(a[0])
	if err != nil {
		return fmt.Errorf("how long: %w", err)
	}
	return p.order(engine.Command{Verb: engine.Consent, Actor: p.actor, For: d})
}
