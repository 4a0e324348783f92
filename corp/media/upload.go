package media

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Type is the kind of a file (媒体文件类型). Each has a limit of size, from 6 bytes on.
type Type string

// The kinds of files, with the limits of [Client.Upload].
const (
	Image Type = "image" // JPG or PNG, at most 10 MB
	Voice Type = "voice" // AMR, at most 2 MB and 60 seconds
	Video Type = "video" // MP4, at most 10 MB
	File  Type = "file"  // at most 20 MB
)

const (
	smallest = 6 // bytes; "larger than 5"
	mb       = 1 << 20
)

// checkFile checks a file of a kind that may have most bytes; 0: not this kind.
func checkFile(op string, kind Type, most int64, file wecom.File) error {
	var c valid.Checks
	if most == 0 {
		c.Fail("Type", "is %q, which is not among those allowed here", kind)
	} else if file.Size < smallest || file.Size > most {
		c.Fail("File.Size", "is %d bytes for the type %s: %d to %d are allowed", file.Size, kind, smallest, most)
	}
	return c.Err("media: " + op)
}

// UploadResponse is a file that was uploaded.
type UploadResponse struct {
	Type      Type   `json:"type"`
	MediaID   string `json:"media_id"`          // works for 3 days, in every app of the corp
	CreatedAt int64  `json:"created_at,string"` // Unix seconds
}

// UnmarshalJSON accepts created_at as a number or as the string that the
// documentation shows.
func (r *UploadResponse) UnmarshalJSON(data []byte) error {
	wire, err := decodeUploaded(data)
	if err != nil {
		return err
	}
	*r = UploadResponse{Type: wire.Type, MediaID: wire.MediaID, CreatedAt: int64(wire.CreatedAt)}
	return nil
}

type uploaded struct {
	Type      Type          `json:"type"`
	MediaID   string        `json:"media_id"`
	CreatedAt lenient.Int64 `json:"created_at"`
}

func decodeUploaded(data []byte) (u uploaded, err error) {
	err = json.Unmarshal(data, &u)
	return u, err
}

// Upload uploads a file for messages, avatars, imports of contacts and the like
// (上传临时素材). The file is streamed. What the documented limits forbid is refused
// before anything is sent; the names that a file must not have are listed at
// [wecom.File]: they are documented for another upload, and nothing says that this
// one is freer.
//
// Open to third-party apps, customised apps and the contact token of a
// registration. Errors: 40004 the kind, 40006 the size, 44001 an empty file, 45001
// too large, 45007 the voice is too long. Never repeated by the client after a lost
// reply; after a refused token only if file.Reader is an [io.Seeker].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90389 and
// https://developer.work.weixin.qq.com/document/path/96484
//
//wecom:endpoint POST /cgi-bin/media/upload
func (c *Client) Upload(ctx context.Context, kind Type, file wecom.File) (*UploadResponse, error) {
	var most int64
	switch kind {
	case Image, Video:
		most = 10 * mb
	case Voice:
		most = 2 * mb
	case File:
		most = 20 * mb
	}
	if err := checkFile("Upload", kind, most, file); err != nil {
		return nil, err
	}
	return invoke[UploadResponse](ctx, c, wecom.Call{
		Path:  "/cgi-bin/media/upload",
		Query: url.Values{"type": {string(kind)}},
		File:  &file,
	})
}

// UploadImgResponse is a picture with an address.
type UploadImgResponse struct {
	URL string `json:"url"` // never expires; shows the picture only inside WeCom
}

// UploadImg uploads a picture for the body of an article (mpnews) or a welcome
// message (上传图片): 6 bytes to 2 MB. It returns an address in place of a media id;
// pages outside WeCom cannot show the picture.
//
// Open to third-party apps and customised apps. Limits: 3000 pictures a month and
// 1000 a day for a corp. Never repeated by the client after a lost reply; after a
// refused token only if file.Reader is an [io.Seeker].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90392 and
// https://developer.work.weixin.qq.com/document/path/96485
//
//wecom:endpoint POST /cgi-bin/media/uploadimg
func (c *Client) UploadImg(ctx context.Context, file wecom.File) (*UploadImgResponse, error) {
	if err := checkFile("UploadImg", Image, 2*mb, file); err != nil {
		return nil, err
	}
	return invoke[UploadImgResponse](ctx, c, wecom.Call{Path: "/cgi-bin/media/uploadimg", File: &file})
}

// Attachment is what a file is attached to (附件类型).
type Attachment int32

// The uses of attachments.
const (
	ForMoments Attachment = 1 // 朋友圈: image (at most 1440x1080) or video (at most 30 seconds)
	ForAlbum   Attachment = 2 // 商品图册: image
)

// UploadAttachmentResponse is a file that was uploaded.
type UploadAttachmentResponse struct {
	Type      Type   `json:"type"`
	MediaID   string `json:"media_id"`   // works for 3 days
	CreatedAt int64  `json:"created_at"` // Unix seconds
}

// UnmarshalJSON accepts created_at as the number that the documentation shows or
// as a string.
func (r *UploadAttachmentResponse) UnmarshalJSON(data []byte) error {
	wire, err := decodeUploaded(data)
	if err != nil {
		return err
	}
	*r = UploadAttachmentResponse{Type: wire.Type, MediaID: wire.MediaID, CreatedAt: int64(wire.CreatedAt)}
	return nil
}

// UploadAttachment uploads an attachment of customer moments or of the product
// album (上传附件资源): an image, a video or a file of at most 10 MB.
//
// Open to third-party apps and customised apps with the customer contact right
// (客户联系). Never repeated by the client after a lost reply; after a refused token
// only if file.Reader is an [io.Seeker].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95178 and
// https://developer.work.weixin.qq.com/document/path/96347
//
//wecom:endpoint POST /cgi-bin/media/upload_attachment
func (c *Client) UploadAttachment(ctx context.Context, kind Type, use Attachment, file wecom.File) (*UploadAttachmentResponse, error) {
	var most int64
	switch kind {
	case Image, Video, File:
		most = 10 * mb
	case Voice: // not allowed
	}
	if err := checkFile("UploadAttachment", kind, most, file); err != nil {
		return nil, err
	}
	if use == 0 {
		return nil, fmt.Errorf("media: UploadAttachment: %w", &FieldError{Field: "Attachment", Problem: "is missing"})
	}
	return invoke[UploadAttachmentResponse](ctx, c, wecom.Call{
		Path:  "/cgi-bin/media/upload_attachment",
		Query: url.Values{"media_type": {string(kind)}, "attachment_type": {strconv.Itoa(int(use))}},
		File:  &file,
	})
}
