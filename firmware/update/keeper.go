package update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"watchbox/firmware/point"
)

// Slots are the two slots and the loader's state, as a board has them. All
// methods block on the medium.
type Slots interface {
	Running() string // "A" or "B"
	Room() int64     // bytes of one slot
	Boot() (Boot, error)
	SetBoot(Boot) error // whole or not at all, down to the medium
	// Fill writes the slot from its first byte as write gives it, down to the
	// medium. Check reads size bytes back from there and holds them against the digest.
	Fill(ctx context.Context, slot string, write func(io.Writer) error) error
	Check(ctx context.Context, slot string, size int64, sha256 string) error
}

// Keeper carries an update through its life: it does each step's writes in the
// order that leaves a box which starts, whenever the power goes. Safe for use by
// several goroutines; one update at a time.
type Keeper struct {
	slots   Slots
	trust   Trust
	version string // that runs
	now     func() time.Time

	load func() (Record, error)
	save func(Record) error

	writing sync.Mutex // held over a whole step
	mutex   sync.Mutex // guards what follows
	record  Record
	written int64 // bytes of the slot, while one is written
}

// NewKeeper makes the keeper of a box. directory is on the data partition;
// version is what runs, x.y.z, or any other text for a build without one.
func NewKeeper(slots Slots, trust Trust, directory, version string, now func() time.Time) *Keeper {
	trust.Room = slots.Room()
	return &Keeper{slots: slots, trust: trust, version: version, now: now, record: Record{Phase: Idle},
		load: func() (Record, error) { return load(directory) }, save: func(r Record) error { return r.save(directory) }}
}

// Start takes up what the last run left, once, before anything else. leave says
// that the box must be started again, into the other slot. A boot state that
// cannot be read is an error, and then nothing is changed.
func (k *Keeper) Start() (r Record, leave bool, err error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	kept, damage := k.load()
	boot, err := k.slots.Boot()
	if err != nil {
		return kept, false, errors.Join(damage, err)
	}
	running := k.slots.Running()
	settled, next := Settle(kept, boot, running)
	if !same(settled, kept) {
		settled.At = k.now()
		damage = errors.Join(damage, k.save(settled))
	}
	if !next.equal(boot) {
		damage = errors.Join(damage, k.slots.SetBoot(next))
	}
	k.set(settled)
	return settled, settled.Phase == RolledBack && settled.Slot == running, damage
}

func same(a, b Record) bool { return a.Phase == b.Phase && a.Slot == b.Slot && a.Told == b.Told }

// Record is where the update stands. Never blocks on the medium.
func (k *Keeper) Record() Record { k.mutex.Lock(); defer k.mutex.Unlock(); return k.record }

// Written tells how many bytes of the slot are written while a bundle comes in.
func (k *Keeper) Written() int64 { k.mutex.Lock(); defer k.mutex.Unlock(); return k.written }

// Board is the one that the box takes bundles for.
func (k *Keeper) Board() string { return k.trust.Board }

// Running names the slot and the version that run.
func (k *Keeper) Running() (slot, version string) { return k.slots.Running(), k.version }

func (k *Keeper) set(r Record) { k.mutex.Lock(); defer k.mutex.Unlock(); k.record = r }

// Told notes that the outcome stands in the journal.
func (k *Keeper) Told() error {
	k.writing.Lock()
	defer k.writing.Unlock()
	r := k.Record()
	r.Told = true
	k.set(r)
	return k.save(r)
}

// Forget puts aside what was staged or how the last update ended: nothing is
// pending any more. A staged slot stays out of the loader's reach.
func (k *Keeper) Forget() error {
	if !k.writing.TryLock() {
		return refuse(Busy, nil, "另一个升级正在进行", "another update is under way")
	}
	defer k.writing.Unlock()
	if k.Record().Phase == Trying {
		return onTrial()
	}
	if err := k.save(Record{Phase: Idle}); err != nil {
		return unwritten(err)
	}
	k.set(Record{Phase: Idle})
	return nil
}

func (k *Keeper) release() Version {
	v, _ := ParseVersion(k.version) // a build without a version is older than all
	return v
}

// Stage writes a bundle into the other slot and reads it back. Nothing of the
// box changes but that slot, which is out of the loader's reach before its first
// byte is written. Its errors are *Refusal.
func (k *Keeper) Stage(ctx context.Context, in io.Reader, insist bool, actor string) (Record, error) {
	return k.stage(ctx, in, actor, func(m Manifest) (bool, error) { return false, m.Admit(k.release(), insist) })
}

// stage asks admit, under the lock of the whole step, whether the bundle may come in and
// whether it stands in the slot already.
func (k *Keeper) stage(ctx context.Context, in io.Reader, actor string, admit func(Manifest) (there bool, err error)) (Record, error) {
	if !k.writing.TryLock() {
		return k.Record(), refuse(Busy, nil, "另一个升级正在进行", "another update is under way")
	}
	defer k.writing.Unlock()
	if k.Record().Phase == Trying {
		return k.Record(), onTrial()
	}
	b, err := Open(in, k.trust)
	if err != nil {
		return k.Record(), err
	}
	switch there, err := admit(b.Manifest); {
	case err != nil:
		return Record{Manifest: b.Manifest}, err
	case there:
		return k.Record(), nil
	}
	r := Record{Phase: Staged, Slot: Other(k.slots.Running()), Manifest: b.Manifest, Previous: k.version, By: actor, At: k.now(),
		Insisted: b.Manifest.Version.Before(k.release())}
	if err := k.fill(ctx, b, r.Slot); err != nil {
		return Record{Manifest: b.Manifest}, err
	}
	k.set(r)
	if err := k.save(r); err != nil {
		return r, unwritten(err)
	}
	return r, nil
}

func onTrial() error {
	return refuse(OnTrial, nil, "本版本还在试运行，请等它通过", "the version that runs is still on trial")
}

func unwritten(err error) error {
	return refuse(Unwritten, err, "写入失败：存储介质有问题", "it could not be written: the medium failed")
}

// fill forgets what was staged, takes the slot out of reach, writes it and reads it back.
func (k *Keeper) fill(ctx context.Context, b *Bundle, slot string) error {
	k.set(Record{Phase: Idle})
	if err := k.save(k.Record()); err != nil {
		return unwritten(err)
	}
	boot, err := k.slots.Boot()
	if err == nil {
		err = k.slots.SetBoot(boot.Erase(k.slots.Running()))
	}
	if err != nil {
		return unwritten(err)
	}
	defer k.count(0)
	err = k.slots.Fill(ctx, slot, func(w io.Writer) error { return b.Slot(&progress{w: w, keeper: k}) })
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	if err == nil {
		err = k.slots.Check(ctx, slot, b.Manifest.Size, b.Manifest.SHA256)
	}
	if err != nil {
		return unwritten(err)
	}
	return nil
}

func (k *Keeper) count(n int64) { k.mutex.Lock(); defer k.mutex.Unlock(); k.written = n }

type progress struct {
	w      io.Writer
	keeper *Keeper
	n      int64
}

func (p *progress) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	p.keeper.count(p.n)
	return n, err
}

// Switch makes the next start one of the staged slot, on trial. The slot is read
// back once more. before is what the box can do now; obstacles are the alarm
// situation. When the error is nil the caller ends the daemon in order and
// starts the box again. Its errors are *Refusal.
func (k *Keeper) Switch(ctx context.Context, before Senses, obstacles []point.Words, insist bool, reason, actor string) (Record, error) {
	if !k.writing.TryLock() {
		return k.Record(), refuse(Busy, nil, "另一个升级正在进行", "another update is under way")
	}
	defer k.writing.Unlock()
	r := k.Record()
	switch r.Phase {
	case Trying:
		return r, onTrial()
	case Staged:
	default:
		return r, refuse(Nothing, nil, "没有待启用的升级，请先上传升级包", "nothing is staged: upload a bundle first")
	}
	if err := allow(obstacles, insist, reason); err != nil {
		return r, err
	}
	if err := k.slots.Check(ctx, r.Slot, r.Manifest.Size, r.Manifest.SHA256); err != nil {
		return r, unwritten(err)
	}
	r.Phase, r.By, r.At, r.Before, r.Reason, r.Told = Trying, actor, k.now(), &before, reason, false
	r.Insisted = r.Insisted || len(obstacles) > 0
	return r, k.begin(r)
}

// begin keeps the record first: a cut after it finds a trial that the loader
// knows nothing of, which counts as one that did not start.
func (k *Keeper) begin(r Record) error {
	if err := k.save(r); err != nil {
		return unwritten(err)
	}
	boot, err := k.slots.Boot()
	if err == nil {
		err = k.slots.SetBoot(boot.Try(k.slots.Running()))
	}
	if err != nil {
		return unwritten(errors.Join(err, k.save(k.Record())))
	}
	k.set(r)
	return nil
}

// Keep confirms the slot that runs: the gate said so. The record is kept first,
// with the proof; a cut after it is made good at the next start.
func (k *Keeper) Keep(v Verdict) error {
	return k.end(Confirmed, v, Boot.Confirm)
}

// Leave goes back to the former slot: the gate gave up. When the error is nil the
// caller starts the box again.
func (k *Keeper) Leave(v Verdict) error {
	return k.end(RolledBack, v, Boot.Leave)
}

func (k *Keeper) end(p Phase, v Verdict, step func(Boot, string) Boot) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	r := k.Record()
	if r.Phase != Trying || r.Slot != k.slots.Running() {
		return fmt.Errorf("end the trial: the slot that runs is %s, not on trial", r.Phase)
	}
	r.Phase, r.At, r.Lacks, r.Unproven, r.Told = p, k.now(), v.Lacks, v.Unproven, false
	boot, err := k.slots.Boot()
	if err != nil {
		return fmt.Errorf("end the trial: %w", err)
	}
	if err := k.save(r); err != nil && p == Confirmed {
		return err // what cannot remember is not whole
	}
	if err := k.slots.SetBoot(step(boot, k.slots.Running())); err != nil {
		return fmt.Errorf("end the trial: %w", err)
	}
	k.set(r)
	return nil
}
