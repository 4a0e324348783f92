package suite

import "github.com/wecom-isv/wecom"

// API returns the engine that calls in this corp are sent with.
func (c *Corp) API() *wecom.Client { return c.owner().api }

// Key returns the key under which a further credential of the app in this corp is
// kept in the cache, such as a ticket for pages (jsapi_ticket):
// suite/<suite id>/corp/<corp id>/<name>. The names token and code are taken.
func (c *Corp) Key(name string) string { return c.owner().key("corp", c.id, name) }
