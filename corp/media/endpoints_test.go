package media_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/media"
	"github.com/wecom-isv/wecom/internal/apitest"
)

// inCorp is a call in a corp.
func inCorp[T any](call func(ctx context.Context, c *media.Client) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		token, err := wecom.NewAccessToken(api, apitest.Tokens(apitest.Corp))
		if err != nil {
			return nil, err
		}
		return call(ctx, media.New(token))
	}
}

func exampleFile() wecom.File {
	return wecom.File{Name: apitest.FileName, Size: int64(len(apitest.FileText)), Reader: strings.NewReader(apitest.FileText)}
}

func upload(ctx context.Context, c *media.Client) (*media.UploadResponse, error) {
	return c.Upload(ctx, media.File, exampleFile())
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{
		{ID: "contact.media.upload", Query: url.Values{"type": {"file"}}, Call: inCorp(upload)},
		{ID: "media.upload", Query: url.Values{"type": {"file"}}, Call: inCorp(upload)},
		{
			ID: "media.uploadimg",
			Call: inCorp(func(ctx context.Context, c *media.Client) (*media.UploadImgResponse, error) {
				return c.UploadImg(ctx, exampleFile())
			}),
		},
		{
			ID: "media.get", Safe: true, Query: url.Values{"media_id": {"MEDIA_ID"}},
			Call: inCorp(func(ctx context.Context, c *media.Client) (*wecom.Stream, error) { return c.Get(ctx, "MEDIA_ID") }),
		},
		{
			ID: "media.get_jssdk", Safe: true, Query: url.Values{"media_id": {"MEDIA_ID"}},
			Call: inCorp(func(ctx context.Context, c *media.Client) (*wecom.Stream, error) { return c.GetJSSDK(ctx, "MEDIA_ID") }),
		},
		{
			ID: "media.upload_by_url",
			Call: inCorp(func(ctx context.Context, c *media.Client) (*media.UploadByURLResponse, error) {
				return c.UploadByURL(ctx, media.UploadByURLRequest{
					Scene: media.SceneGroupWelcome, Type: media.Video, FileName: "video.mp4", URL: "https://xxxx", MD5: "MD5",
				})
			}),
		},
		{
			ID: "media.get_upload_by_url_result", Safe: true,
			Call: inCorp(func(ctx context.Context, c *media.Client) (*media.GetUploadByURLResultResponse, error) {
				return c.GetUploadByURLResult(ctx, "jobid")
			}),
		},
		{
			ID: "media.upload_attachment", Query: url.Values{"media_type": {"image"}, "attachment_type": {"1"}},
			Call: inCorp(func(ctx context.Context, c *media.Client) (*media.UploadAttachmentResponse, error) {
				return c.UploadAttachment(ctx, media.Image, media.ForMoments, exampleFile())
			}),
		},
	})
}
