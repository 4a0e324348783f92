package wecomtest

import (
	"errors"
	"time"
)

func licenseAccountHandlers() map[string]handler {
	return map[string]handler{
		"license.active_account":                (*Platform).activateAccount,
		"license.batch_active_account":          (*Platform).batchActivate,
		"license.active_account_by_type":        (*Platform).activateByType,
		"license.get_active_info_by_code":       (*Platform).getActiveInfo,
		"license.batch_get_active_info_by_code": (*Platform).batchGetActiveInfo,
		"license.list_actived_account":          (*Platform).listActivated,
		"license.get_active_info_by_user":       (*Platform).getActiveInfoByUser,
		"license.batch_transfer_license":        (*Platform).transferLicenses,
		"license.batch_share_active_code":       (*Platform).shareCodes,
		"license.get_app_license_info":          (*Platform).getAppLicenseInfo,
		"license.set_auto_active_status":        (*Platform).setAutoActive,
		"license.get_auto_active_status":        (*Platform).getAutoActive,
		"license.support_policy_query":          (*Platform).querySupportPolicy,
	}
}

// ownCode finds a code that a corp bought or was given, nil if there is none.
func (p *Platform) ownCode(corp *Corp, code string) *license {
	l := p.shop.licenses[code]
	if l == nil || l.corp != corp && l.from != corp {
		return nil
	}
	return l
}

// activate binds a code to a member, if it may be.
func (p *Platform) activate(corp *Corp, code, userID string) error {
	l, u := p.ownCode(corp, code), corp.licensed(userID)
	switch {
	case l == nil || l.refunded:
		return refuse(701021)
	case l.from == corp:
		return refuse(701055)
	case l.user != nil:
		return refuse(701003)
	case !p.Now().Before(l.made.Add(activateWithin)):
		return refuse(701012)
	case u == nil:
		return refuse(701019)
	case !p.visibleToApps(corp, u):
		return refuse(701088)
	}
	if err := p.mayMerge(l, u); err != nil {
		return err
	}
	p.bind(l, u, p.Now())
	return nil
}

// mayMerge tells whether the account of the kind that a member has already may be
// replaced by a new one.
func (p *Platform) mayMerge(l *license, u *User) error {
	old, now := p.current(u, l.kind), p.Now()
	if old == nil || !now.Before(old.expires) {
		return nil
	}
	left := old.expires.Sub(now)
	switch {
	case left > mergeWithin:
		return refuse(701082)
	case left+l.validFor > maxLicense+day:
		return refuse(701030)
	}
	return nil
}

func (p *Platform) activateAccount(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	return reply{}, p.activate(corp, c.text("active_code"), c.text("userid"))
}

func (p *Platform) batchActivate(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	items := c.objects("active_list")
	if err := checkList(len(items), maxPage); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	results, failed := []any{}, 0
	for _, one := range items {
		code, userID := one.text("active_code"), one.text("userid")
		err := error(refuse(701023))
		if !seen[code] {
			seen[code] = true
			err = p.activate(corp, code, userID)
		}
		result := map[string]any{"active_code": code, "userid": userID, "errcode": 0}
		if u := corp.licensed(userID); u != nil {
			result["userid"] = u.OpenUserID
		}
		if refusal, refused := errors.AsType[*apiError](err); refused {
			failed++
			result["errcode"] = refusal.code
		}
		results = append(results, result)
	}
	if failed == len(items) {
		return nil, refuse(701024)
	}
	return reply{"active_result": results}, nil
}

// activateByType takes the code whose time to be activated ends first. That no code
// is left gets 701010, and a member who has an account 701011; neither is documented.
func (p *Platform) activateByType(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	kind := LicenseType(c.amount("type"))
	if kind != BaseLicense && kind != ExternalLicense {
		return nil, refuse(701006)
	}
	u := corp.licensed(c.text("userid"))
	switch {
	case u == nil:
		return nil, refuse(701019)
	case !p.visibleToApps(corp, u):
		return nil, refuse(701088)
	}
	if old := p.current(u, kind); old != nil && c.now.Before(old.expires) {
		return nil, refuse(701011)
	}
	l := p.unused(corp, kind, c.now)
	if l == nil {
		return nil, refuse(701010)
	}
	p.bind(l, u, c.now)
	return reply{}, nil
}

// info is a code as get_active_info_by_code shows it to a corp.
func (l *license) info(asking *Corp, now time.Time) map[string]any {
	r := map[string]any{
		"active_code": l.code, "type": int(l.kind), "status": l.statusFor(asking, now), "create_time": l.made.Unix(),
	}
	if l.user != nil && l.from != asking {
		r["userid"], r["active_time"], r["expire_time"] = l.user.OpenUserID, l.activated.Unix(), l.expires.Unix()
	}
	merge := map[string]any{}
	if l.mergedTo != nil {
		merge["to_active_code"] = l.mergedTo.code
	}
	if l.merged != nil {
		merge["from_active_code"] = l.merged.code
	}
	if len(merge) > 0 {
		r["merge_info"] = merge
	}
	switch {
	case l.from == nil:
	case l.from == asking:
		r["share_info"] = map[string]any{"to_corpid": l.corp.ID}
	default:
		r["share_info"] = map[string]any{"from_corpid": l.from.ID}
	}
	return r
}

func (p *Platform) getActiveInfo(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	l := p.ownCode(corp, c.text("active_code"))
	if l == nil {
		return nil, refuse(701021)
	}
	return reply{"active_info": l.info(corp, c.now)}, nil
}

func (p *Platform) batchGetActiveInfo(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	codes := c.texts("active_code_list")
	if err := checkList(len(codes), maxPage); err != nil {
		return nil, err
	}
	found, invalid := []any{}, []string{}
	for _, code := range codes {
		if l := p.ownCode(corp, code); l != nil {
			found = append(found, l.info(corp, c.now))
		} else {
			invalid = append(invalid, code)
		}
	}
	if len(found) == 0 {
		return nil, refuse(701010)
	}
	return reply{"active_info_list": found, "invalid_active_code_list": invalid}, nil
}

// listActivated lists the accounts that the corp's own members have or had.
func (p *Platform) listActivated(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	all := []any{}
	for _, l := range p.licensesOf(corp) {
		if l.user == nil || l.corp != corp || l.mergedTo != nil {
			continue
		}
		all = append(all, map[string]any{
			"userid": l.user.OpenUserID, "type": int(l.kind),
			"expire_time": l.expires.Unix(), "active_time": l.activated.Unix(),
		})
	}
	r := reply{}
	r["account_list"], err = pageOf(c, all, usualPage, maxPage, badCursor, r)
	return r, err
}

// getActiveInfoByUser shows accounts that have not expired; whether WeCom shows
// expired ones is not documented.
func (p *Platform) getActiveInfoByUser(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	u := corp.licensed(c.text("userid"))
	if u == nil {
		return nil, refuse(701019)
	}
	found, status := []any{}, 0
	for _, kind := range []LicenseType{BaseLicense, ExternalLicense} {
		l := p.current(u, kind)
		if l == nil || !c.now.Before(l.expires) {
			continue
		}
		status = 1
		found = append(found, map[string]any{
			"active_code": l.code, "type": int(kind), "userid": u.OpenUserID,
			"active_time": l.activated.Unix(), "expire_time": l.expires.Unix(),
		})
	}
	return reply{"active_status": status, "active_info_list": found}, nil
}
