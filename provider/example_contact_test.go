package provider_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/wecomtest"
)

// Two searches in one call, one of which the platform could not do.
func ExampleContact_BatchSearch() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	p, err := provider.New(api, provider.Config{CorpID: platform.Provider().CorpID, Secret: platform.Provider().Secret})
	if err != nil {
		panic(err)
	}

	r, err := p.Contact().BatchSearch(ctx, provider.BatchSearchRequest{
		AuthCorpID: "wpCustomer",
		Queries:    []provider.SearchQuery{{QueryWord: "zhangsan"}, {QueryWord: "lisi"}},
	})
	failed, partial := errors.AsType[*provider.ItemErrors](err)
	if err != nil && !partial {
		panic(err)
	}
	if partial {
		for _, item := range failed.Items {
			fmt.Println(r.Results[item.Index].QueryRequest.QueryWord, "failed; worth another try:", errors.Is(item.Err, wecom.ErrTransient))
		}
	}
	fmt.Println(r.Results[0].QueryRequest.QueryWord, "found", r.Results[0].QueryResult.User.UserID)
	// Output:
	// lisi failed; worth another try: true
	// zhangsan found [zhangshan lisi]
}
