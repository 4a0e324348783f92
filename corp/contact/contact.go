package contact

import (
	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Client calls with one credential. It is safe for concurrent use, holds nothing
// and needs no Close.
type Client struct{ token wecom.AccessToken }

// New returns a client for an app in a corp, a suite.Corp, or for the contact
// token of a registration, a register.Contacts. It makes no call and cannot fail:
// with a credential of another kind each call says so.
func New(token wecom.AccessToken) *Client { return &Client{token} }

// FieldError names the field of a request that is outside the documented limits:
// Field is its name, as "ExtAttr.Attrs[0].Name", Problem what is wrong with it.
// Nothing was sent. [errors.AsType] finds the first; the text of the error has all.
type FieldError = valid.FieldError
