package wecomtest

import "time"

const (
	maxTrial       = 60 * day // with all prolongations
	trialUnlimited = -1       // AppConfig.TrialDays
)

func orderHandlers() map[string]handler {
	return map[string]handler{
		"provider.order.get":         (*Platform).getServiceOrder,
		"provider.order.list":        (*Platform).listServiceOrders,
		"provider.order.prolong_try": (*Platform).prolongTrial,
	}
}

// getServiceOrder tells of an order of the suite's app; others do not exist for it.
func (p *Platform) getServiceOrder(c *call) (any, error) {
	o := p.findOrder(c.text("orderid"))
	if o == nil || o.corp == nil || o.item(c.token.app) == nil {
		return nil, refuse(84080)
	}
	return o.serviceOrder(c.token.app, c.now), nil
}

// listServiceOrders lists by the time of the order. How long a span may be is not
// documented: any is.
func (p *Platform) listServiceOrders(c *call) (any, error) {
	if err := c.checkSpan(0); err != nil {
		return nil, err
	}
	all := []any{}
	for _, o := range p.shop.orders {
		if o.corp != nil && o.item(c.token.app) != nil && c.between(o.at) && o.test == (c.amount("test_mode") == 1) {
			all = append(all, map[string]any(o.serviceOrder(c.token.app, c.now)))
		}
	}
	return reply{"order_list": all}, nil
}

// serviceOrder is an order as service/get_order shows it. The provider's share is
// the whole price: how it is shared out is not simulated.
func (o *order) serviceOrder(app *App, now time.Time) reply {
	i := o.item(app)
	r := reply{
		"orderid": o.id, "order_status": int(o.statusAt(now)), "order_type": int(i.kind),
		"paid_corpid": o.corp.ID, "suiteid": app.ID, "edition_id": i.edition.ID, "edition_name": i.edition.Name,
		"price": i.price, "user_count": i.users, "order_period": i.days,
		"order_time": o.at.Unix(), "paid_time": unixOrZero(o.paid),
		"begin_time": unixOrZero(i.begin), "end_time": unixOrZero(i.end),
		"order_from": int(o.from), "operator_corpid": o.corp.ID,
		"service_share_amount": i.price, "platform_share_amount": 0, "dealer_share_amount": 0,
	}
	if o.from != OrderFromCorp {
		r["operator_corpid"] = app.p.provider.CorpID
	}
	if o.buyer != "" {
		r["operator_id"] = o.buyer
	}
	return r
}

// prolongTrial works during and after a timed trial. For an app without one
// 90351 is presumed.
func (p *Platform) prolongTrial(c *call) (any, error) {
	corp, err := p.customer(c, "buyer_corpid")
	if err != nil {
		return nil, err
	}
	if p.findGrant(c.token.app, corp) == nil {
		return nil, refuse(48004)
	}
	state := p.holds(corp, c.token.app)
	if state.trialEnd.IsZero() || !state.expires.IsZero() {
		return nil, refuse(90351)
	}
	days := c.amount("prolong_days")
	if days < 1 || days > int64(maxTrial/day) {
		return nil, refuse(90352)
	}
	end := latest(state.trialEnd, c.now).Add(time.Duration(days) * day)
	if end.Sub(state.trialBegin) > maxTrial {
		return nil, refuse(90352)
	}
	state.trialEnd = end
	p.pushAppsLater([]appPush{corp.editionChanged(c.token.app)})
	return reply{"try_end_time": end.Unix()}, nil
}

// beginTrial begins the timed trial of a paid app at its first installation. The
// lock is held.
func (g *grant) beginTrial(now time.Time) {
	state := g.corp.p.holds(g.corp, g.app)
	if !state.trialBegin.IsZero() {
		return
	}
	state.trialBegin = now
	if days := g.app.cfg.TrialDays; len(g.app.cfg.Editions) > 0 && days > 0 {
		state.trialEnd = now.Add(time.Duration(days) * day)
	}
}

// addEdition adds edition_info to a reply about the authorisation of a paid app.
// Whether the second versions of the calls have it is not documented; here they
// have. That a corp has more members than seats (app_status 6 and 7) is not
// simulated.
func (g *grant) addEdition(r reply, now time.Time) {
	if len(g.app.cfg.Editions) == 0 {
		return
	}
	const unpaid, trial, trialOver, paid, paidOver, unlimited = 0, 1, 2, 3, 4, 5
	state := g.corp.p.holds(g.corp, g.app)
	status, edition, end := unpaid, state.edition, state.expires
	switch {
	case now.Before(state.expires):
		status = paid
	case !state.expires.IsZero():
		status = paidOver
	case g.app.cfg.TrialDays == trialUnlimited:
		status = unlimited
	case now.Before(state.trialEnd):
		status, end = trial, state.trialEnd
	case !state.trialEnd.IsZero():
		status, end = trialOver, state.trialEnd
	}
	if edition.ID == "" {
		edition = g.app.cfg.Editions[0]
	}
	r["edition_info"] = map[string]any{"agent": []any{map[string]any{
		"agentid": g.agentID, "edition_id": edition.ID, "edition_name": edition.Name, "app_status": status,
		"user_limit": state.users, "expired_time": unixOrZero(end),
		"is_virtual_version": false, "is_shared_from_other_corp": false,
	}}}
}
