package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/idbatch"
)

type corpIDToOpenCorpIDBody struct {
	CorpID string `json:"corpid"`
}

// CorpIDToOpenCorpIDResponse is a converted corp id.
type CorpIDToOpenCorpIDResponse struct {
	OpenCorpID string `json:"open_corpid"` // encrypted for the provider; case sensitive, unlike a plain one
}

// CorpIDToOpenCorpID converts the plain id of a corp to the one that is encrypted
// for this provider (corpid的转换). The corp must have authorised the provider, or
// have an app of its own (自建应用) that waits to be migrated to this provider.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97061
//
//wecom:endpoint POST /cgi-bin/service/corpid_to_opencorpid
func (c *Client) CorpIDToOpenCorpID(ctx context.Context, corpID string) (*CorpIDToOpenCorpIDResponse, error) {
	if corpID == "" {
		return nil, errors.New("provider: CorpIDToOpenCorpID: the corp id is empty")
	}
	return invoke[CorpIDToOpenCorpIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/service/corpid_to_opencorpid",
		Body: corpIDToOpenCorpIDBody{CorpID: corpID},
		Safe: true,
	})
}

type userIDToOpenUserIDBody struct {
	OpenUserIDs []string `json:"open_userid_list"`
	SourceBotID string   `json:"source_botid"`
}

// UserIDToOpenUserIDResponse holds converted members.
type UserIDToOpenUserIDResponse struct {
	Items []ConvertedUser `json:"items"`
	// OpenCorpID is the corp of the bot, encrypted for the provider: the way to
	// learn where a message of a bot comes from.
	OpenCorpID string `json:"open_corpid"`
	// Invalid are the ids that could not be converted, plain user ids among them.
	Invalid []string `json:"invalid_open_userid_list,omitzero"`
}

// ConvertedUser is a member under both ids.
type ConvertedUser struct {
	UserID     string `json:"userid"`      // as it was given, encrypted for the corp
	OpenUserID string `json:"open_userid"` // encrypted for the provider
}

// UserIDToOpenUserID converts members that a smart bot (智能机器人) of a corp names
// to the ids that are encrypted for this provider, where the corp itself is not
// known (userid的转换). The ids are encrypted for the corp, whatever the name of
// the endpoint says: 1 to 1000, of members that both the bot and an app of the
// provider in that corp see. [Client.ConvertUserIDs] takes any number.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97062
//
//wecom:endpoint POST /cgi-bin/service/batch/userid_to_openuserid
func (c *Client) UserIDToOpenUserID(ctx context.Context, sourceBotID string, openUserIDs []string) (*UserIDToOpenUserIDResponse, error) {
	if n := len(openUserIDs); n == 0 || n > mostUserIDs {
		return nil, fmt.Errorf("provider: UserIDToOpenUserID: %d ids: 1 to %d are allowed", n, mostUserIDs)
	}
	if sourceBotID == "" {
		return nil, errors.New("provider: UserIDToOpenUserID: the id of the bot is empty")
	}
	return invoke[UserIDToOpenUserIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/service/batch/userid_to_openuserid",
		Body: userIDToOpenUserIDBody{OpenUserIDs: openUserIDs, SourceBotID: sourceBotID},
		Safe: true,
	})
}

// mostUserIDs is how many ids one call converts.
const mostUserIDs = 1000

// ConvertedUserIDs is what [Client.ConvertUserIDs] made of the ids.
type ConvertedUserIDs struct {
	OpenUserIDs map[string]string // encrypted for the provider, by the id that was given
	Invalid     []string          // could not be converted, in the order given
	OpenCorpID  string            // corp of the bot, encrypted for the provider
}

// ConvertError says that the platform did not answer for some ids. What it did
// answer for is in the result that comes with the error.
type ConvertError struct {
	// Failed says why, by id. Ids for which no call was made any more have the error
	// that ended the conversion.
	Failed map[string]error

	errs []error
}

// Error counts the ids and gives the first reason.
func (e *ConvertError) Error() string {
	text := fmt.Sprintf("provider: no answer for %d ids", len(e.Failed))
	if len(e.errs) > 0 {
		text += ": " + e.errs[0].Error()
	}
	return text
}

// Unwrap returns the errors of the calls that failed.
func (e *ConvertError) Unwrap() []error { return e.errs }

// ConvertUserIDs is [Client.UserIDToOpenUserID] for any number of ids: 1000 in a
// call, four calls at once, no id twice. A refusal that is about the ids of one
// call leaves the others alone; after any other failure no further call is made.
// In both cases the error is a [*ConvertError], and what was converted is there
// all the same: call again with the ids in [ConvertError.Failed].
func (c *Client) ConvertUserIDs(ctx context.Context, sourceBotID string, ids []string) (*ConvertedUserIDs, error) {
	var mu sync.Mutex
	result := new(ConvertedUserIDs)
	out := idbatch.Run(ctx, ids, mostUserIDs, aboutIDs, func(ctx context.Context, ids []string) (map[string]string, error) {
		r, err := c.UserIDToOpenUserID(ctx, sourceBotID, ids)
		if err != nil {
			return nil, err
		}
		converted := make(map[string]string, len(r.Items))
		for _, item := range r.Items {
			converted[item.UserID] = item.OpenUserID
		}
		mu.Lock()
		defer mu.Unlock()
		result.OpenCorpID = r.OpenCorpID
		return converted, nil
	})
	result.OpenUserIDs, result.Invalid = out.IDs, out.Invalid
	if out.Failed != nil {
		return result, &ConvertError{Failed: out.Failed, errs: out.Errs}
	}
	return result, nil
}

// aboutIDs reports whether err is a refusal of the ids that were asked for, which
// says nothing about others.
func aboutIDs(err error) bool {
	const outsideRange, outsideRangeToo = wecom.Code(60021), wecom.Code(60030)
	return errors.Is(err, wecom.ErrBadParameter) || errors.Is(err, wecom.ErrNotFound) ||
		errors.Is(err, outsideRange) || errors.Is(err, outsideRangeToo)
}
