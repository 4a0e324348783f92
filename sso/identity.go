package sso

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// Identity says who signed in, whichever way. Every call of this package that
// answers that question maps into it; what the way does not tell is zero.
//
// Its secrets are left out of its JSON: an Identity that was encoded and decoded
// has no ticket.
type Identity struct {
	// CorpID is the corp of the member, or of the first school of a parent; ""
	// for somebody who belongs to no corp.
	CorpID string `json:"corp_id,omitzero"`
	// UserID is the member, plain or as ciphertext (密文), unique in its corp only: key
	// accounts by CorpID and UserID together, and compare both byte for byte.
	UserID string `json:"user_id,omitzero"`
	// OpenUserID is the same for all apps of one provider; at most 64 bytes.
	OpenUserID string `json:"open_user_id,omitzero"`
	// OpenID is somebody who belongs to no corp: unique for the provider, or, when
	// AppCorpID is set, in that corp only. At most 64 bytes.
	OpenID string `json:"open_id,omitzero"`
	// ExternalUserID is a customer (外部联系人) or parent (家长) in AppCorpID or CorpID.
	ExternalUserID string `json:"external_user_id,omitzero"`
	// AppCorpID is the corp of the customised app that signed the person in. It
	// differs from CorpID for members of linked corps (互联企业, 上下游).
	AppCorpID string `json:"app_corp_id,omitzero"`
	// DeviceID is random per installation of the client; old path only.
	DeviceID string `json:"device_id,omitzero"`
	// Parents has one entry per school of a parent (家校沟通).
	Parents []Parent `json:"parents,omitempty"`

	// Ticket buys the profile of the member; see [App.WithProfile].
	Ticket UserTicket `json:"-"`
	// DocTicket is the user_doc_ticket (30 days, being rolled out by WeCom).
	DocTicket wecom.Secret `json:"-"`
	// SessionKey is that of a mini program; keep it on the server.
	SessionKey wecom.Secret `json:"-"`

	// Profile is filled in by the calls that take a user_ticket, and in part by
	// [ProviderLogin.SignIn].
	Profile Profile `json:"profile,omitzero"`
	// Admin is what an administrator may do; [ProviderLogin.SignIn] only. One who is
	// in no contact list (外部系统管理员) has no UserID.
	Admin *Admin `json:"admin,omitempty"`
}

// IsMember reports whether the person is a member of CorpID.
func (i Identity) IsMember() bool { return i.UserID != "" }

// IsParent reports whether the person is a parent of a pupil of CorpID.
func (i Identity) IsParent() bool { return len(i.Parents) > 0 }

// IsOutsider reports whether the person belongs to no corp, or to none that the
// app can see. That is no error: decide what an outsider may do.
func (i Identity) IsOutsider() bool { return !i.IsMember() && !i.IsParent() && !i.IsAdmin() }

// IsAdmin reports whether WeCom said that the person administers the corp.
func (i Identity) IsAdmin() bool { return i.Admin != nil }

// check refuses an identity that names nobody, or a member of an unknown corp.
func (i Identity) check() (Identity, error) {
	named := i.OpenID != "" || i.ExternalUserID != "" || i.IsParent()
	if i.IsMember() || i.IsAdmin() {
		named = i.CorpID != ""
	}
	if !named {
		return Identity{}, ErrIncomplete
	}
	return i, nil
}

// Parent is a person as parent at one school (家校沟通).
type Parent struct {
	CorpID         string `json:"corpid"`
	ParentUserID   string `json:"parent_userid"`
	ExternalUserID string `json:"external_userid"`
}

// UserTicket is a user_ticket (成员票据) with the time it ends. It comes with
// [ScopePrivateInfo] for members in the app's visible range. It may be used again
// while it lives.
type UserTicket struct {
	Value     wecom.Secret
	ExpiresAt time.Time
}

// Live reports whether t can be used now.
func (t UserTicket) Live() bool { return !t.Value.IsZero() && time.Now().Before(t.ExpiresAt) }

// corpTicketLife is how long a user_ticket lives that comes without expires_in, as
// those of customised apps do.
const corpTicketLife = 30 * time.Minute

// newTicket counts from now; expiresIn is in seconds.
func newTicket(value wecom.Secret, expiresIn int64) UserTicket {
	if value.IsZero() {
		return UserTicket{}
	}
	return UserTicket{Value: value, ExpiresAt: time.Now().Add(wire.Life(expiresIn, corpTicketLife))}
}

// Profile is what a member lets the app know (成员敏感信息). Each part needs the
// administrator's choice in the app and the member's consent.
type Profile struct {
	// Name is not the real name for third-party apps: it holds the userid.
	Name    string `json:"name,omitzero"`
	Gender  Gender `json:"gender,omitzero"` // [GenderUnknown] without consent
	Avatar  string `json:"avatar,omitzero"` // address of a default picture without consent
	QRCode  string `json:"qr_code,omitzero"`
	Mobile  string `json:"mobile,omitzero"`   // customised apps only
	Email   string `json:"email,omitzero"`    // customised apps only
	BizMail string `json:"biz_mail,omitzero"` // customised apps only
	Address string `json:"address,omitzero"`  // customised apps only
}

// Gender is that of a member. WeCom sends a string; a number decodes as well.
type Gender string

// The genders.
const (
	GenderUnknown Gender = "0"
	GenderMale    Gender = "1"
	GenderFemale  Gender = "2"
)

// UnmarshalJSON takes a string or a number.
func (g *Gender) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(g))
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return errors.New("sso: gender is neither a string nor a number")
	}
	*g = Gender(n)
	return nil
}

// splitUser takes apart the userid of a member of a linked corp, "CorpId/userid".
func splitUser(corpID, userID string) (string, string) {
	if corp, user, linked := strings.Cut(userID, "/"); linked {
		return corp, user
	}
	return corpID, userID
}
