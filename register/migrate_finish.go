package register

import (
	"context"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
)

// invite lets WeCom invite the members. Nobody is to get it twice: what may have
// been sent is not sent again.
func (m *migration) invite(ctx context.Context) error {
	var ids []string
	if m.cfg.Invite {
		ids = m.members()
	}
	m.progress.begin(StepInvite, len(ids))
	if cut := m.state.Inviting - m.state.Invited; cut > 0 {
		m.tally(func(r *Report) { r.InvitesUnsure += cut })
		m.state.Invited = m.state.Inviting
	}
	m.progress.skip(ctx, min(m.state.Invited, len(ids)))
	for m.state.Invited < len(ids) {
		batch := ids[m.state.Invited:min(m.state.Invited+mostInvited, len(ids))]
		m.state.Inviting = m.state.Invited + len(batch)
		if err := m.save(ctx); err != nil {
			return err
		}
		if err := m.inviteBatch(ctx, batch); err != nil {
			return err
		}
		m.state.Invited = m.state.Inviting
		m.progress.at(ctx, m.state.Invited)
	}
	return nil
}

// members are the planned members that are there.
func (m *migration) members() []string {
	missing := make(map[string]bool)
	for _, d := range m.state.Report.Differences {
		if d.Kind == KindUser && d.Fields == nil {
			missing[d.ID] = true
		}
	}
	ids := make([]string, 0, m.plan.Users())
	for i := range m.plan.users {
		if id := m.plan.users[i].UserID; !missing[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *migration) inviteBatch(ctx context.Context, ids []string) error {
	unsure := false
	_, err := m.attempt(ctx, func(ctx context.Context) error {
		_, err := m.contacts.Batch().Invite(ctx, contact.InviteRequest{Users: ids})
		if unsure = errors.Is(err, wecom.ErrNoReply) && !neverSent(err); unsure {
			return nil // to send it again could be too much
		}
		return err
	})
	out, partial := errors.AsType[*contact.PartialError](err)
	switch {
	case unsure:
		m.tally(func(r *Report) { r.InvitesUnsure += len(ids) })
		return nil
	case partial:
		for _, id := range out.Users {
			m.refuse(ctx, Refusal{Kind: KindInvitation, ID: id, Reason: "the member is wrong or out of sight"})
		}
		m.tally(func(r *Report) { r.Invited += len(ids) - len(out.Users) })
		return nil
	case err == nil:
		m.tally(func(r *Report) { r.Invited += len(ids) })
		return nil
	case ctx.Err() != nil: // it may have been under way
		return err
	case stops(err) && !forbidden(err):
		m.state.Inviting = m.state.Invited // it was refused, or not sent: nobody has got it
		return errors.Join(err, m.save(ctx))
	}
	m.refuse(ctx, refusal(KindInvitation, "", err))
	return nil
}

// finish calls contact_sync_success until it is known to be carried out.
func (m *migration) finish(ctx context.Context) error {
	m.progress.begin(StepFinish, 1)
	sent := m.state.Finishing // by an earlier run, perhaps
	m.state.Finishing = true
	if err := m.save(ctx); err != nil {
		return err
	}
	err := m.unlock(ctx, &sent)
	switch {
	case err == nil:
		m.tally(func(r *Report) { r.Unlocked = true })
		return nil
	case !sent:
		m.state.Finishing = false
		return errors.Join(err, m.save(ctx))
	}
	return fmt.Errorf("contact_sync_success may have been carried out, see whether the corp can change its contacts: %w", err)
}

// unlock returns nil once contact_sync_success was carried out. sent says that it
// may have been. Then there are two proofs: the platform has no token any more for
// the registration; or, if nobody can ask for one, it refuses the token, which only
// the end of the migration ends before its time.
func (m *migration) unlock(ctx context.Context, sent *bool) error {
	var refusal error
	for range mostRenewals {
		c, err := m.session.usable(ctx)
		if *sent && (errors.Is(err, ErrNoContactSync) || errors.Is(err, ErrContactTokenEnded) && m.session.provesEnd()) {
			return nil
		}
		if err != nil {
			return err
		}
		_, refusal = m.attempt(ctx, func(ctx context.Context) error {
			c.forgetDoubt()
			err := c.ContactSyncSuccess(ctx)
			*sent = *sent || mayHaveWorked(ctx, err)
			return err
		})
		if refusal == nil || !errors.Is(refusal, wecom.ErrTokenRejected) {
			return refusal
		}
	}
	if *sent { // each token that there was is refused
		return nil
	}
	return refusal
}

// mayHaveWorked reports whether a call that failed may have been carried out.
func mayHaveWorked(ctx context.Context, err error) bool {
	refusal, refused := errors.AsType[*wecom.Error](err)
	switch {
	case neverSent(err), errors.Is(err, wecom.ErrTokenRejected):
		return false
	case refused && refusal.Code != 0:
		return errors.Is(err, wecom.ErrTransient)
	}
	return ctx.Err() != nil || errors.Is(err, wecom.ErrTransient) || errors.Is(err, wecom.ErrNoReply)
}

// forgetDoubt lets [Contacts.ContactSyncSuccess] judge its next reply by itself.
func (c *Contacts) forgetDoubt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unproved = false
}
