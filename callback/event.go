package callback

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Kind names one kind of callback by its content, and is what a [Mux]
// dispatches on. It has the form of the message, a colon, and WeCom's own names
// joined with dots:
//
//	suite:suite_ticket                      SuiteId + InfoType
//	suite:change_contact.create_user        SuiteId + InfoType + ChangeType
//	provider:register_corp                  ServiceCorpId + InfoType
//	app:text                                MsgType
//	app:event.click                         MsgType + Event
//	app:event.change_contact.create_user    MsgType + Event + ChangeType
//
// Names are case-sensitive, as they are at WeCom. Where WeCom has two spellings
// (create_department and create_deparmtment, change_editon and change_edition)
// both give the kind of the constant; the decoded event keeps what was sent.
type Kind string

// Event is a decoded callback. Its Kind method must have a value receiver and
// must not depend on the value: [On] calls it on the zero value.
//
// The types of this package are events; a type of yours is one as soon as it
// has the method. Its fields carry ordinary xml tags, also for callbacks that
// arrive as JSON.
type Event interface{ Kind() Kind }

// Form is the family of a callback, found from its content: both families
// arrive on command URLs and on data URLs.
type Form uint8

// The forms of a callback.
const (
	FormUnknown  Form = iota // neither InfoType nor MsgType nor Event
	FormSuite                // suite form: SuiteId, InfoType, TimeStamp
	FormProvider             // provider form: ServiceCorpId, InfoType, TimeStamp
	FormApp                  // app form: ToUserName, FromUserName, CreateTime, MsgType
)

// String returns the prefix of the form in a [Kind].
func (f Form) String() string {
	switch f {
	case FormSuite:
		return "suite"
	case FormProvider:
		return "provider"
	case FormApp:
		return "app"
	default:
		return "unknown"
	}
}

// UnixTime is a moment in Unix seconds, as WeCom writes it. Zero means that the
// element was absent or empty.
type UnixTime int64

// Time returns the moment as a [time.Time], the zero Time for zero.
func (t UnixTime) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(int64(t), 0)
}

// SuiteHead holds what every event in suite form has. Event types embed it.
type SuiteHead struct {
	SuiteID   string   `xml:"SuiteId"`   // suite id (第三方应用的SuiteId), or template id (代开发应用模板id, dk...)
	InfoType  string   `xml:"InfoType"`  // name of the event
	TimeStamp UnixTime `xml:"TimeStamp"` // when WeCom sent it
}

// SuiteCorpHead holds what the events in suite form about a corp have. Event
// types embed it.
type SuiteCorpHead struct {
	SuiteHead
	AuthCorpID string `xml:"AuthCorpId"` // corp concerned; may be an encrypted id, case-sensitive
	ChangeType string `xml:"ChangeType"` // second part of the name; grouped events only
}

// SuiteOrderHead holds what the events about orders have. Event types embed it.
type SuiteOrderHead struct {
	SuiteHead
	PaidCorpID string `xml:"PaidCorpId"` // buying corp (购买方CorpID); may be an encrypted id, case-sensitive
}

// ProviderHead holds what every event in provider form has. Event types embed it.
type ProviderHead struct {
	ServiceCorpID string   `xml:"ServiceCorpId"` // corp id of the service provider (服务商的CorpID)
	InfoType      string   `xml:"InfoType"`      // name of the event
	TimeStamp     UnixTime `xml:"TimeStamp"`     // when WeCom sent it
}

// ProviderCorpHead holds what the events in provider form about a corp have.
// Event types embed it.
type ProviderCorpHead struct {
	ProviderHead
	AuthCorpID string `xml:"AuthCorpId"` // corp concerned; may be an encrypted id, case-sensitive
}

// AppHead holds what every message and event in app form has.
type AppHead struct {
	ToUserName   string   `xml:"ToUserName"`   // corp id (企业CorpID)
	FromUserName string   `xml:"FromUserName"` // member (成员UserID), or "sys" for events made by the system
	CreateTime   UnixTime `xml:"CreateTime"`   // when the message or event was made
	MsgType      string   `xml:"MsgType"`      // kind of message; "event" for events
	AgentID      int64    `xml:"AgentID"`      // app in the corp (应用id); 0 in the events that do not name it
}

// AppEventHead holds what every event in app form has. Event types embed it.
type AppEventHead struct {
	AppHead
	Event      string `xml:"Event"`      // name of the event
	ChangeType string `xml:"ChangeType"` // second part of the name; grouped events only
}

// CSV is a list that WeCom writes as one text with commas, as user ids. Blanks
// around an item and empty items are dropped.
type CSV []string

// UnmarshalText takes the list from a decoder.
func (l *CSV) UnmarshalText(text []byte) error {
	*l = nil
	for item := range strings.SplitSeq(string(text), ",") {
		if item = strings.TrimSpace(item); item != "" {
			*l = append(*l, item)
		}
	}
	return nil
}

// MarshalText writes the list as WeCom does.
func (l CSV) MarshalText() ([]byte, error) { return []byte(strings.Join(l, ",")), nil }

// IntCSV is a list of integers that WeCom writes as one text with commas, as
// department ids. Blanks around an item and empty items are dropped.
type IntCSV []int64

// UnmarshalText takes the list from a decoder.
func (l *IntCSV) UnmarshalText(text []byte) error {
	var items CSV
	_ = items.UnmarshalText(text) // takes any text
	*l = make(IntCSV, len(items))
	for i, item := range items {
		n, err := strconv.ParseInt(item, 10, 64)
		if err != nil {
			return errors.New("callback: not a list of integers")
		}
		(*l)[i] = n
	}
	return nil
}

// MarshalText writes the list as WeCom does.
func (l IntCSV) MarshalText() ([]byte, error) {
	var b []byte
	for i, n := range l {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return b, nil
}

// AuthUserInfo is the member who caused an event.
type AuthUserInfo struct {
	UserID string `xml:"UserId"` // user id (成员UserID)
}
