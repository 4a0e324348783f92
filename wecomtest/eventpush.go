package wecomtest

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
)

// PushEvent makes an event of the table ([NewEvent]) and pushes it ([Platform.Push]).
//
// What the caller does not choose is the platform's: TimeStamp or CreateTime from
// its clock, a new MsgId, and from target.Receiver the id that the event is for
// (SuiteId, ServiceCorpId or ToUserName), from target.AgentID the AgentID. The rest
// is the example's. Without a target.Deadline the event's own deadline holds.
//
// The JSON form is sent if target.JSON is set or the URL has callback_format=json;
// whether WeCom has it on every URL is not documented.
func (p *Platform) PushEvent(ctx context.Context, target Target, id string, fields Fields) (Delivery, error) {
	e, err := findEvent(id)
	if err != nil {
		return Delivery{}, err
	}
	known := eventOwners{agentID: target.AgentID}
	switch e.Receiver {
	case CommandURL:
		known.suiteID = target.Receiver
	case SystemEventURL:
		known.providerID = target.Receiver
	case DataURL:
		known.corpID = target.Receiver
	}
	return p.pushEvent(ctx, target, e, known, fields)
}

// PushEvent pushes an event of the table to the app's command URL, or to the data
// URL as if the provider's own corp had sent it: for events that concern no corp,
// such as suite_ticket. See [Corp.PushEvent] and [Platform.PushEvent].
func (a *App) PushEvent(ctx context.Context, id string, fields Fields) (Delivery, error) {
	e, err := findEvent(id)
	if err != nil {
		return Delivery{}, err
	}
	known := eventOwners{suiteID: a.ID, providerID: a.p.provider.CorpID, ticket: a.ticketFor(e, fields)}
	target := a.CommandTarget()
	switch e.Receiver {
	case SystemEventURL:
		target = a.p.provider.Target()
	case DataURL:
		target = a.DataTarget()
		known.corpID = target.Receiver
	case CommandURL:
	}
	return a.p.pushEvent(ctx, target, e, known, fields)
}

// ticketFor is a new ticket if the event carries one and none is chosen: the one
// of the table's example would take the place of a good one in the backend.
func (a *App) ticketFor(e *EventInfo, fields Fields) string {
	if e.ID != "suite:suite_ticket" || fields["SuiteTicket"] != nil {
		return ""
	}
	return a.IssueTicket()
}

// PushEvent pushes an event of the table that concerns this corp to the URL that
// the table names: the app's command or data URL, or the provider's system-event
// URL; for the last one app may be nil. The corpid, the ids of the app and, as
// sender, the administrator are filled in, and the codes of create_auth,
// reset_permanent_code and template_card_event work, if the app is installed and
// has sent a card. It changes nothing in the corp: [Corp.Install],
// [Corp.Cancel] and their like do. See [Platform.PushEvent].
func (c *Corp) PushEvent(ctx context.Context, app *App, id string, fields Fields) (Delivery, error) {
	e, err := findEvent(id)
	if err != nil {
		return Delivery{}, err
	}
	if app == nil && e.Receiver != SystemEventURL {
		return Delivery{}, fmt.Errorf("wecomtest: PushEvent: %s goes to an app, and none is given", e.ID)
	}
	known := eventOwners{corpID: c.ID, providerID: c.p.provider.CorpID, from: c.Admin().ID}
	if app != nil {
		known.suiteID, known.ticket = app.ID, app.ticketFor(e, fields)
		c.fillGrant(&known, app, e)
	}
	target := c.p.provider.Target()
	switch e.Receiver {
	case CommandURL:
		target = app.CommandTarget()
	case DataURL:
		if target, err = c.DataTarget(app); err != nil {
			return Delivery{}, err
		}
	case SystemEventURL:
	}
	return c.p.pushEvent(ctx, target, e, known, fields)
}

// fillGrant adds what is known of the app in the corp, and makes the codes that the
// event carries.
func (c *Corp) fillGrant(known *eventOwners, app *App, e *EventInfo) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	g := c.p.findGrant(app, c)
	if g == nil {
		return
	}
	known.agentID = strconv.FormatInt(g.agentID, 10)
	if _, carries := e.field("AuthCode"); carries {
		known.authCode = c.p.newAuthCode(g).value
	}
	if _, carries := e.field("ResponseCode"); carries {
		known.cardCode = c.p.clickedCard(g)
	}
}

// PushEvent pushes an event of the table to the provider's system-event URL
// (系统事件接收URL). Events of apps are refused. See [Platform.PushEvent].
func (v *Provider) PushEvent(ctx context.Context, id string, fields Fields) (Delivery, error) {
	e, err := findEvent(id)
	if err != nil {
		return Delivery{}, err
	}
	if e.Receiver != SystemEventURL {
		return Delivery{}, fmt.Errorf("wecomtest: PushEvent: %s goes to the %s of an app", e.ID, e.Receiver)
	}
	return v.p.pushEvent(ctx, v.Target(), e, eventOwners{providerID: v.CorpID}, fields)
}

// eventOwners is what the platform knows about an event; "" is unknown.
type eventOwners struct {
	suiteID, corpID, providerID, agentID, from string
	ticket, authCode, cardCode                 string
}

func (p *Platform) pushEvent(ctx context.Context, target Target, e *EventInfo, known eventOwners, chosen Fields) (Delivery, error) {
	if target.Deadline == 0 {
		target.Deadline = e.Deadline
	}
	target.AnyAnswer = target.AnyAnswer || e.anyAnswer()
	target.JSON = target.JSON || wantsJSON(target.URL)
	fields, err := p.withKnown(e, known, chosen)
	if err != nil {
		return Delivery{}, err
	}
	message, err := e.message(fields, target.JSON)
	if err != nil {
		return Delivery{}, err
	}
	if target.URL == "" {
		return Delivery{}, fmt.Errorf("wecomtest: PushEvent: no URL is set for %s; %s goes there", e.Receiver, e.ID)
	}
	return p.Push(ctx, target, message)
}

func wantsJSON(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Query().Get("callback_format") == "json"
}

// withKnown adds what the platform knows to the chosen fields: elements that the
// event always has, or that its example has.
func (p *Platform) withKnown(e *EventInfo, known eventOwners, chosen Fields) (Fields, error) {
	example, err := parseElement(e.Example)
	if err != nil {
		return nil, fmt.Errorf("wecomtest: the example of %s: %w", e.ID, err)
	}
	if from := example.child("FromUserName"); from != nil && from.text == "sys" {
		known.from = "" // WeCom itself
	}
	now := strconv.FormatInt(p.Now().Unix(), 10)
	all := Fields{}
	for name, value := range map[string]string{
		"TimeStamp": now, "CreateTime": now, "MsgId": strconv.FormatInt(p.nextMessageID(), 10),
		"SuiteId": known.suiteID, "ServiceCorpId": known.providerID, "ToUserName": known.corpID,
		"AuthCorpId": known.corpID, "PaidCorpId": known.corpID, "FromUserName": known.from,
		"AgentID": known.agentID, "AgentId": known.agentID,
		"SuiteTicket": known.ticket, "AuthCode": known.authCode, "ResponseCode": known.cardCode,
	} {
		f, has := e.field(name)
		if has && value != "" && (!f.Optional || example.child(name) != nil) {
			all[name] = value
		}
	}
	for key := range chosen { // a chosen element wins, by whichever name
		f, err := e.resolve("", key)
		if err != nil {
			return nil, err
		}
		delete(all, f.Path)
	}
	maps.Copy(all, chosen)
	return all, nil
}

// nextMessageID is a new MsgId; all of them need 64 bits.
func (p *Platform) nextMessageID() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messageIDs++
	return 7<<60 + p.messageIDs
}
