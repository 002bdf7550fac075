package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
)

// The pictures of the checklist stand as files in the data partition, named after
// what is in them. Both bounds keep them from the room of the journal: 32 MiB hold
// some three hundred pictures of the size that the page sends.
const (
	PhotoMost  = 512 << 10 // bytes of one picture
	photosMost = 32 << 20  // of all
	photoSide  = 4096      // pixels, either way
)

var (
	errPicture = refusal("no-picture", "须为 JPEG 图片，不超过 512 KB、4096 像素", "Want a JPEG of at most 512 KB and 4096 pixels")
	errFull    = refusal("pictures-full", "照片已满（共 32 MB）：请使用较小的照片", "The pictures fill their 32 MB: take smaller ones")
)

// ErrNoPhoto is a picture that is not here.
var ErrNoPhoto = errors.New("no such picture")

func (a *App) photos() string { return filepath.Join(a.options.DataDir, "commission") }

// AttachPhoto keeps a picture of the newest signed test of an item. Blocks on the disk
// and behind another picture: together they could be more than all may be.
func (a *App) AttachPhoto(ctx context.Context, item string, picture []byte, actor string) error {
	size, err := jpeg.DecodeConfig(bytes.NewReader(picture))
	if err != nil || size.Width > photoSide || size.Height > photoSide || len(picture) > PhotoMost {
		return errPicture
	}
	a.attaching.Lock()
	defer a.attaching.Unlock()
	if err := a.makeRoom(ctx, int64(len(picture))); err != nil {
		return err
	}
	sum := sha256.Sum256(picture)
	name := hex.EncodeToString(sum[:12]) + ".jpg"
	if err := os.MkdirAll(a.photos(), 0o700); err != nil {
		return fmt.Errorf("keep picture: %w", err)
	}
	if err := config.SaveWhole(a.photos(), name, picture); err != nil {
		return fmt.Errorf("keep picture: %w", err)
	}
	return a.engine.Do(ctx, engine.Command{Verb: engine.AttachPhoto, Target: item, Selection: name, Actor: actor})
}

// makeRoom takes away pictures until another fits: first those that belong to nothing
// any more, then those of items that the site file has no more. Such an item may come
// back, and has its picture again while there was room.
func (a *App) makeRoom(ctx context.Context, more int64) error {
	here, gone, err := a.engine.Photos(ctx)
	if err != nil {
		return err
	}
	files, total, err := a.keptPhotos()
	if err != nil {
		return fmt.Errorf("look at the pictures: %w", err)
	}
	total += more
	for _, needed := range [][]string{slices.Concat(here, gone), here} {
		files = slices.DeleteFunc(files, func(f os.FileInfo) bool {
			if total <= photosMost || slices.Contains(needed, f.Name()) || os.Remove(filepath.Join(a.photos(), f.Name())) != nil {
				return false
			}
			total -= f.Size()
			return true
		})
	}
	if total > photosMost {
		return errFull
	}
	return nil
}

// keptPhotos lists the files, and how many bytes they have together.
func (a *App) keptPhotos() (files []os.FileInfo, total int64, err error) {
	entries, err := os.ReadDir(a.photos())
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, nil
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			files, total = append(files, info), total+info.Size()
		}
	}
	return files, total, err
}

var photoName = regexp.MustCompile(`^[0-9a-f]{24}\.jpg$`)

// Photo reads a picture by its name. Blocks on the disk.
func (a *App) Photo(name string) ([]byte, error) {
	if !photoName.MatchString(name) {
		return nil, ErrNoPhoto
	}
	b, err := os.ReadFile(filepath.Join(a.photos(), name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNoPhoto
	}
	return b, err
}
