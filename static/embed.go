package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// FS holds the files under their plain names, with the licences of the font and the
// icons.
//
//go:embed css/app.css js/app.js font icon.svg licenses
var FS embed.FS

// Prefix is where Assets expects to be mounted.
const Prefix = "/static/"

// Files that pages ask Path for.
const (
	Style  = "css/app.css"
	Script = "js/app.js"
	Icon   = "icon.svg"
	font   = "font/inter-latin-wght-normal.woff2"
)

// Assets knows the hashed address of each file. It is made once and never changes:
// safe for concurrent use.
type Assets struct {
	paths map[string]string
	files map[string]file
}

type file struct {
	content []byte
	kind    string
	etag    string
}

// New reads and hashes the embedded files.
func New() (*Assets, error) { return load(FS) }

func load(files fs.FS) (*Assets, error) {
	a := &Assets{paths: map[string]string{}, files: map[string]file{}}
	for _, name := range []string{font, Icon, Script, Style} {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w", name, err)
		}
		if name == Style {
			if content, err = a.pointAtFont(content); err != nil {
				return nil, err
			}
		}
		a.add(name, content)
	}
	return a, nil
}

// pointAtFont puts the font's hashed address into the style sheet, whose own hash
// then covers the font as well.
func (a *Assets) pointAtFont(style []byte) ([]byte, error) {
	plain, hashed := []byte(path.Base(font)), []byte(path.Base(a.paths[font]))
	if bytes.Count(style, plain) != 1 {
		return nil, fmt.Errorf("%s should name %s exactly once", Style, plain)
	}
	return bytes.Replace(style, plain, hashed, 1), nil
}

func (a *Assets) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
	extension := path.Ext(name)
	address := Prefix + strings.TrimSuffix(path.Base(name), extension) + "." + hash + extension
	a.paths[name] = address
	a.files[address] = file{content: content, kind: kindOf(extension), etag: `"` + hash + `"`}
}

// Path is the address of a file by its plain name, such as Style, and empty for a
// file that does not exist.
func (a *Assets) Path(name string) string { return a.paths[name] }

// File is the content and the media type of the file at a hashed address, false for
// all other addresses. The content is not to be changed.
func (a *Assets) File(address string) (content []byte, kind string, ok bool) {
	f, ok := a.files[address]
	return f.content, f.kind, ok
}

// ServeHTTP answers GET and HEAD for the hashed addresses, to be kept for ever, and
// 404 for all others.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", f.kind)
	h.Set("Etag", f.etag)
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}

// kindOf does not ask the machine's own table, which differs from one to the next.
func kindOf(extension string) string {
	switch extension {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	default:
		return "application/octet-stream"
	}
}
