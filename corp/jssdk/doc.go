// Package jssdk lets a web page of an app use WeCom's JavaScript SDK (JS-SDK): it
// keeps the two tickets of an app in a corp and signs the addresses of pages.
//
//	pages := jssdk.NewClients()                             // once
//
//	js, err := pages.Client(app.Corp(corpID))               // for each request; cheap
//	cfg, err := js.Config(ctx, pageURL, "scanQRCode")       // wx.config
//	agent, err := js.AgentConfig(ctx, agentID, pageURL, "selectExternalContact") // wx.agentConfig
//
// Both encode as the object that the page needs, and html/template puts them
// into a script as they are:
//
//	<script>wx.config({{.Config}}); wx.agentConfig({{.Agent}})</script>
//
// # Which identity
//
// wx.config speaks for the corp and wx.agentConfig for the app. Some functions of
// the SDK need the latter; pages of third-party apps normally need both. With the
// newer ww.register the page calls back for signatures: see
// [Client.ConfigSignature] and [Client.AgentConfigSignature].
//
// # Tickets
//
// A ticket (jsapi_ticket) belongs to one app in one corp, lives for two hours and
// may be fetched 100 times an hour. It is kept in the token cache and shared, and
// fetched by one caller at a time. It never reaches a page: what leaves the
// server is the signature.
//
// # Addresses
//
// The signature holds for exactly one address. If the browser says which address
// to sign, an attacker can name any: check that the host is yours before you
// sign. The host must be a trusted domain (可信域名) of the app, without a port;
// otherwise the page reports 80001.
package jssdk
