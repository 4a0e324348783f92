// Package provider is the service provider (服务商) itself: its token and the
// calls that take it.
//
//	p, err := provider.New(api, provider.Config{CorpID: corpID, Secret: secret})
//	link, err := p.GetCustomizedAuthURL(ctx, provider.GetCustomizedAuthURLRequest{
//		State:       "spring2026",
//		TemplateIDs: []string{"dk…"},
//	}) // draw link.QRCodeURL as a QR code
//
// The provider_access_token is fetched when it is needed, shared through the
// token cache and renewed; no method takes a token.
//
// Some chapters have a handle of their own: [Client.Contact] searches and sorts
// contacts and translates ids in files, [Client.AdvancedAPI] orders advanced
// features. Files go up with [Client.Upload]; a translation is a job whose result
// [Client.WaitResult] waits for. Devices (智慧硬件) and the migration of ids are
// methods of [Client]. Calls on many items at once report the items that failed
// as [*ItemErrors] beside the rest.
//
// Packages below this one hold the licences ([github.com/wecom-isv/wecom/provider/license])
// and the cash desk ([github.com/wecom-isv/wecom/provider/paytool]). What the apps
// of the provider do is in package suite.
package provider
