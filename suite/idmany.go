package suite

import (
	"context"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/idbatch"
)

// ConvertError says that the platform did not answer for some ids. Those that it
// did answer for are in the results that come with the error.
type ConvertError struct {
	// Failed says why, by id. Ids for which no call was made any more have the error
	// that ended the conversion.
	Failed map[string]error

	method string
	errs   []error
}

// Error counts the ids and gives the first reason.
func (e *ConvertError) Error() string {
	text := fmt.Sprintf("suite: %s: no answer for %d ids", e.method, len(e.Failed))
	if len(e.errs) > 0 {
		text += ": " + e.errs[0].Error()
	}
	return text
}

// Unwrap returns the errors of the calls that failed.
func (e *ConvertError) Unwrap() []error { return e.errs }

// convert asks call for size ids at a time.
func convert[V any](
	ctx context.Context, method string, ids []string, size int,
	call func(ctx context.Context, ids []string) (map[string]V, error),
) (converted map[string]V, invalid []string, err error) {
	out := idbatch.Run(ctx, ids, size, aboutIDs, call)
	if out.Failed != nil {
		err = &ConvertError{Failed: out.Failed, method: method, errs: out.Errs}
	}
	return out.IDs, out.Invalid, err
}

// aboutIDs reports whether err is a refusal of what was asked for, which says
// nothing about other ids.
func aboutIDs(err error) bool {
	for _, class := range []error{
		wecom.ErrBadParameter, wecom.ErrNotFound,
		wecom.Code(60011), wecom.Code(60021), wecom.Code(60030), // outside the visible range
	} {
		if errors.Is(err, class) {
			return true
		}
	}
	return false
}

// byID makes a map of a list of pairs.
func byID[Pair, V any](pairs []Pair, split func(Pair) (string, V)) map[string]V {
	m := make(map[string]V, len(pairs))
	for _, pair := range pairs {
		id, v := split(pair)
		m[id] = v
	}
	return m
}

// ConvertUserIDs is [Corp.UserIDToOpenUserID] for any number of plain user ids. It
// returns the encrypted id by plain id, and the ids that the platform does not
// convert in the order given.
//
// All Convert and Find methods work alike. Each id is sent once, as many in a
// call as the platform allows, four calls at once. A refusal that is about the
// ids of one call leaves the others alone; after any other failure no further
// call is made. In both cases the error is a [*ConvertError], and what was
// converted is returned with it: call again with the ids in
// [ConvertError.Failed]. An id that the reply does not mention counts as not
// converted. Ids are compared byte by byte; store them so.
func (c *Corp) ConvertUserIDs(ctx context.Context, userIDs []string) (converted map[string]string, invalid []string, err error) {
	return convert(ctx, "ConvertUserIDs", userIDs, mostUserIDs, func(ctx context.Context, ids []string) (map[string]string, error) {
		r, err := c.UserIDToOpenUserID(ctx, ids)
		if err != nil {
			return nil, err
		}
		return byID(r.Users, func(u ConvertedUser) (string, string) { return u.UserID, u.OpenUserID }), nil
	})
}

// ConvertExternalUserIDs is [Corp.GetNewExternalUserID] for any number of ids of
// external contacts, 200 in a call as the platform advises; see
// [Corp.ConvertUserIDs]. Do it before the switch to the upgraded ids.
func (c *Corp) ConvertExternalUserIDs(ctx context.Context, externalUserIDs []string) (converted map[string]string, invalid []string, err error) {
	const advised = 200
	return convert(ctx, "ConvertExternalUserIDs", externalUserIDs, advised, func(ctx context.Context, ids []string) (map[string]string, error) {
		return newExternalUserIDs(c.GetNewExternalUserID(ctx, ids))
	})
}

// ConvertGroupExternalUserIDs is [Corp.GroupChatGetNewExternalUserID] for any number
// of members of one customer group; see [Corp.ConvertUserIDs].
func (c *Corp) ConvertGroupExternalUserIDs(ctx context.Context, chatID string, externalUserIDs []string) (converted map[string]string, invalid []string, err error) {
	return convert(ctx, "ConvertGroupExternalUserIDs", externalUserIDs, mostExternalUserIDs, func(ctx context.Context, ids []string) (map[string]string, error) {
		return newExternalUserIDs(c.GroupChatGetNewExternalUserID(ctx, chatID, ids))
	})
}

func newExternalUserIDs(r *GetNewExternalUserIDResponse, err error) (map[string]string, error) {
	if err != nil {
		return nil, err
	}
	return byID(r.Items, func(u ConvertedExternalUser) (string, string) { return u.ExternalUserID, u.NewExternalUserID }), nil
}

// ConvertTagIDs is [Corp.ExternalTagID] for any number of ids of customer tags or
// groups of tags; see [Corp.ConvertUserIDs].
func (c *Corp) ConvertTagIDs(ctx context.Context, externalTagIDs []string) (converted map[string]string, invalid []string, err error) {
	return convert(ctx, "ConvertTagIDs", externalTagIDs, mostTagIDs, func(ctx context.Context, ids []string) (map[string]string, error) {
		r, err := c.ExternalTagID(ctx, ids)
		if err != nil {
			return nil, err
		}
		return byID(r.Items, func(t ConvertedTag) (string, string) { return t.ExternalTagID, t.OpenExternalTagID }), nil
	})
}

// ConvertKFIDs is [Corp.OpenKFID] for any number of ids of customer-service
// accounts; see [Corp.ConvertUserIDs].
func (c *Corp) ConvertKFIDs(ctx context.Context, openKFIDs []string) (converted map[string]string, invalid []string, err error) {
	return convert(ctx, "ConvertKFIDs", openKFIDs, mostKFIDs, func(ctx context.Context, ids []string) (map[string]string, error) {
		r, err := c.OpenKFID(ctx, ids)
		if err != nil {
			return nil, err
		}
		return byID(r.Items, func(k ConvertedKF) (string, string) { return k.OpenKFID, k.NewOpenKFID }), nil
	})
}

// ConvertChatIDs is [Corp.ChatID] for any number of ids of customer groups; see
// [Corp.ConvertUserIDs].
func (c *Corp) ConvertChatIDs(ctx context.Context, chatIDs []string) (converted map[string]string, invalid []string, err error) {
	return convert(ctx, "ConvertChatIDs", chatIDs, mostChatIDs, func(ctx context.Context, ids []string) (map[string]string, error) {
		r, err := c.ChatID(ctx, ids)
		if err != nil {
			return nil, err
		}
		return byID(r.Items, func(g ConvertedChat) (string, string) { return g.ChatID, g.NewChatID }), nil
	})
}

// FindPendingIDs is [Corp.ExternalUserIDToPendingID] for any number of external
// contacts; see [Corp.ConvertUserIDs]. It returns the pending id by
// external_userid; without are the contacts that have none.
func (c *Corp) FindPendingIDs(ctx context.Context, chatID string, externalUserIDs []string) (pending map[string]string, without []string, err error) {
	return convert(ctx, "FindPendingIDs", externalUserIDs, mostPendingIDs, func(ctx context.Context, ids []string) (map[string]string, error) {
		r, err := c.ExternalUserIDToPendingID(ctx, chatID, ids)
		if err != nil {
			return nil, err
		}
		return byID(r.Result, func(u PendingUser) (string, string) { return u.ExternalUserID, u.PendingID }), nil
	})
}

// FindTmpUsers is [Corp.ConvertTmpExternalUserID] for any number of temporary ids;
// see [Corp.ConvertUserIDs].
func (c *Corp) FindTmpUsers(ctx context.Context, from TmpBusinessType, kind TmpUserType, tmpExternalUserIDs []string) (users map[string]TmpUser, invalid []string, err error) {
	return convert(ctx, "FindTmpUsers", tmpExternalUserIDs, mostTmpUserIDs, func(ctx context.Context, ids []string) (map[string]TmpUser, error) {
		r, err := c.ConvertTmpExternalUserID(ctx, ConvertTmpExternalUserIDRequest{
			BusinessType: from, UserType: kind, TmpExternalUserIDs: ids,
		})
		if err != nil {
			return nil, err
		}
		return byID(r.Results, func(u TmpUser) (string, TmpUser) { return u.TmpExternalUserID, u }), nil
	})
}
