package media_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/media"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// installed is an app in a corp of the simulated platform; a program takes
// suite.Client.Corp.
func installed(platform *wecomtest.Platform) *suite.Corp {
	ctx := context.Background()
	console := platform.NewApp(wecomtest.AppConfig{})
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	app, err := suite.New(api, suite.Config{ID: console.ID, Secret: console.Secret})
	if err != nil {
		panic(err)
	}
	if err := app.SaveTicket(ctx, wecom.NewSecret(console.IssueTicket()), time.Now()); err != nil {
		panic(err)
	}
	installation, err := platform.NewCorp("Acme").Install(ctx, console)
	if err != nil {
		panic(err)
	}
	auth, err := app.Authorize(ctx, wecom.AuthCode(installation.AuthCode))
	if err != nil {
		panic(err)
	}
	return auth.Corp
}

// A file goes up, and is read as it comes down.
func Example() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	m := media.New(installed(platform))

	report := strings.NewReader("第七周: 一切正常") // an *os.File as well
	uploaded, err := m.Upload(ctx, media.File, wecom.File{Name: "周报.txt", Size: report.Size(), Reader: report})
	if err != nil {
		panic(err)
	}
	stream, err := m.Get(ctx, uploaded.MediaID) // within 3 days
	if err != nil {
		panic(err)
	}
	defer func() { _ = stream.Close() }()
	text, err := io.ReadAll(stream)
	if err != nil {
		panic(err)
	}
	fmt.Println(stream.Name, string(text))
	// Output: 周报.txt 第七周: 一切正常
}

// A file of any size comes in pieces, and goes on where a piece has broken off.
func ExampleClient_Download() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	m := media.New(installed(platform))
	content := strings.NewReader("a long recording")
	uploaded, err := m.Upload(ctx, media.File, wecom.File{Name: "recording.amr", Size: content.Size(), Reader: content})
	if err != nil {
		panic(err)
	}

	var file bytes.Buffer // in earnest: an *os.File
	d, err := m.Download(ctx, uploaded.MediaID, &file)
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Name, d.Size, file.Len())
	// Output: recording.amr 16 16
}
