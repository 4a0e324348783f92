// Package tokenfile keeps tokens in one file that only its owner can read, for a
// command that ends after every call.
package tokenfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/wecom-isv/wecom"
)

const (
	privateFile = 0o600
	privateDir  = 0o700
	poll        = 20 * time.Millisecond // between tries to get a lock
	maxFile     = 16 << 20
)

var (
	// ErrPermissions is a file that others can read or write.
	ErrPermissions = errors.New("tokenfile: others can read it")
	// ErrNotRegular is a path with something else than a file: a directory, a
	// symbolic link, a device. It is neither read nor replaced.
	ErrNotRegular = errors.New("tokenfile: not a regular file")
)

// Cache is a [wecom.TokenCache] and a [wecom.Locker] in a file. Processes may
// share it: each operation holds a lock of the operating system. It is safe for
// concurrent use. Printing it shows the path only.
type Cache struct{ path string }

var (
	_ wecom.TokenCache = (*Cache)(nil)
	_ wecom.Locker     = (*Cache)(nil)
)

// Open returns the cache in the file at path, which is made, with its directory,
// by the first write. An existing file that others can read is an
// [ErrPermissions]: what it holds may be known to them. What is no file is an
// [ErrNotRegular].
func Open(path string) (*Cache, error) {
	if path == "" {
		return nil, errors.New("tokenfile: no path")
	}
	c := &Cache{path: path}
	if err := os.MkdirAll(filepath.Dir(path), privateDir); err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	if _, err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// Path returns the path of the file.
func (c *Cache) Path() string { return c.path }

// Load implements [wecom.TokenCache].
func (c *Cache) Load(ctx context.Context, key string) (t wecom.Token, err error) {
	err = c.locked(ctx, func() error {
		tokens, err := c.read()
		t = tokens[key]
		return err
	})
	if err == nil && !t.Live() {
		err = wecom.ErrNotCached
	}
	if err != nil {
		return wecom.Token{}, err
	}
	return t, nil
}

// Save implements [wecom.TokenCache].
func (c *Cache) Save(ctx context.Context, key string, t wecom.Token) (saved bool, err error) {
	err = c.update(ctx, func(tokens map[string]wecom.Token) bool {
		old, there := tokens[key]
		if saved = !there || !old.Live() || old.Version < t.Version; saved {
			tokens[key] = t
		}
		return saved
	})
	return saved && err == nil, err
}

// Drop implements [wecom.TokenCache].
func (c *Cache) Drop(ctx context.Context, key string, upTo int64) error {
	return c.update(ctx, func(tokens map[string]wecom.Token) bool {
		old, there := tokens[key]
		if !there || old.Version > upTo {
			return false
		}
		delete(tokens, key)
		return true
	})
}

// Lock implements [wecom.Locker]. Every name has a lock file of its own, because the
// fetch of a corp's token may need that of the suite's; whoever unlocks removes it.
func (c *Cache) Lock(ctx context.Context, name string, ttl time.Duration) (unlock func(), err error) {
	sum := sha256.Sum256([]byte(name))
	path := c.path + ".fetch-" + hex.EncodeToString(sum[:8])
	for {
		file, err := lock(ctx, path)
		if err != nil {
			return nil, err
		}
		if !isAt(file, path) {
			_ = file.Close() // its last holder has removed it: try again with the next one
			continue
		}
		release := sync.OnceFunc(func() {
			_ = os.Remove(path) // while it is locked: nobody else's file is there
			_ = file.Close()
		})
		expiry := time.AfterFunc(ttl, release)
		return func() {
			expiry.Stop()
			release()
		}, nil
	}
}

// isAt reports whether the locked file is still the one at path.
func isAt(file *flock.Flock, path string) bool {
	locked, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(locked, there)
}

// Format prints the path, with every verb.
func (c *Cache) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "tokenfile("+c.path+")") }

// update lets change edit the tokens and writes them if it says so.
func (c *Cache) update(ctx context.Context, change func(map[string]wecom.Token) bool) error {
	return c.locked(ctx, func() error {
		tokens, err := c.read()
		if err != nil || !change(tokens) {
			return err
		}
		for key, t := range tokens {
			if !t.Live() {
				delete(tokens, key)
			}
		}
		return c.write(tokens)
	})
}

func (c *Cache) locked(ctx context.Context, f func() error) error {
	file, err := lock(ctx, c.path+".lock")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return f()
}

// lock waits for the lock of the operating system on a file; closing the file, or
// the end of the process, frees it.
func lock(ctx context.Context, path string) (*flock.Flock, error) {
	file := flock.New(path, flock.SetPermissions(privateFile))
	if _, err := file.TryLockContext(ctx, poll); err != nil {
		return nil, fmt.Errorf("tokenfile: lock: %w", err)
	}
	return file, nil
}

// read returns the tokens, none if there is no file yet.
func (c *Cache) read() (map[string]wecom.Token, error) {
	tokens := map[string]wecom.Token{}
	file, err := openPrivate(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return tokens, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	if err := json.Unmarshal(text, &tokens); err != nil || tokens == nil { // nil: the JSON is null
		// The text of the error could quote a token.
		return nil, fmt.Errorf("tokenfile: %s is damaged: delete it, tokens are fetched again", c.path)
	}
	return tokens, nil
}

// openPrivate opens a file that only its owner can read.
func openPrivate(path string) (*os.File, error) {
	named, err := regular(path) // first: to open a pipe would wait for its other end
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path) //nolint:gosec // The person names the file.
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("tokenfile: %w", err)
	case !os.SameFile(named, info):
		err = fmt.Errorf("%w: %s was replaced", ErrNotRegular, path)
	case checkPrivate(info) != nil:
		err = fmt.Errorf("%w: %s: run chmod 600 on it, or delete it if others may have read it", ErrPermissions, path)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// regular returns what is known of the file at path, an [ErrNotRegular] if it is
// none.
func regular(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s", ErrNotRegular, path)
	}
	return info, nil
}

// write replaces the file in one step.
func (c *Cache) write(tokens map[string]wecom.Token) error {
	text, err := json.MarshalIndent(tokens, "", "  ")
	if err != nil {
		return errors.New("tokenfile: the tokens cannot be encoded")
	}
	if _, err := WritePrivate(c.path, bytes.NewReader(text)); err != nil {
		return fmt.Errorf("tokenfile: %w", err)
	}
	return nil
}

// WritePrivate writes a file that only its owner can read, in one step: whoever
// opens it sees the old content or the new one. It returns the size. A directory, a
// symbolic link or a device is not replaced: [ErrNotRegular].
func WritePrivate(path string, content io.Reader) (n int64, err error) {
	if _, err := regular(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return 0, err
	}
	n, err = io.Copy(file, content)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return n, err
}
