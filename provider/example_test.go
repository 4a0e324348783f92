package provider_test

import (
	"context"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/wecomtest"
)

// A link at which corps authorise a template of customised apps.
func ExampleClient_GetCustomizedAuthURL() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	template := platform.NewTemplate(wecomtest.AppConfig{})

	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	p, err := provider.New(api, provider.Config{CorpID: platform.Provider().CorpID, Secret: platform.Provider().Secret})
	if err != nil {
		panic(err)
	}
	link, err := p.GetCustomizedAuthURL(ctx, provider.GetCustomizedAuthURLRequest{State: "spring2026", TemplateIDs: []string{template.ID}})
	if err != nil {
		panic(err)
	}
	apps, err := platform.NewCorp("Acme").Scan(ctx, link.QRCodeURL) // a person does this
	if err != nil {
		panic(err)
	}
	fmt.Println(len(apps), "app authorised, link good for", link.ExpiresIn/86400, "days")
	// Output: 1 app authorised, link good for 10 days
}
