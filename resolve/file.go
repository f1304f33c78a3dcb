package resolve

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// A FileConfig has the settings of the file resolver. The zero value is the default.
type FileConfig struct {
	// Path is the file to read, whatever the target is. Then the target says the
	// authority of calls and the name that TLS asks for: a client of
	// "users.internal:443" may find its endpoints in a file. Empty takes the path of
	// the target, which must have the scheme file; the authority is "localhost",
	// unless the client has curlew.WithAuthority.
	Path string

	// Interval is how often to look whether the file has changed. 0 means 1 second;
	// a negative one reads it once.
	Interval time.Duration
}

const defaultInterval = time.Second

// File returns a resolver that reads endpoints from a file and watches it. The file
// is a JSON object:
//
//	{
//	  "endpoints": [
//	    {"address": "192.0.2.1:8080"},
//	    {"addresses": ["192.0.2.2:8080", "[2001:db8::2]:8080"],
//	     "id": "b", "weight": 3, "priority": 1,
//	     "locality": {"region": "eu", "zone": "eu-1", "subZone": "rack-7"}},
//	    {"address": "unix:/run/users.sock"}
//	  ],
//	  "serviceConfig": {"loadBalancingConfig": [{"round_robin": {}}]}
//	}
//
// An endpoint needs "address" or "addresses": "host:port", "unix:path" or
// "unix-abstract:name". All else may be left out, and means what the fields of
// Endpoint and Update mean. A field of another name is an error.
//
// Files that replace the one read, and links that come to lead to another, as those of
// Kubernetes' ConfigMaps do, are noticed. A file that is missing or wrong changes
// nothing: what was read before holds, also for a Watch that begins afterwards, and
// the reason is reported once, unless the file is right again within an Interval, as
// one that was being written.
func File(c FileConfig) Resolver {
	if c.Interval == 0 {
		c.Interval = defaultInterval
	}
	return &file{FileConfig: c, known: make(map[string]*fileMemory)}
}

type file struct {
	FileConfig

	mu    sync.Mutex
	known map[string]*fileMemory
}

// fileMemory is what outlives a Watch, which ends when a file goes wrong.
type fileMemory struct {
	good     *Update // the last that was read
	reported string  // what was last said to be wrong
}

func (f *file) Watch(ctx context.Context, t Target, _ <-chan struct{}, push func(Update) error) error {
	path := f.Path
	switch {
	case path != "":
	case t.Scheme == "file":
		path = t.Endpoint
	default:
		return fmt.Errorf("target %q names no file; write file:///path, or give FileConfig a Path", t)
	}
	w := fileWatch{path: path}
	u, _, err := w.read()
	if u, err = f.remember(path, u, err); u != nil {
		_ = push(*u) // refused, it is so until the file changes
	}
	if err != nil || f.Interval < 0 {
		return err
	}
	return f.follow(ctx, &w, push)
}

// follow pushes what is read whenever the file changes. It ends with an error that
// has not been reported yet.
func (f *file) follow(ctx context.Context, w *fileWatch, push func(Update) error) error {
	tick := time.NewTicker(f.Interval)
	defer tick.Stop()
	wrong := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		u, changed, err := w.read()
		switch {
		case err != nil && !wrong:
			wrong = true // it may be in the middle of being written
			continue
		case err == nil && !changed && !wrong:
			continue
		}
		wrong = err != nil
		if _, err = f.remember(w.path, u, err); err != nil {
			return err
		}
		if u != nil {
			_ = push(*u)
		}
	}
}

// remember notes what was read. It returns what is known to be right, and the error
// unless it was reported before and something is known.
func (f *file) remember(path string, u *Update, err error) (*Update, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.known[path]
	if m == nil {
		m = new(fileMemory)
		f.known[path] = m
	}
	if err == nil {
		m.good, m.reported = u, ""
		return u, nil
	}
	if m.good != nil && m.reported == err.Error() {
		return m.good, nil
	}
	m.reported = err.Error()
	return m.good, err
}

// A fileWatch reads a file as often as it may have changed.
type fileWatch struct {
	path string
	info fs.FileInfo // when it was last read
	at   time.Time   // when that was
	text []byte
	last *Update
	err  error
}

// settled is how old a change must be to tell the next by its time: some file systems
// count in steps of two seconds.
const settled = 2 * time.Second

// maxFile is the size of the largest file that is read.
const maxFile = 64 << 20

// read returns what the file says and whether that is something else than before.
func (w *fileWatch) read() (u *Update, changed bool, err error) {
	info, err := os.Stat(w.path) // of what a link leads to
	if err == nil {
		err = checkFile(info)
	}
	if err != nil {
		w.info = nil
		return nil, true, fileError(w.path, err)
	}
	if w.same(info) {
		return w.last, false, w.err
	}
	now := time.Now()
	text, err := os.ReadFile(w.path)
	if err != nil {
		w.info = nil
		return nil, true, fileError(w.path, err)
	}
	w.info, w.at = info, now
	if w.text != nil && bytes.Equal(text, w.text) {
		return w.last, false, w.err
	}
	w.text = text
	if w.last, err = parseEndpoints(text); err != nil {
		err = fileError(w.path, err)
	}
	w.err = err
	return w.last, true, err
}

// same reports whether the file is the one read.
func (w *fileWatch) same(info fs.FileInfo) bool {
	return w.info != nil && os.SameFile(w.info, info) &&
		w.info.Size() == info.Size() && w.info.ModTime().Equal(info.ModTime()) &&
		w.at.Sub(info.ModTime()) > settled
}

func checkFile(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return fmt.Errorf("it is a directory; name a file")
	case !info.Mode().IsRegular():
		return fmt.Errorf("it is no ordinary file but %v", info.Mode().Type())
	case info.Size() > maxFile:
		return fmt.Errorf("it has %d bytes, more than %d", info.Size(), maxFile)
	}
	return nil
}

func fileError(path string, err error) error {
	return fmt.Errorf("endpoints in %s: %w", path, err)
}
