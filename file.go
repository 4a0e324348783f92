package wecom

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"

	"github.com/wecom-isv/wecom/internal/rest"
)

// File is what a [Call] uploads (上传素材). It is streamed: nothing but a few
// kilobytes of it is in memory at a time.
type File struct {
	// Name is the name that people see: "报告.pdf". It must not begin with a
	// slash nor hold a backslash, a colon or a control character.
	Name string
	// Size is the number of bytes that Reader gives; WeCom refuses less than 6.
	Size int64
	// Reader gives the content. A call whose token is refused can be repeated
	// only if Reader is an [io.Seeker]; it is then read from where it stood.
	Reader io.Reader
}

// formField is the name of the only part of every upload.
const formField = "media"

// upload sends a File, more than once if it must and can. A nil upload sends
// nothing.
type upload struct {
	file   *File
	seeker io.Seeker // nil: the file can be read once only
	start  int64     // where the reader stood before the first attempt
	sent   bool
}

// open checks f, nil included.
func (f *File) open() (*upload, error) {
	if f == nil {
		return nil, nil //nolint:nilnil // a nil upload is of use
	}
	switch {
	case f.Reader == nil:
		return nil, errors.New("the file has no Reader")
	case f.Size <= 0:
		return nil, fmt.Errorf("the file has a Size of %d bytes", f.Size)
	case f.Name == "" || strings.HasPrefix(f.Name, "/") || strings.ContainsAny(f.Name, `\:`) ||
		strings.ContainsFunc(f.Name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return nil, fmt.Errorf("file name %q must not be empty, begin with / or hold \\, : or control characters", f.Name)
	}
	u := &upload{file: f}
	if u.seeker, _ = f.Reader.(io.Seeker); u.seeker != nil {
		var err error
		if u.start, err = u.seeker.Seek(0, io.SeekCurrent); err != nil {
			return nil, fmt.Errorf("the file cannot be read: %w", err)
		}
	}
	return u, nil
}

// repeatable reports whether a call with u can be sent again.
func (u *upload) repeatable() bool { return u == nil || u.seeker != nil }

// attach makes u the body of req.
func (u *upload) attach(req *rest.Request) error {
	if u == nil {
		return nil
	}
	if u.sent {
		if _, err := u.seeker.Seek(u.start, io.SeekStart); err != nil {
			return fmt.Errorf("the file cannot be read again: %w", err)
		}
	}
	u.sent = true
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	// The server decodes neither percent signs nor filename*: the name goes as raw
	// UTF-8.
	name := strings.ReplaceAll(u.file.Name, `"`, `\"`)
	if _, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"; filelength=%d`, formField, name, u.file.Size)},
		"Content-Type":        {"application/octet-stream"},
	}); err != nil {
		return errors.New("the form cannot be made")
	}
	tail := "\r\n--" + form.Boundary() + "--\r\n"
	req.StreamSize = int64(head.Len()) + u.file.Size + int64(len(tail))
	req.StreamType = form.FormDataContentType()
	req.Stream = io.MultiReader(&head, &exactly{r: u.file.Reader, left: u.file.Size}, strings.NewReader(tail))
	return nil
}

// exactly reads left bytes of r, no more and no less.
type exactly struct {
	r    io.Reader
	left int64
}

var errShortFile = errors.New("the file is shorter than its Size")

func (e *exactly) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		return n, errShortFile
	}
	return n, err
}
