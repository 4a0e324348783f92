package wecomtest

import (
	"net/url"
	"slices"
	"time"
)

// TokenKind is a kind of credential that the API hands out.
type TokenKind int

const (
	// SuiteToken is a suite_access_token (第三方应用凭证).
	SuiteToken TokenKind = iota + 1
	// ProviderToken is a provider_access_token (服务商凭证).
	ProviderToken
	// CorpToken is an access_token of one app in one corp (企业凭证).
	CorpToken
	// ContactToken is the contact-migration token of a registration (通讯录迁移).
	ContactToken
)

// Lifetimes, on the platform's clock.
const (
	tokenLife        = 7200 * time.Second
	contactTokenLife = 1800 * time.Second
	ticketLife       = 30 * time.Minute
	preAuthCodeLife  = 1200 * time.Second
	authCodeLife     = 600 * time.Second
	userCodeLife     = 5 * time.Minute
	registerCodeLife = 600 * time.Second
	registerInfoLife = 24 * time.Hour
	authLinkLife     = 864000 * time.Second
	userTicketLife   = 7200 * time.Second
	corpTicketLife   = 1800 * time.Second // of a customised app's user_ticket
)

// token is a credential that the API accepts.
type token struct {
	kind    TokenKind
	value   string
	expires time.Time
	revoked bool

	app   *App   // SuiteToken: its suite
	grant *grant // CorpToken: the app in its corp
	corp  *Corp  // ContactToken: the new corp
}

// tokenKey finds the newest token of an owner.
type tokenKey struct {
	kind  TokenKind
	use   string // tells a jsapi_ticket from an agent ticket
	owner any    // *App, *grant or *Provider
}

func (t *token) alive(now time.Time) bool { return !t.revoked && now.Before(t.expires) }

// secondsLeft is expires_in.
func secondsLeft(expires, now time.Time) int64 {
	return int64(expires.Sub(now) / time.Second)
}

// issue returns a token for the owner: the living one, or a new one, as the rule
// says. The lock is held.
func (p *Platform) issue(key tokenKey, rule TokenRule, secretKind string, now time.Time, fill func(*token)) *token {
	if old := p.latest[key]; old != nil && old.alive(now) {
		switch rule {
		case SameTokenWhileAlive:
			return old
		case NewTokenEndsOld:
			old.revoked = true
		case NewTokenEachTime:
		}
	}
	t := &token{kind: key.kind, value: p.secrets.secret(secretKind), expires: now.Add(tokenLife)}
	if fill != nil {
		fill(t)
	}
	p.latest[key] = t
	if key.use == "" {
		p.keepToken(t, now)
	}
	return t
}

// keepToken lets calls use a token. The lock is held.
func (p *Platform) keepToken(t *token, now time.Time) {
	prune(p.tokens, now, func(t *token) time.Time { return t.expires })
	p.tokens[t.value] = t
}

// checkToken finds the credential that the row wants, under the parameter that
// the row names.
func (p *Platform) checkToken(row *endpoint, query url.Values) (*token, error) {
	if row.Credential == "none" || row.CredentialParam == "" {
		return nil, nil //nolint:nilnil // No credential wanted.
	}
	value := query.Get(row.CredentialParam)
	if value == "" {
		if row.Credential == "suite_access_token" {
			return nil, refuse(41022)
		}
		return nil, refusef(41001, "%s missing", row.CredentialParam)
	}
	t, known := p.tokens[value]
	switch {
	case !known && row.Credential == "suite_access_token":
		return nil, refuse(40082)
	case !known, !suits(row, t):
		// Unknown, or of the wrong kind: one code for both, as documented.
		return nil, refuse(40014)
	case t.revoked && t.kind == SuiteToken:
		return nil, refuse(40082)
	case t.revoked:
		return nil, refuse(40014)
	case !p.Now().Before(t.expires):
		return nil, refuse(p.expiredCode(t.kind))
	case t.grant != nil && t.grant.cancelled:
		return nil, refuse(48004)
	case t.grant != nil && t.grant.disabled:
		return nil, refuse(50003)
	}
	return t, nil
}

func (p *Platform) expiredCode(kind TokenKind) int {
	switch kind {
	case SuiteToken:
		return 42009
	case ProviderToken:
		return p.settings.providerExpiredCode
	default:
		return 42001
	}
}

// suits tells whether a row takes this kind of token.
func suits(row *endpoint, t *token) bool {
	switch t.kind {
	case SuiteToken:
		return row.Credential == "suite_access_token"
	case ProviderToken:
		return row.Credential == "provider_access_token"
	case CorpToken:
		return row.Credential == "access_token" && row.ID != "register.set_scope"
	case ContactToken:
		// Whether media, tag and batch calls take it is not documented; they do here.
		return row.Credential == "access_token" &&
			(row.chapter == "contact" || row.chapter == "register")
	}
	return false
}

// Revoke ends a token before its time, as the real platform may: calls with it
// get 40082 (suite) or 40014. Unknown values are ignored.
func (p *Platform) Revoke(value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tokens[value]; t != nil {
		t.revoked = true
	}
}

// RevokeAll ends every living token of the kinds, or of all kinds when none is given.
func (p *Platform) RevokeAll(kinds ...TokenKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.tokens {
		if len(kinds) == 0 || slices.Contains(kinds, t.kind) {
			t.revoked = true
		}
	}
}

// revokeGrant ends the tokens of one app in one corp. The lock is held.
func (p *Platform) revokeGrant(g *grant) {
	for _, t := range p.tokens {
		if t.grant == g {
			t.revoked = true
		}
	}
}
