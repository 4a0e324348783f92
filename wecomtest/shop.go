package wecomtest

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
)

// shop is the state of everything that is bought: editions of apps, orders of the
// cash desk, licences, advanced interfaces. The platform's lock guards it.
type shop struct {
	orders   []*order
	editions map[holding]*holdingState
	nonces   map[string]time.Time // of signed calls
	invoices []*Invoice

	balance int64 // fen
	opened  bool  // the prepaid account

	licenseOrders []*licenseOrder
	licenses      map[string]*license // by active code
	bound         map[boundKey]*license
	licenseJobs   map[string]*licenseJob
	licensees     map[*Corp]*licensee

	advanced []*advancedOrder
}

func newShop() shop {
	return shop{
		editions:    map[holding]*holdingState{},
		nonces:      map[string]time.Time{},
		licenses:    map[string]*license{},
		bound:       map[boundKey]*license{},
		licenseJobs: map[string]*licenseJob{},
		licensees:   map[*Corp]*licensee{},
	}
}

// holding is an app in the hands of a corp, also after it was removed.
type holding struct {
	corp *Corp
	app  *App
}

const (
	day       = 24 * time.Hour
	orderLife = 15 * day // of an unpaid order; the real one is not documented
)

// chinaTime is the time zone of WeCom's days.
func chinaTime() *time.Location { return time.FixedZone("UTC+8", 8*60*60) }

// endOfDay is the midnight that ends t's day in China.
func endOfDay(t time.Time) time.Time {
	y, m, d := t.In(chinaTime()).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, chinaTime())
}

// at does work, with the lock held, as soon as the platform's clock has reached t:
// at once, if it has already. The lock is held.
func (p *Platform) at(t time.Time, work func()) {
	if !p.Now().Before(t) {
		work()
		return
	}
	p.background(func(ctx context.Context) {
		if !p.waitUntil(ctx, t) {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		work()
	})
}

// pushLater pushes to the system-event URL after the answer. What becomes of it is
// in [Platform.Deliveries]. The lock is held.
func (p *Platform) pushLater(message *xmlMessage) {
	p.background(func(ctx context.Context) { _ = p.pushSystem(ctx, message) })
}

// systemEvent begins an event of the provider's system-event URL.
func (p *Platform) systemEvent(infoType, corpID string) *xmlMessage {
	return newXML().text("ServiceCorpId", p.provider.CorpID).text("InfoType", infoType).
		text("AuthCorpId", corpID).number("TimeStamp", p.Now().Unix())
}

// object is a member of the body that is an object; its fields are read as those
// of a call.
func (c *call) object(name string) *call { return &call{body: objectOf(c.body[name])} }

// objects are the objects of a list in the body.
func (c *call) objects(name string) []*call {
	items, _ := c.body[name].([]any)
	all := make([]*call, 0, len(items))
	for _, item := range items {
		all = append(all, &call{body: objectOf(item)})
	}
	return all
}

// amount is an integer field; 0 if it is absent.
func (c *call) amount(name string) int64 {
	n, _ := c.number(name)
	return n
}

// customer is the corp that a field of the body names.
func (p *Platform) customer(c *call, name string) (*Corp, error) {
	corp := p.findCorp(c.text(name))
	if corp == nil {
		return nil, refuse(40013)
	}
	return corp, nil
}

// pageOf cuts the page that limit and cursor ask for out of all, and adds
// has_more and next_cursor to the reply. A cursor is the number of entries before.
func pageOf[T any](c *call, all []T, standard, limit int64, badCursor int, r reply) ([]T, error) {
	size := c.amount("limit")
	switch {
	case size == 0:
		size = standard
	case size < 0 || size > limit:
		return nil, refusef(40058, "invalid parameter limit: want 1 to %d", limit)
	}
	from := int64(0)
	if cursor := c.text("cursor"); cursor != "" {
		var err error
		from, err = strconv.ParseInt(cursor, 36, 64)
		if err != nil || from < 1 || from > int64(len(all)) {
			return nil, refuse(badCursor)
		}
	}
	to := min(from+size, int64(len(all)))
	r["has_more"], r["next_cursor"] = 0, ""
	if to < int64(len(all)) {
		r["has_more"], r["next_cursor"] = 1, strconv.FormatInt(to, 36)
	}
	return all[from:to], nil
}

// between tells whether a time lies in the span of the body's start_time and
// end_time; a span that is not given holds everything.
func (c *call) between(t time.Time) bool {
	return !c.has("start_time") || c.amount("start_time") <= t.Unix() && t.Unix() <= c.amount("end_time")
}

// checkSpan wants start_time and end_time together, and at most span apart.
func (c *call) checkSpan(span time.Duration) error {
	if c.has("start_time") != c.has("end_time") {
		return refusef(40058, "start_time and end_time go together")
	}
	length := c.amount("end_time") - c.amount("start_time")
	if length < 0 || span > 0 && length > int64(span/time.Second) {
		return refusef(40058, "invalid span between start_time and end_time")
	}
	return nil
}

// unixOrZero is 0 for the zero time.
func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// spelled is a single value as the JSON spells it; "" for null, a list or an object.
func spelled(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
