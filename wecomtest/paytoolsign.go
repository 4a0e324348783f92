package wecomtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

const (
	signedWindow = 15 * time.Minute // for ts, and for a nonce to stay used
	maxNonce     = 32
)

// signed wraps an endpoint of the cash desk that takes a signature (签名). A wrong one
// gets 90305: its code is not documented.
func signed(take handler) handler {
	return func(p *Platform, c *call) (any, error) {
		age := c.now.Sub(time.Unix(c.amount("ts"), 0))
		if age > signedWindow || age < -signedWindow {
			return nil, refuse(90319)
		}
		nonce := c.text("nonce_str")
		if nonce == "" || len(nonce) > maxNonce || c.now.Before(p.shop.nonces[nonce]) {
			return nil, refuse(90318)
		}
		want := cashierSignature(p.provider.CashierSecret, c.body)
		if subtle.ConstantTimeCompare([]byte(want), []byte(c.text("sig"))) != 1 {
			return nil, refusef(90305, "invalid parameter sig")
		}
		prune(p.shop.nonces, c.now, func(until time.Time) time.Time { return until })
		p.shop.nonces[nonce] = c.now.Add(signedWindow)
		return take(p, c)
	}
}

// cashierSignature signs a body: its leaves as name=value, sorted, joined and put
// through HMAC-SHA256.
func cashierSignature(key string, body map[string]any) string {
	var pairs []string
	for name, value := range body {
		if name != "sig" {
			pairs = appendLeaves(pairs, name, value)
		}
	}
	slices.Sort(pairs)
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(strings.Join(pairs, "&"))) // a hash takes everything
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func appendLeaves(pairs []string, name string, value any) []string {
	switch v := value.(type) {
	case map[string]any:
		for inner, value := range v {
			pairs = appendLeaves(pairs, inner, value)
		}
	case []any:
		for _, value := range v {
			pairs = appendLeaves(pairs, name, value)
		}
	default:
		if text := spelled(v); text != "" {
			pairs = append(pairs, name+"="+text)
		}
	}
	return pairs
}
