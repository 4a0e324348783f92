package wecom

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/wecom-isv/wecom/internal/rest"
)

// Stream takes a reply that is a file, as it arrives, when it is the result of
// [Client.Do]. A refusal, which is JSON, becomes an [Error] as usual; what comes
// with a Content-Disposition is a file, JSON or not. Only what Read is asked for
// is in memory.
//
// Read it, to its end or not, and close it. The context of the call ends it; so
// does a pause in which nothing arrives for as long as [WithTimeout] says. An
// error of Read is an [ErrNoReply]. Only one goroutine at a time may use a Stream.
type Stream struct {
	// Name is the name of the file without any directories; it comes from outside
	// and may be empty.
	Name string
	// ContentType is what the platform says that the file is.
	ContentType string
	// Size is the number of bytes that Read gives, -1 if that is not known.
	Size int64
	// Partial says that this is the part of the file that [Call.Range] asked for.
	Partial bool
	// Offset is where the part begins; Total is the size of the whole file, -1 if
	// that is not known.
	Offset, Total int64

	op   string
	body io.ReadCloser
}

var errNoStream = errors.New("wecom: the Stream is not the result of a call")

// Read reads the file.
func (s *Stream) Read(p []byte) (int, error) {
	if s.body == nil {
		return 0, errNoStream
	}
	n, err := s.body.Read(p)
	if lost, ok := errors.AsType[*rest.Error](err); ok {
		err = &noReplyError{op: s.op, err: lost}
	} else if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("wecom: %s: %w", s.op, err)
	}
	return n, err
}

// Close lets the connection go. It may be called again.
func (s *Stream) Close() error {
	if s.body == nil {
		return nil
	}
	return s.body.Close()
}

// isFile reports whether a reply is a file, of which start is the beginning.
func isFile(status int, header http.Header, start []byte) bool {
	switch {
	case status < 200 || status > 299, header.Get("Error-Code") != "" && header.Get("Error-Code") != "0":
		return false
	case header.Get("Content-Disposition") != "", status == http.StatusPartialContent:
		return true
	}
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.TrimSpace(kind) != "text/html" && !bytes.HasPrefix(bytes.TrimLeft(start, " \t\r\n\ufeff"), []byte("{"))
}

// take makes s the file of reply.
func (s *Stream) take(op string, reply rest.Reply) {
	*s = Stream{
		Name:        fileName(reply.Header.Get("Content-Disposition")),
		ContentType: reply.ContentType,
		Size:        reply.Length,
		Total:       reply.Length,
		op:          op,
		body:        reply.File,
	}
	if reply.Status == http.StatusPartialContent {
		s.Partial = true
		s.Offset, s.Total = contentRange(reply.Header.Get("Content-Range"))
	}
}

// contentRange reads "bytes 0-1023/2048".
func contentRange(s string) (offset, total int64) {
	span, size, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(s, "bytes")), "/")
	first, _, _ := strings.Cut(span, "-")
	number := func(s string, otherwise int64) int64 {
		if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil && n >= 0 {
			return n
		}
		return otherwise
	}
	return number(first, 0), number(size, -1)
}

// fileName reads the name in a Content-Disposition: filename* if it is there,
// else filename, whose bytes are UTF-8.
func fileName(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	name := params["filename"]
	if err != nil {
		// Not as the standard wants it: without quotation marks, perhaps.
		_, name, _ = strings.Cut(disposition, "filename=")
		name, _, _ = strings.Cut(name, ";")
		name = strings.Trim(name, "\" \t")
	}
	name = strings.ToValidUTF8(strings.ReplaceAll(name, `\`, "/"), "\ufffd")
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name = path.Base(name); name == "." || name == ".." || name == "/" {
		return ""
	}
	return name
}
