package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
)

// UploadRequest is a file to upload.
type UploadRequest struct {
	Type MediaType // required
	// AttachmentType says what a file with a special use is for; otherwise leave it
	// out.
	AttachmentType AttachmentType
	// File is the content, its name and its size; see [wecom.File] for what names
	// must not hold. Required.
	File wecom.File
}

// MediaType is the kind of a file (媒体文件类型). Each has a limit of size, of 6 bytes
// or more.
type MediaType string

// The kinds of files.
const (
	MediaImage MediaType = "image" // JPG or PNG, at most 2 MB (an app inside a corp may upload 10 MB)
	MediaVoice MediaType = "voice" // AMR, at most 2 MB and 60 seconds
	MediaVideo MediaType = "video" // MP4, at most 10 MB
	MediaFile  MediaType = "file"  // at most 20 MB
)

// AttachmentType is the special use of a file (附件类型).
type AttachmentType int32

// AttachmentReceipt is a bank receipt for the cash desk (收银台回执): jpg, png,
// jpeg, bmp or pdf.
const AttachmentReceipt AttachmentType = 3

// UploadResponse is a file that was uploaded.
type UploadResponse struct {
	Type      MediaType `json:"type"`
	MediaID   string    `json:"media_id"`          // works for 3 days
	CreatedAt int64     `json:"created_at,string"` // Unix seconds
}

// UnmarshalJSON accepts created_at as a number or as the string that the
// documentation shows.
func (r *UploadResponse) UnmarshalJSON(data []byte) error {
	var wire struct {
		Type      MediaType     `json:"type"`
		MediaID   string        `json:"media_id"`
		CreatedAt lenient.Int64 `json:"created_at"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*r = UploadResponse{Type: wire.Type, MediaID: wire.MediaID, CreatedAt: int64(wire.CreatedAt)}
	return nil
}

// Upload uploads a file for calls of the provider, such as [Contact.IDTranslate]
// (服务商上传临时素材). The file is streamed. What the documented limits forbid is
// refused before anything is sent.
//
// Never repeated by the client after a lost reply; after a refused token only if
// File.Reader is an [io.Seeker].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99310
//
//wecom:endpoint POST /cgi-bin/service/media/upload
func (c *Client) Upload(ctx context.Context, req UploadRequest) (*UploadResponse, error) {
	const smallest, mb = 6, 1 << 20
	var most int64
	switch req.Type {
	case MediaImage, MediaVoice:
		most = 2 * mb
	case MediaVideo:
		most = 10 * mb
	case MediaFile:
		most = 20 * mb
	default:
		return nil, fmt.Errorf("provider: Upload: Type %q is none of image, voice, video and file", req.Type)
	}
	if req.File.Size < smallest || req.File.Size > most {
		return nil, fmt.Errorf("provider: Upload: the %s has %d bytes: %d to %d are allowed", req.Type, req.File.Size, smallest, most)
	}
	query := url.Values{"type": {string(req.Type)}}
	if req.AttachmentType != 0 {
		query.Set("attachment_type", strconv.Itoa(int(req.AttachmentType)))
	}
	return invoke[UploadResponse](ctx, c, wecom.Call{
		Path:  "/cgi-bin/service/media/upload",
		Query: query,
		File:  &req.File,
	})
}
