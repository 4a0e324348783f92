package wecomtest

import (
	"errors"
	"slices"
)

func (p *Platform) transferLicenses(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	items := c.objects("transfer_list")
	if err := checkList(len(items), maxPage); err != nil {
		return nil, err
	}
	results := []any{}
	for _, one := range items {
		giver, receiver := p.giver(corp, one.text("handover_userid")), corp.licensed(one.text("takeover_userid"))
		result := map[string]any{
			"handover_userid": one.text("handover_userid"), "takeover_userid": one.text("takeover_userid"), "errcode": 0,
		}
		if giver != nil {
			result["handover_userid"] = giver.OpenUserID
		}
		if receiver != nil {
			result["takeover_userid"] = receiver.OpenUserID
		}
		if refusal, ok := errors.AsType[*apiError](p.transfer(corp, giver, receiver)); ok {
			result["errcode"] = refusal.code
		}
		results = append(results, result)
	}
	return reply{"transfer_result": results}, nil
}

// giver finds a member, also one who has left and has an account still.
func (p *Platform) giver(corp *Corp, id string) *User {
	if u := corp.licensed(id); u != nil {
		return u
	}
	for key, l := range p.shop.bound {
		if l.corp == corp && (key.user.ID == id || key.user.OpenUserID == id) {
			return key.user
		}
	}
	return nil
}

// transfer gives all accounts of a member to another (账号继承): all or nothing.
func (p *Platform) transfer(corp *Corp, giver, receiver *User) error {
	if giver == nil || receiver == nil || giver == receiver {
		return refuse(701019)
	}
	var accounts []*license
	for _, kind := range []LicenseType{BaseLicense, ExternalLicense} {
		if l := p.current(giver, kind); l != nil && p.Now().Before(l.expires) {
			accounts = append(accounts, l)
		}
	}
	if len(accounts) == 0 {
		return refuse(701016)
	}
	employed := corp.user(giver.ID) != nil && p.visibleToApps(corp, giver)
	for _, l := range accounts {
		old := p.current(receiver, l.kind)
		switch {
		case employed && p.Now().Before(l.movedAt.Add(moveOnceIn)):
			return refuse(701017)
		case old != nil && old.expires.Sub(p.Now()) > mergeWithin:
			return refuse(701018)
		}
	}
	for _, l := range accounts {
		p.hand(l, receiver)
	}
	return nil
}

// hand moves an account to another member, with the days that the receiver's old
// one has left.
func (p *Platform) hand(l *license, receiver *User) {
	delete(p.shop.bound, boundKey{l.user, l.kind})
	if old, now := p.current(receiver, l.kind), p.Now(); old != nil && now.Before(old.expires) {
		l.expires = endOfDay(l.expires.Add(old.expires.Sub(now) - day))
		old.mergedTo, old.expires, l.merged = l, now, old
	}
	l.user, l.movedAt = receiver, p.Now()
	p.shop.bound[boundKey{receiver, l.kind}] = l
}

// shareCodes gives codes to a downstream corp (分配激活码); the reply lists failures only.
func (p *Platform) shareCodes(c *call) (any, error) {
	from, err := p.customer(c, "from_corpid")
	if err != nil {
		return nil, err
	}
	to, err := p.customer(c, "to_corpid")
	if err != nil {
		return nil, err
	}
	items := c.objects("share_list")
	if err := checkList(len(items), maxPage); err != nil {
		return nil, err
	}
	switch {
	case !p.hasApp(from):
		return nil, refuse(701057)
	case !slices.Contains(p.licensee(from).downstream, to):
		return nil, refuse(701058)
	case p.licensee(from).test || p.licensee(to).test:
		return nil, refusef(701150, "a test corp cannot share codes")
	case p.given(from, to)+len(items) > 2*len(to.users):
		return nil, refuse(701056)
	}
	failed := []any{}
	for _, one := range items {
		if refusal := p.share(from, to, one.text("active_code")); refusal != nil {
			failed = append(failed, itemError(refusal, map[string]any{"active_code": one.text("active_code")}))
		}
	}
	return reply{"share_result": failed}, nil
}

// given is how many codes a corp has given to another.
func (p *Platform) given(from, to *Corp) int {
	count := 0
	for _, l := range p.shop.licenses {
		if l.from == from && l.corp == to {
			count++
		}
	}
	return count
}

func (p *Platform) share(from, to *Corp, code string) *apiError {
	l := p.ownCode(from, code)
	switch {
	case l == nil || l.refunded:
		return refuse(701021)
	case l.from == from:
		return refuse(701055)
	case l.from != nil:
		return refuse(701054)
	case l.user != nil:
		return refuse(701003)
	}
	l.from, l.corp = from, to
	return nil
}
