package paytool

import "time"

// Fix makes c sign with one nonce at one time.
func (c *Client) Fix(nonce string, at time.Time) {
	c.signer.nonce = func() string { return nonce }
	c.signer.now = func() time.Time { return at }
}
