//go:build bootproof

package boot

import (
	"encoding/binary"
	"hash/crc32"
	"os"

	"watchbox/drivers/system"
)

// change opens a partition of a box without power.
func (b *box) change(partition string, do func(f *os.File, at int64) error) {
	b.t.Helper()
	at, _ := lies(b.t, b.disk, partition)
	f, err := os.OpenFile(b.disk, os.O_RDWR, 0)
	if err == nil {
		err = do(f, at)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		b.t.Fatalf("change %s: %v", partition, err)
	}
}

// flip turns one bit of a partition.
func (b *box) flip(partition string, offset int64) {
	b.t.Helper()
	b.change(partition, func(f *os.File, at int64) error {
		one := make([]byte, 1)
		if _, err := f.ReadAt(one, at+offset); err != nil {
			return err
		}
		one[0] ^= 0x10
		_, err := f.WriteAt(one, at+offset)
		return err
	})
}

// overwrite puts bytes into a partition.
func (b *box) overwrite(partition string, offset int64, data []byte) {
	b.t.Helper()
	b.change(partition, func(f *os.File, at int64) error { _, err := f.WriteAt(data, at+offset); return err })
}

// state reads the boot state as firmware and loader do.
func (b *box) state() (s system.State) {
	b.t.Helper()
	b.change("bootstate", func(f *os.File, at int64) (err error) {
		s, err = system.ReadState(shifted{f, at})
		return err
	})
	return s
}

type shifted struct {
	file *os.File
	at   int64
}

func (s shifted) ReadAt(b []byte, at int64) (int, error) { return s.file.ReadAt(b, s.at+at) }

// foreign is a boot state of the right form and sum that also says what only the
// loader itself may say.
func foreign(s system.State) []byte {
	own := s.Bytes()
	end := 4
	for own[end] != 0 || own[end+1] != 0 {
		end++
	}
	evil := "\x00bootcmd=echo taken; reset\x00bootargs=init=/bin/sh\x00disk=virtio 7\x00slot=reset\x00try_A=reset\x00medium=none\x00bootdelay=30\x00\x00"
	copy(own[end:], evil)
	binary.LittleEndian.PutUint32(own, crc32.ChecksumIEEE(own[4:]))
	return own
}
