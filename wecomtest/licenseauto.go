package wecomtest

import (
	"cmp"
	"time"
)

// AutoScene is what sets off an automatic activation (自动激活).
type AutoScene int

// The scenes of the event auto_activate.
const (
	SceneOpenApp  AutoScene = 1 // 成员主动访问应用
	SceneSend     AutoScene = 2 // 服务商调用消息推送接口
	SceneExternal AutoScene = 3 // 服务商调用互通接口
)

// autoActivate gives unused codes to members who have no licence, or one that ends
// within seven days, where the corp has automatic activation on; one auto_activate
// is pushed for all. A base account is taken first, an external-contact one when
// there is none; whether the trial of the app must be over is not simulated. The
// lock is held.
func (p *Platform) autoActivate(corp *Corp, users []*User, scene AutoScene) {
	if !p.licensee(corp).auto {
		return
	}
	message := p.systemEvent("auto_activate", corp.ID).number("Scene", int64(scene))
	activated := false
	for _, u := range users {
		if p.autoActivateOne(corp, u, message) {
			activated = true
		}
	}
	if activated {
		p.pushLater(message)
	}
}

// members finds members by userid; unknown ones are left out. The lock is held.
func (c *Corp) members(ids []string) []*User {
	var all []*User
	for _, id := range ids {
		if u := c.user(id); u != nil {
			all = append(all, u)
		}
	}
	return all
}

// autoActivateOne tells in the message what it did; false if that was nothing.
func (p *Platform) autoActivateOne(corp *Corp, u *User, message *xmlMessage) bool {
	const none, ending, over = 1, 2, 3
	now := p.Now()
	old := p.current(u, ExternalLicense)
	if old == nil || !now.Before(old.expires) {
		old = cmp.Or(p.current(u, BaseLicense), old)
	}
	previous := none
	switch {
	case old == nil:
	case !now.Before(old.expires):
		previous = over
	case old.expires.Sub(now) > autoWithin:
		return false
	default:
		previous = ending
	}
	l := cmp.Or(p.unused(corp, BaseLicense, now), p.unused(corp, ExternalLicense, now))
	if l == nil {
		return false
	}
	p.bind(l, u, now)
	message.raw("<AccountList>").text("ActiveCode", l.code).number("Type", int64(l.kind)).
		number("ExpireTime", l.expires.Unix()).text("UserId", u.OpenUserID).number("PreviousStatus", int64(previous))
	if old != nil {
		message.text("PreviousActiveCode", old.code)
	}
	message.raw("</AccountList>")
	return true
}

// unused is the unbound code of a kind whose time to be activated ends first; nil
// if there is none.
func (p *Platform) unused(corp *Corp, kind LicenseType, now time.Time) *license {
	var first *license
	for _, l := range p.licensesOf(corp) {
		usable := l.kind == kind && l.corp == corp && l.statusFor(corp, now) == licenseUnbound && now.Before(l.made.Add(activateWithin))
		if usable && (first == nil || l.made.Before(first.made)) {
			first = l
		}
	}
	return first
}
