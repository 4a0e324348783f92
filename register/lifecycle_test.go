package register_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

func TestLifeOfARegistration(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	platform := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	vendor := platform.Provider()
	app := platform.NewApp(wecomtest.AppConfig{})
	pkg := platform.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{app}, ContactMigration: true})
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	require.NoError(t, err)
	p, err := provider.New(api, provider.Config{CorpID: vendor.CorpID, Secret: vendor.Secret})
	require.NoError(t, err)
	reg := register.New(p)

	var mux callback.Mux
	var registered []callback.RegisterCorp
	var entered []callback.EnterRegisterPackage
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.RegisterCorp) error {
		registered = append(registered, ev)
		return nil
	})
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.EnterRegisterPackage) error {
		entered = append(entered, ev)
		return nil
	})
	h, err := callback.NewHandler(callback.Config{Token: vendor.Token, AESKey: vendor.AESKey, Receivers: []string{vendor.CorpID}}, &mux)
	require.NoError(t, err)
	platform.Handle("app.example", h)
	vendor.SetCallbackURL("https://app.example/system")

	start := func() register.Link {
		link, err := reg.Start(ctx, register.GetRegisterCodeRequest{TemplateID: pkg.TemplateID, CorpName: "Acme", State: "order42"})
		require.NoError(t, err)
		return link
	}
	corp, err := platform.Register(ctx, start().URL, wecomtest.RegisterForm{})
	require.NoError(t, err)
	require.Len(t, registered, 1)
	assert.Equal(t, corp.ID, registered[0].AuthCorpID)
	assert.Equal(t, "order42", registered[0].State)

	contacts, err := reg.FromEvent(registered[0])
	require.NoError(t, err)
	user := map[string]any{"userid": "zhangsan", "name": "张三", "mobile": "13800000000", "department": []int{1}}
	require.NoError(t, contacts.Do(ctx, wecom.Call{Path: "/cgi-bin/user/create", Body: user}, nil))
	agents := corp.Installations()
	require.Len(t, agents, 1)
	scope, err := contacts.SetScope(ctx, register.SetScopeRequest{AgentID: agents[0].AgentID, AllowUser: []string{"zhangsan", "nobody"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"nobody"}, scope.InvalidUser)

	// The reply to the last call is lost; calling again settles it.
	platform.Inject(wecomtest.Fault{Path: successPath, DropReply: true})
	require.ErrorIs(t, contacts.ContactSyncSuccess(ctx), wecom.ErrNoReply)
	require.NoError(t, contacts.ContactSyncSuccess(ctx))
	assert.False(t, corp.ContactsLocked())
	_, err = contacts.Token(ctx)
	require.ErrorIs(t, err, register.ErrContactTokenEnded)

	// A corp that exists already has nothing to register.
	link := start()
	require.NoError(t, platform.EnterRegisterPackage(ctx, link.URL, corp))
	require.Len(t, entered, 1)
	assert.Equal(t, corp.ID, entered[0].AuthCorpID)
	_, err = reg.GetRegisterInfo(ctx, link.Code)
	require.ErrorIs(t, err, register.ErrPending)
}
