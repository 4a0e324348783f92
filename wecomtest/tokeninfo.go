package wecomtest

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// tokenKindNames are the names that WeCom's parameters have.
var tokenKindNames = map[TokenKind]string{
	SuiteToken:    "suite_access_token",
	ProviderToken: "provider_access_token",
	CorpToken:     "access_token",
	ContactToken:  "contact_token",
}

// String is the name of the kind as WeCom writes it; a contact-migration token,
// which travels as access_token, is contact_token.
func (k TokenKind) String() string {
	if name := tokenKindNames[k]; name != "" {
		return name
	}
	return fmt.Sprintf("TokenKind(%d)", int(k))
}

// TokenInfo is a token that the platform has handed out. It is test data: the
// value is in full.
type TokenInfo struct {
	Kind      TokenKind
	Value     string
	SuiteID   string    // of a suite token or corp token
	CorpID    string    // of a corp token or contact token
	ExpiresAt time.Time // on the platform's clock
	Revoked   bool
}

// Tokens are the tokens handed out so far, the latest to expire first; jsapi tickets
// are not among them. Once there are more than a thousand, those that expired over
// a day ago are dropped.
func (p *Platform) Tokens() []TokenInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]TokenInfo, 0, len(p.tokens))
	for _, t := range p.tokens {
		all = append(all, t.info())
	}
	slices.SortFunc(all, func(a, b TokenInfo) int {
		return cmp.Or(b.ExpiresAt.Compare(a.ExpiresAt), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return all
}

func (t *token) info() TokenInfo {
	info := TokenInfo{Kind: t.kind, Value: t.value, ExpiresAt: t.expires, Revoked: t.revoked}
	switch {
	case t.app != nil:
		info.SuiteID = t.app.ID
	case t.grant != nil:
		info.SuiteID, info.CorpID = t.grant.app.ID, t.grant.corp.ID
	case t.corp != nil:
		info.CorpID = t.corp.ID
	}
	return info
}

// Expire lets a token or suite_ticket reach the end of its life now: calls with it
// get the code of an expired one (42009, 42001; 40085 for a ticket). Unknown
// values are ignored.
func (p *Platform) Expire(value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tokens[value]; t != nil {
		t.expires = p.Now()
	}
	if t := p.tickets[value]; t != nil {
		t.expires = p.Now()
	}
}

// ExpireAll lets every token of the kinds expire now, or of all kinds when none
// is given. See [Platform.Expire] and, for tokens that end before their time,
// [Platform.RevokeAll].
func (p *Platform) ExpireAll(kinds ...TokenKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	for _, t := range p.tokens {
		if (len(kinds) == 0 || slices.Contains(kinds, t.kind)) && now.Before(t.expires) {
			t.expires = now
		}
	}
}
