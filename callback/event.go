package callback

import "time"

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
// Names are case-sensitive, as they are at WeCom.
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

// ProviderHead holds what every event in provider form has. Event types embed it.
type ProviderHead struct {
	ServiceCorpID string   `xml:"ServiceCorpId"` // corp id of the service provider (服务商的CorpID)
	InfoType      string   `xml:"InfoType"`      // name of the event
	TimeStamp     UnixTime `xml:"TimeStamp"`     // when WeCom sent it
}

// AuthUserInfo is the member who caused an event.
type AuthUserInfo struct {
	UserID string `xml:"UserId"` // user id (成员UserID)
}
