package register_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// A new corp registers, and its contacts are filled. The event was lost, so the
// result is asked for.
func ExampleClient_Start() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	pkg := platform.NewPackage(wecomtest.PackageConfig{ContactMigration: true})

	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	p, err := provider.New(api, provider.Config{CorpID: platform.Provider().CorpID, Secret: platform.Provider().Secret})
	if err != nil {
		panic(err)
	}
	reg := register.New(p)

	link, err := reg.Start(ctx, register.GetRegisterCodeRequest{TemplateID: pkg.TemplateID, State: "order42"})
	if err != nil {
		panic(err)
	}
	_, err = reg.GetRegisterInfo(ctx, link.Code)
	fmt.Println("waiting:", errors.Is(err, register.ErrPending))

	corp, err := platform.Register(ctx, link.URL, wecomtest.RegisterForm{CorpName: "Acme"}) // a person does this
	if err != nil {
		panic(err)
	}
	info, err := reg.GetRegisterInfo(ctx, link.Code)
	if err != nil {
		panic(err)
	}
	contacts, err := reg.FromInfo(info)
	if err != nil {
		panic(err)
	}
	department := map[string]any{"name": "Sales", "parentid": 1}
	if err := contacts.Do(ctx, wecom.Call{Path: "/cgi-bin/department/create", Body: department}, nil); err != nil {
		panic(err)
	}
	fmt.Println("locked:", corp.ContactsLocked())
	if err := contacts.ContactSyncSuccess(ctx); err != nil {
		panic(err)
	}
	fmt.Println("locked:", corp.ContactsLocked(), "state:", info.State)
	// Output:
	// waiting: true
	// locked: true
	// locked: false state: order42
}
