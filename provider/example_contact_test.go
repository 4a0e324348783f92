package provider_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/wecomtest"
)

// vendor is the provider of the simulated platform, with a customer that has
// installed its app.
func vendor(platform *wecomtest.Platform) (*provider.Client, *wecomtest.Corp) {
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	p, err := provider.New(api, provider.Config{CorpID: platform.Provider().CorpID, Secret: platform.Provider().Secret})
	if err != nil {
		panic(err)
	}
	customer := platform.NewCorp("Acme")
	customer.AddUser(wecomtest.User{ID: "zhangsan", Name: "张三", OpenUserID: "woZhangSan"})
	if _, err := customer.Install(context.Background(), platform.NewApp(wecomtest.AppConfig{})); err != nil {
		panic(err)
	}
	return p, customer
}

// Two searches in one call, one of which the platform could not do.
func ExampleContact_BatchSearch() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	p, customer := vendor(platform)

	r, err := p.Contact().BatchSearch(ctx, provider.BatchSearchRequest{
		AuthCorpID: customer.ID,
		Queries:    []provider.SearchQuery{{QueryWord: "张三"}, {QueryWord: "李四", Cursor: "of another search"}},
	})
	failed, partial := errors.AsType[*provider.ItemErrors](err)
	if err != nil && !partial {
		panic(err)
	}
	if partial {
		for _, item := range failed.Items {
			fmt.Println(r.Results[item.Index].QueryRequest.QueryWord, "failed; a bad parameter:", errors.Is(item.Err, wecom.ErrBadParameter))
		}
	}
	fmt.Println(r.Results[0].QueryRequest.QueryWord, "is", r.Results[0].QueryResult.User.OpenUserID)
	// Output:
	// 李四 failed; a bad parameter: true
	// 张三 is [woZhangSan]
}

// The provider sees no names; a file gets them from the platform, for a member of
// the corp to open.
func ExampleClient_WaitResult() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer(), wecomtest.WithJobDuration(0))
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	p, customer := vendor(platform)

	list := strings.NewReader("$userName=zhangsan$,7")
	file, err := p.Upload(ctx, provider.UploadRequest{
		Type: provider.MediaFile, File: wecom.File{Name: "hours.csv", Size: list.Size(), Reader: list},
	})
	if err != nil {
		panic(err)
	}
	job, err := p.Contact().IDTranslate(ctx, provider.IDTranslateRequest{AuthCorpID: customer.ID, MediaIDs: []string{file.MediaID}})
	if err != nil {
		panic(err)
	}
	done, err := p.WaitResult(ctx, job.JobID) // give ctx a deadline
	if err != nil {
		panic(err)
	}
	fmt.Println("show the member a link to the file:", strings.HasPrefix(done.Result.ContactIDTranslate.URL, "http"))
	// Output: show the member a link to the file: true
}

// Why a call was refused: which address WeCom saw, and whether it should be listed.
func ExampleIPList() {
	allowed, err := provider.ParseIPList("203.0.113.*; 198.51.100.7") // as the console shows it
	if err != nil {
		panic(err)
	}
	refused := &wecom.Error{Op: "/cgi-bin/user/get", Code: 60020, FromIP: "198.51.100.8"}
	if from, listed, ok := allowed.Refused(refused); ok && !listed {
		fmt.Println("add", from, "to the list")
	}
	// Output: add 198.51.100.8 to the list
}
