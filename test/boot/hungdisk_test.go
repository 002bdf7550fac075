//go:build bootproof

package boot

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// hungDisk is a disk on which some requests wait for ever, as of a card that is dying:
// an NBD server (NetworkBlockDevice/nbd, doc/proto.md) of the little that QEMU asks for.
type hungDisk struct {
	t      testing.TB
	file   *os.File
	size   int64
	mutex  sync.Mutex // guards what follows
	hangs  []request
	hung   int
	free   chan struct{} // closed when what hangs goes on
	socket string
}

// request is a part of the disk, and whether it is read or written; both are, where
// neither is said.
type request struct {
	from, to    int64
	read, write bool
}

// The protocol's numbers.
const (
	nbdOption, nbdReply              = 0x49484156454f5054, 0x3e889045565a9
	nbdGo, nbdAbort                  = 7, 2
	nbdAck, nbdInfo, nbdUnsupported  = 1, 3, 0x80000001
	nbdRequest, nbdAnswer            = 0x25609513, 0x67446698
	nbdRead, nbdWrite, nbdEnd        = 0, 1, 2
	nbdFixed, nbdFlags, nbdFlushable = 1, 1, 4
	nbdMost                          = 64 << 20 // bytes of one request
)

// onHungDisk puts the box's disk behind such a server.
func (b *box) onHungDisk() *hungDisk {
	b.t.Helper()
	f, err := os.OpenFile(b.disk, os.O_RDWR, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "disk") // short: it holds a socket
	if err != nil {
		b.t.Fatal(err)
	}
	d := &hungDisk{t: b.t, file: f, size: info.Size(), socket: filepath.Join(folder, "nbd")}
	l, err := net.Listen("unix", d.socket)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { l.Close(); f.Close(); os.RemoveAll(folder) })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go d.serve(conn)
		}
	}()
	b.medium = "cache=writeback,file=nbd+unix:///?socket=" + d.socket
	return d
}

// hang lets these requests wait from now on, and what waits until now go on.
func (d *hungDisk) hang(which ...request) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.free != nil {
		close(d.free)
	}
	d.hangs, d.hung, d.free = which, 0, make(chan struct{})
}

// hits is how many requests wait.
func (d *hungDisk) hits() int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.hung
}

// waits gives the channel on which a request has to wait; nil: it need not.
func (d *hungDisk) waits(kind uint16, from, length int64) <-chan struct{} {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, h := range d.hangs {
		asked := kind == nbdRead && (h.read || !h.write) || kind == nbdWrite && (h.write || !h.read)
		if asked && from < h.to && from+length > h.from {
			d.hung++
			return d.free
		}
	}
	return nil
}

func (d *hungDisk) serve(conn net.Conn) {
	defer conn.Close()
	if err := d.meet(conn); err != nil {
		return
	}
	var speaks sync.Mutex
	for {
		o, data, err := heardRequest(conn)
		if err != nil {
			return // the machine is gone
		}
		answer := func() {
			data := d.do(o, data)
			head := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, nbdAnswer), 0), o.Handle)
			speaks.Lock()
			defer speaks.Unlock()
			conn.Write(append(head, data...))
		}
		if free := d.waits(o.Kind, o.Offset, int64(o.Length)); free != nil {
			go func() { <-free; answer() }()
		} else {
			answer()
		}
	}
}

// meet is the handshake.
func (d *hungDisk) meet(conn net.Conn) error {
	send := func(v ...any) error {
		return all(v, func(x any) error { return binary.Write(conn, binary.BigEndian, x) })
	}
	if err := send([]byte("NBDMAGIC"), uint64(nbdOption), uint16(nbdFixed)); err != nil {
		return err
	}
	var flags uint32
	if err := binary.Read(conn, binary.BigEndian, &flags); err != nil {
		return err
	}
	for {
		var o struct {
			Magic        uint64
			Kind, Length uint32
		}
		if err := binary.Read(conn, binary.BigEndian, &o); err != nil || o.Magic != nbdOption || o.Length > 4096 {
			return fmt.Errorf("option %+v: %v", o, err)
		}
		if _, err := io.CopyN(io.Discard, conn, int64(o.Length)); err != nil {
			return err
		}
		switch o.Kind {
		case nbdGo:
			err := send(uint64(nbdReply), o.Kind, uint32(nbdInfo), uint32(12), uint16(0), uint64(d.size), uint16(nbdFlags|nbdFlushable),
				uint64(nbdReply), o.Kind, uint32(nbdAck), uint32(0))
			return err
		case nbdAbort:
			return io.EOF
		}
		if err := send(uint64(nbdReply), o.Kind, uint32(nbdUnsupported), uint32(0)); err != nil {
			return err
		}
	}
}

// order is one request as it comes over the wire.
type order struct {
	Magic       uint32
	Flags, Kind uint16
	Handle      uint64
	Offset      int64
	Length      uint32
}

func heardRequest(conn net.Conn) (o order, data []byte, err error) {
	if err := binary.Read(conn, binary.BigEndian, &o); err != nil {
		return o, nil, err
	}
	if o.Magic != nbdRequest || o.Kind == nbdEnd || o.Length > nbdMost {
		return o, nil, io.EOF
	}
	if o.Kind == nbdWrite {
		data = make([]byte, o.Length)
		_, err = io.ReadFull(conn, data)
	}
	return o, data, err
}

// do reads or writes; to flush is nothing: the file is there as long as the test.
func (d *hungDisk) do(o order, data []byte) []byte {
	var err error
	switch o.Kind {
	case nbdWrite:
		_, err = d.file.WriteAt(data, o.Offset)
		data = nil
	case nbdRead:
		data = make([]byte, o.Length)
		_, err = d.file.ReadAt(data, o.Offset)
	}
	if err != nil {
		d.t.Errorf("disk: %v", err)
	}
	return data
}

// all does each until one fails.
func all(list []any, do func(any) error) error {
	for _, x := range list {
		if err := do(x); err != nil {
			return err
		}
	}
	return nil
}
