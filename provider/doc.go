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
// token cache and renewed; no method takes a token. What the apps of the provider
// do is in package suite.
package provider
