package register

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/wecom-isv/wecom/internal/browser"
)

const (
	paramTicket = "t"
	cookieName  = "wecom_register"

	flowIDBytes  = 16
	browserBytes = 16
	macBytes     = 16
	ticketBytes  = flowIDBytes + 8 + macBytes // id, expiry in Unix seconds, MAC

	// ticketLife leaves 24 hours after a button pressed late.
	ticketLife = 48 * time.Hour
)

// errTicket says that a page was made for another browser, was not made here, or
// is too old.
var errTicket = errors.New("register: the ticket of the page is not for this browser, was not made here, or has expired")

// ticket names one registration. Its id is also the state that WeCom brings back.
type ticket struct {
	id      string // hex
	expires time.Time
}

// newTicket begins a registration in the browser that sent r, and returns the
// ticket as it stands in the address of the page.
func (f *Flow) newTicket(w http.ResponseWriter, r *http.Request) string {
	owner := f.browser(r)
	if owner == "" {
		owner = randomHex(browserBytes)
	}
	secure := f.secure(r)
	browser.SetCookie(w, browser.CookieName(cookieName, secure), owner, secure, int(ticketLife/time.Second))
	return f.encodeTicket(ticket{id: randomHex(flowIDBytes), expires: time.Now().Add(ticketLife).Truncate(time.Second)}, owner)
}

// ticket returns the ticket of the page that r comes from.
func (f *Flow) ticket(r *http.Request) (ticket, error) {
	raw, err := hex.DecodeString(r.URL.Query().Get(paramTicket))
	owner := f.browser(r)
	if err != nil || len(raw) != ticketBytes || owner == "" {
		return ticket{}, errTicket
	}
	t := ticket{
		id:      hex.EncodeToString(raw[:flowIDBytes]),
		expires: time.Unix(int64(binary.BigEndian.Uint64(raw[flowIDBytes:])), 0),
	}
	if !hmac.Equal(raw[ticketBytes-macBytes:], f.ticketMAC(raw[:ticketBytes-macBytes], owner)) || !time.Now().Before(t.expires) {
		return ticket{}, errTicket
	}
	return t, nil
}

func (f *Flow) encodeTicket(t ticket, owner string) string {
	raw, _ := hex.DecodeString(t.id) // made here
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.expires.Unix()))
	return hex.EncodeToString(append(raw, f.ticketMAC(raw, owner)...))
}

// ticketMAC binds a ticket to the provider and to the browser.
func (f *Flow) ticketMAC(body []byte, owner string) []byte {
	h := hmac.New(sha256.New, []byte(f.key.Reveal()))
	h.Write([]byte("wecom register ticket\x00" + f.client.provider.CorpID() + "\x00" + owner + "\x00"))
	h.Write(body)
	return h.Sum(nil)[:macBytes]
}

// browser returns the mark of the browser that sent r, "" if it has none.
func (f *Flow) browser(r *http.Request) string {
	cookie, err := r.Cookie(browser.CookieName(cookieName, f.secure(r)))
	if err != nil || !isHex(cookie.Value, browserBytes) {
		return ""
	}
	return cookie.Value
}

func (f *Flow) secure(r *http.Request) bool { return f.cfg.HTTPS || browser.Secure(r) }

func randomHex(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// isHex reports whether s is n bytes as randomHex writes them.
func isHex(s string, n int) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == n && hex.EncodeToString(raw) == s
}
