package provider

import (
	"context"
	"errors"
	"maps"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/idbatch"
)

// errNoID is the reason for a corp id that was not converted although no call was
// refused.
var errNoID = errors.New("provider: ConvertCorpIDs: the corp id is empty, or the platform answered without one")

// ConvertCorpIDs is [Client.CorpIDToOpenCorpID] for any number of plain corp ids. It
// returns the encrypted id by plain id. The endpoint takes one id, so each costs a
// call; four are under way at once. A refusal that is about one corp, such as one
// that has not authorised the provider, leaves the others alone; after any other
// failure no further call is made. In both cases the error is a [*ConvertError]
// with the reason for each corp, and what was converted is returned with it.
func (c *Client) ConvertCorpIDs(ctx context.Context, corpIDs []string) (map[string]string, error) {
	out := idbatch.Run(ctx, corpIDs, 1, aboutCorp, func(ctx context.Context, ids []string) (map[string]string, error) {
		r, err := c.CorpIDToOpenCorpID(ctx, ids[0])
		if err != nil || r.OpenCorpID == "" {
			return nil, err
		}
		return map[string]string{ids[0]: r.OpenCorpID}, nil
	})
	if out.Failed == nil && out.Invalid == nil {
		return out.IDs, nil
	}
	failed := make(map[string]error, len(out.Failed)+len(out.Invalid))
	maps.Copy(failed, out.Failed)
	for _, id := range out.Invalid {
		failed[id] = errNoID
	}
	if out.Invalid != nil {
		out.Errs = append(out.Errs, errNoID)
	}
	return out.IDs, &ConvertError{Failed: failed, errs: out.Errs}
}

// aboutCorp reports whether err is a refusal that says nothing about other corps.
// The code for a corp that has not authorised the provider is not documented, so
// every refusal counts that may mean it.
func aboutCorp(err error) bool {
	const badCorpID, noSuchRight = wecom.Code(40013), wecom.Code(48002)
	switch {
	case errors.Is(err, noSuchRight):
		return false
	case errors.Is(err, badCorpID), errors.Is(err, wecom.ErrPermission):
		return true
	}
	return errors.Is(err, wecom.ErrBadParameter) || errors.Is(err, wecom.ErrNotFound)
}
