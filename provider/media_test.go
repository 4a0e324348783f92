package provider_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

const uploaded = `{"errcode":0,"errmsg":"","type":"file","media_id":"M1","created_at":"1380000000"}`

func TestUpload(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(uploaded))
	r, err := p.Upload(t.Context(), provider.UploadRequest{
		Type:           provider.MediaFile,
		AttachmentType: provider.AttachmentReceipt,
		File:           wecom.File{Name: "报告.pdf", Size: 6, Reader: strings.NewReader("mytext and what the size leaves out")},
	})
	require.NoError(t, err)
	assert.Equal(t, &provider.UploadResponse{Type: provider.MediaFile, MediaID: "M1", CreatedAt: 1380000000}, r)

	got := u.requests()
	require.Len(t, got, 1)
	assert.Equal(t, "POST", got[0].method)
	assert.Equal(t, "attachment_type=3&type=file", got[0].query.Encode())
	kind, params, err := mime.ParseMediaType(got[0].contentType)
	require.NoError(t, err)
	assert.Equal(t, "multipart/form-data", kind)
	form := multipart.NewReader(strings.NewReader(got[0].body), params["boundary"])
	part, err := form.NextPart()
	require.NoError(t, err)
	assert.Equal(t, "media", part.FormName())
	assert.Contains(t, part.Header.Get("Content-Disposition"), `filename="报告.pdf"`, "raw UTF-8: the platform decodes nothing")
	assert.Contains(t, part.Header.Get("Content-Disposition"), "filelength=6")
	content, err := io.ReadAll(part)
	require.NoError(t, err)
	assert.Equal(t, "mytext", string(content))
	_, err = form.NextPart()
	require.ErrorIs(t, err, io.EOF)
}

func TestUploadLimits(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for kind, most := range map[provider.MediaType]int64{
		provider.MediaImage: 2 * mb, provider.MediaVoice: 2 * mb, provider.MediaVideo: 10 * mb, provider.MediaFile: 20 * mb,
	} {
		p, u := newUpstream(t, inOrder(uploaded))
		upload := func(size int64) error {
			_, err := p.Upload(t.Context(), provider.UploadRequest{
				Type: kind, File: wecom.File{Name: "f", Size: size, Reader: bytes.NewReader(make([]byte, size))},
			})
			return err
		}
		for _, size := range []int64{0, 5, most + 1} {
			require.ErrorContains(t, upload(size), "are allowed", "%s of %d", kind, size)
		}
		assert.Empty(t, u.requests())
		for _, size := range []int64{6, most} {
			require.NoError(t, upload(size))
		}
	}
	p, u := newUpstream(t, inOrder(uploaded))
	for _, kind := range []provider.MediaType{"", "pdf"} {
		_, err := p.Upload(t.Context(), provider.UploadRequest{Type: kind, File: wecom.File{Name: "f", Size: 6, Reader: strings.NewReader("mytext")}})
		require.ErrorContains(t, err, "Type")
	}
	assert.Empty(t, u.requests())
}

func TestUploadResponseTakesBothFormsOfCreatedAt(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{"created_at":"1380000000"}`, `{"created_at":1380000000}`} {
		var r provider.UploadResponse
		require.NoError(t, json.Unmarshal([]byte(in), &r))
		assert.EqualValues(t, 1380000000, r.CreatedAt)
		out, err := json.Marshal(r)
		require.NoError(t, err)
		assert.Contains(t, string(out), `"created_at":"1380000000"`)
	}
	require.Error(t, json.Unmarshal([]byte(`{"created_at":[]}`), new(provider.UploadResponse)))
}
