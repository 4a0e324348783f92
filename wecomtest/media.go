package wecomtest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// mediaLife is how long a media_id works.
const mediaLife = 3 * 24 * time.Hour

// upload is the file of a multipart request.
type upload struct {
	name    string
	content []byte
}

// medium is an uploaded file (临时素材), shared by all apps of its corp.
type medium struct {
	upload

	corp    *Corp
	kind    string // image, voice, video or file
	expires time.Time
}

func mediaHandlers() map[string]handler {
	return map[string]handler{
		"contact.media.upload": (*Platform).uploadMedia, // the first row of the path; media.upload is the same
		"media.get":            (*Platform).getMedia,
	}
}

// readUpload wants one part named as the row says, with a file name and content.
func readUpload(row *endpoint, r *RecordedCall) (*upload, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != row.ContentType || params["boundary"] == "" {
		return nil, refusef(44001, "empty media data, want %s with a boundary", row.ContentType)
	}
	reader := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"])
	part, err := reader.NextPart()
	if err != nil {
		return nil, refusef(44001, "empty media data")
	}
	content, err := io.ReadAll(part)
	if err != nil || len(content) == 0 {
		return nil, refusef(44001, "empty media data")
	}
	if len(row.Body) > 0 && part.FormName() != row.Body[0].Name {
		return nil, refusef(40058, "unknown part %s, want %s", part.FormName(), row.Body[0].Name)
	}
	if part.FileName() == "" {
		return nil, refusef(40058, "the part has no filename")
	}
	return &upload{name: part.FileName(), content: content}, nil
}

const (
	leastMedia = 6 // bytes of every file
	megabyte   = 1 << 20
)

// mostMedia is the size limit of a kind of file in bytes; 0: no such kind.
func mostMedia(kind string) int {
	switch kind {
	case "image", "video":
		return 10 * megabyte
	case "voice":
		return 2 * megabyte
	case "file":
		return 20 * megabyte
	}
	return 0
}

// uploadMedia keeps a file for three days. Of the formats only that of images is
// looked at: JPG or PNG.
func (p *Platform) uploadMedia(c *call) (any, error) {
	kind := c.text("type")
	most := mostMedia(kind)
	switch n := len(c.upload.content); {
	case most == 0:
		return nil, refuse(40005)
	case n < leastMedia:
		return nil, refuse(40006)
	case n > most:
		return nil, refuse(45001)
	}
	if kind == "image" {
		switch http.DetectContentType(c.upload.content) {
		case "image/jpeg", "image/png":
		default:
			return nil, refuse(40004)
		}
	}
	maps.DeleteFunc(p.media, func(_ string, m *medium) bool { return !c.now.Before(m.expires) })
	id := "3" + p.secrets.text(63, alphanumeric+"_-")
	p.media[id] = &medium{upload: *c.upload, corp: c.token.contacts(), kind: kind, expires: c.now.Add(mediaLife)}
	return reply{
		"errmsg": "", // WeCom's own: never compare it with ok
		"type":   kind, "media_id": id, "created_at": strconv.FormatInt(c.now.Unix(), 10),
	}, nil
}

// medium finds a living file of the token's corp.
func (p *Platform) medium(c *call, id string) (*medium, error) {
	m := p.media[id]
	if m == nil || m.corp != c.token.contacts() || !c.now.Before(m.expires) {
		return nil, refuse(40007)
	}
	return m, nil
}

// getMedia gives a file back, or the one range of it that the header Range asks
// for.
func (p *Platform) getMedia(c *call) (any, error) {
	m, err := p.medium(c, c.text("media_id"))
	if err != nil {
		return nil, err
	}
	f := &file{contentType: mime.TypeByExtension(path.Ext(m.name)), name: m.name, body: m.content}
	if f.contentType == "" {
		f.contentType = "application/octet-stream"
	}
	if from, to, ok := byteRange(c.header.Get("Range"), len(m.content)); ok {
		f.body = m.content[from : to+1]
		f.contentRange = fmt.Sprintf("bytes %d-%d/%d", from, to, len(m.content))
	}
	return f, nil
}

// byteRange reads bytes=from-to, where to may be absent; any other header asks for
// the whole file.
func byteRange(header string, size int) (from, to int, ok bool) {
	spec, found := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !found || !dash {
		return 0, 0, false
	}
	from, err := strconv.Atoi(first)
	if err != nil || from < 0 || from >= size {
		return 0, 0, false
	}
	to = size - 1
	if last != "" {
		n, err := strconv.Atoi(last)
		if err != nil || n < from {
			return 0, 0, false
		}
		to = min(n, to)
	}
	return from, to, true
}
