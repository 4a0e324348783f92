package wecomtest

import (
	"context"
	"errors"
	"time"
)

// The kinds of licence jobs.
const (
	jobRenew = iota + 1
	jobUnion
	jobPay
)

const (
	maxJobAccounts = 1000000 // of a kind in a renewal
	maxJobCorps    = 100000
	maxCallCorps   = 10
)

// Job states, with the numbers of new_order_job_result and pay_job_result.
const (
	licenseJobDone = iota + 1
	licenseJobRunning
	licenseJobFailed
)

// licenseJob collects what an order is made from, or pays one.
type licenseJob struct {
	id        string
	kind      int
	made      time.Time
	submitted time.Time
	status    int

	corp     *Corp // jobRenew
	accounts []*license
	known    map[*license]bool

	purchases []*licenseOrder // jobUnion
	corps     map[*Corp]bool
	failed    []any

	order   *licenseOrder // jobUnion and jobPay
	refusal *apiError     // of a payment that failed
}

// readableUntil is how long the result can be read; a job that is never submitted
// is given as long to be.
func (j *licenseJob) readableUntil() time.Time { return latest(j.made, j.submitted).Add(jobLife) }

func (p *Platform) newLicenseJob(kind int) *licenseJob {
	now := p.Now()
	j := &licenseJob{id: "J" + p.secrets.hex(30), kind: kind, made: now, known: map[*license]bool{}, corps: map[*Corp]bool{}}
	prune(p.shop.licenseJobs, now, (*licenseJob).readableUntil)
	p.shop.licenseJobs[j.id] = j
	return j
}

// openJob finds the unfinished job that jobid names, or makes one when it is
// absent. An unknown jobid gets 701005: its code is not documented.
func (p *Platform) openJob(c *call, kind int) (*licenseJob, error) {
	id := c.text("jobid")
	if id == "" {
		return p.newLicenseJob(kind), nil
	}
	j := p.shop.licenseJobs[id]
	switch {
	case j == nil || j.kind != kind:
		return nil, refusef(701005, "invalid jobid")
	case !j.submitted.IsZero():
		return nil, refuse(701126)
	}
	return j, nil
}

// findJob finds a submitted job whose result can still be read.
func (p *Platform) findJob(c *call, kind int) (*licenseJob, error) {
	j := p.shop.licenseJobs[c.text("jobid")]
	switch {
	case j == nil || j.kind != kind:
		return nil, refusef(701005, "invalid jobid")
	case j.submitted.IsZero():
		return nil, refuse(701125)
	case c.now.After(j.readableUntil()):
		return nil, refusef(701005, "the result of the job is gone")
	}
	return j, nil
}

// checkList wants 1 to limit entries.
func checkList(n, limit int) error {
	switch {
	case n == 0:
		return refuse(701025)
	case n > limit:
		return refuse(701026)
	}
	return nil
}

func itemError(refusal *apiError, fields map[string]any) map[string]any {
	fields["errcode"], fields["errmsg"] = refusal.code, refusal.text
	return fields
}

func (p *Platform) createRenewJob(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	accounts := c.objects("account_list")
	if err := checkList(len(accounts), maxPage); err != nil {
		return nil, err
	}
	j, err := p.openJob(c, jobRenew)
	if err != nil {
		return nil, err
	}
	if j.corp != nil && j.corp != corp {
		return nil, refusef(701005, "the job is another corp's")
	}
	if len(j.accounts)+len(accounts) > 2*maxJobAccounts {
		return nil, refuse(701014)
	}
	j.corp = corp
	invalid := []any{}
	for _, one := range accounts {
		if refusal := p.addRenewal(j, one); refusal != nil {
			invalid = append(invalid, itemError(refusal, map[string]any{"userid": one.text("userid"), "type": one.amount("type")}))
		}
	}
	return reply{"jobid": j.id, "invalid_account_list": invalid}, nil
}

func (p *Platform) addRenewal(j *licenseJob, one *call) *apiError {
	kind := LicenseType(one.amount("type"))
	u := j.corp.licensed(one.text("userid"))
	if kind != BaseLicense && kind != ExternalLicense {
		return refuse(701006)
	}
	if u == nil {
		return refuse(701019)
	}
	l := p.current(u, kind)
	switch {
	case l == nil || !p.Now().Before(l.expires):
		return refuse(701004)
	case j.known[l]:
		return refuse(701020)
	}
	j.known[l] = true
	j.accounts = append(j.accounts, l)
	return nil
}

func (p *Platform) submitRenewJob(c *call) (any, error) {
	j, err := p.openJob(c, jobRenew)
	switch {
	case err != nil:
		return nil, err
	case len(j.accounts) == 0:
		return nil, refuse(701025)
	}
	o, err := p.renewal(c, j)
	if err != nil {
		return nil, err
	}
	licensee := p.licensee(j.corp)
	if licensee.test {
		licensee.renewals++
	}
	j.submitted = c.now
	return p.placeLicenseOrder(o), nil
}

// renewal makes the order of a job. The total of 701030 is looked at for each account.
func (p *Platform) renewal(c *call, j *licenseJob) (*licenseOrder, error) {
	duration := c.object("account_duration")
	o := &licenseOrder{
		id: p.newOrderID(), kind: licenseRenewal, corp: j.corp, buyer: c.text("buyer_userid"), at: c.now,
		months: duration.amount("months"), counts: map[LicenseType]int64{}, renewed: j.accounts,
	}
	if t := duration.amount("new_expire_time"); t != 0 {
		o.newExpire = time.Unix(t, 0)
	}
	test := p.licensee(j.corp)
	switch {
	case duration.has("days") || (o.months == 0) == o.newExpire.IsZero() || o.months < 0 || o.months > 60:
		return nil, refusef(40058, "invalid parameter account_duration: want months, 1 to 60, or new_expire_time")
	case test.test && o.months != 1:
		return nil, refuse(701028)
	case test.test && test.renewals > 0:
		return nil, refuse(701029)
	case !o.newExpire.IsZero() && (o.newExpire.Before(endOfDay(c.now)) || o.newExpire.After(c.now.Add(maxLicense))):
		return nil, refusef(40058, "invalid parameter new_expire_time: want a later day within 1860 days")
	}
	return o, o.priceRenewal(c.now)
}

func (o *licenseOrder) priceRenewal(now time.Time) error {
	prices := map[LicenseType]int64{BaseLicense: basePrice, ExternalLicense: externalPrice}
	for _, l := range o.renewed {
		added := o.length()
		if !o.newExpire.IsZero() {
			added = max(0, endOfDay(o.newExpire).Sub(l.expires))
		}
		if l.expires.Add(added).After(endOfDay(now.Add(maxLicense))) {
			return refuse(701030)
		}
		o.counts[l.kind]++
		o.price += prices[l.kind] * int64(added/day) / int64(licenseMonth/day)
	}
	return nil
}

func (p *Platform) createUnionJob(c *call) (any, error) {
	purchases := c.objects("buy_list")
	if err := checkList(len(purchases), maxCallCorps); err != nil {
		return nil, err
	}
	j, err := p.openJob(c, jobUnion)
	if err != nil {
		return nil, err
	}
	if len(j.purchases)+len(purchases) > maxJobCorps {
		return nil, refuse(701123)
	}
	invalid := []any{}
	for _, one := range purchases {
		err := p.addPurchase(j, one)
		if refusal, ok := errors.AsType[*apiError](err); ok {
			invalid = append(invalid, itemError(refusal, map[string]any{"corpid": one.text("corpid")}))
		}
	}
	return reply{"jobid": j.id, "invalid_list": invalid}, nil
}

// addPurchase adds a corp's part. Automatic activation is on unless it is switched off.
func (p *Platform) addPurchase(j *licenseJob, one *call) error {
	corp, err := p.customer(one, "corpid")
	switch {
	case err != nil:
		return err
	case p.licensee(corp).test:
		return refuse(701121)
	case j.corps[corp]:
		return refuse(701124)
	}
	auto := one.amount("auto_active_status")
	if auto != 0 && auto != 1 {
		return refuse(701070)
	}
	o, err := p.purchase(one, corp)
	if err != nil {
		return err
	}
	o.autoActive = auto == 1 || !one.has("auto_active_status")
	j.corps[corp] = true
	j.purchases = append(j.purchases, o)
	return nil
}

func (p *Platform) submitUnionJob(c *call) (any, error) {
	j, err := p.openJob(c, jobUnion)
	switch {
	case err != nil:
		return nil, err
	case len(j.purchases) == 0:
		return nil, refuse(701122)
	}
	j.submitted, j.status = c.now, licenseJobRunning
	buyer := c.text("buyer_userid")
	p.at(c.now.Add(p.settings.licenseDelay), func() { p.finishUnionJob(j, buyer) })
	return reply{}, nil
}

// finishUnionJob makes the order from the corps that still have an app.
func (p *Platform) finishUnionJob(j *licenseJob, buyer string) {
	o := &licenseOrder{id: p.newOrderID(), kind: licenseUnion, buyer: buyer, at: p.Now()}
	for _, child := range j.purchases {
		if !p.hasApp(child.corp) {
			j.failed = append(j.failed, itemError(refuse(701015), map[string]any{"corpid": child.corp.ID}))
			continue
		}
		child.parent, child.buyer, child.at = o, buyer, o.at
		o.children = append(o.children, child)
		o.price += child.price
	}
	if len(o.children) == 0 {
		j.status = licenseJobFailed
		return
	}
	j.status, j.order = licenseJobDone, o
	p.shop.licenseOrders = append(append(p.shop.licenseOrders, o), o.children...)
}

func (p *Platform) unionJobResult(c *call) (any, error) {
	j, err := p.findJob(c, jobUnion)
	if err != nil {
		return nil, err
	}
	r := reply{"status": j.status, "fail_list": list(j.failed)}
	if j.order != nil {
		r["order_id"] = j.order.id
	}
	return r, nil
}

func (p *Platform) submitPayJob(c *call) (any, error) {
	o := p.findLicenseOrder(c.text("order_id"))
	switch {
	case o == nil || o.parent != nil:
		return nil, refuse(701005)
	case o.statusAt(c.now) != OrderUnpaid:
		return nil, refuse(701084)
	case o.paying:
		return nil, refuse(701085)
	}
	j := p.newLicenseJob(jobPay)
	j.submitted, j.status, j.order = c.now, licenseJobRunning, o
	o.paying = true
	p.at(c.now.Add(p.settings.licenseDelay), func() { p.finishPayJob(j) })
	return reply{"jobid": j.id}, nil
}

// finishPayJob pays from the balance, or says why it could not.
func (p *Platform) finishPayJob(j *licenseJob) {
	o := j.order
	switch {
	case o.statusAt(p.Now()) != OrderUnpaid:
		j.refusal = refuse(701084)
	case !p.shop.opened:
		j.refusal = refuse(90432)
	case p.shop.balance < o.price:
		j.refusal = refuse(90433)
	default:
		j.failed = p.uncovered(o)
	}
	if len(j.failed) > 0 {
		j.refusal = refusef(701160, "the app orders of some corps do not cover the order")
	}
	if j.refusal != nil {
		j.status, o.paying = licenseJobFailed, false
		return
	}
	j.status = licenseJobDone
	p.shop.balance -= o.price
	messages := p.finishLicenseOrder(o)
	p.background(func(ctx context.Context) { _ = p.pushSystemAll(ctx, messages) })
}

// uncovered are the corps that fail the check of their app orders.
func (p *Platform) uncovered(o *licenseOrder) []any {
	orders := o.children
	if o.corp != nil {
		orders = []*licenseOrder{o}
	}
	var failed []any
	for _, one := range orders {
		if refusal, ok := errors.AsType[*apiError](p.checkAppOrders(one.corp)); ok {
			failed = append(failed, itemError(refusal, map[string]any{"corpid": one.corp.ID}))
		}
	}
	return failed
}

func (p *Platform) payJobResult(c *call) (any, error) {
	j, err := p.findJob(c, jobPay)
	if err != nil {
		return nil, err
	}
	r := reply{"status": j.status}
	if j.refusal != nil {
		result := itemError(j.refusal, map[string]any{})
		if len(j.failed) > 0 {
			result["fail_corp_list"] = j.failed
		}
		r["pay_job_result"] = result
	}
	return r, nil
}

// getAccountBalance gives the balance; without an account 90432 is presumed.
func (p *Platform) getAccountBalance(_ *call) (any, error) {
	if !p.shop.opened {
		return nil, refuse(90432)
	}
	return reply{"balance": p.shop.balance}, nil
}
