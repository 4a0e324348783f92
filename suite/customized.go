package suite

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/wecom-isv/wecom"
)

type suiteTokenBody struct {
	SuiteAccessToken string `json:"suite_access_token"`
}

// ClaimCustomizedApp turns a self-built app (自建应用) of a corp into a customised app
// of this template (自建应用迁移成代开发应用), or proves the ownership of one that was
// migrated in the provider console. selfBuilt gives the access_token of that
// app; [wecom.TokenFunc] makes one of a function.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99617
//
//wecom:endpoint POST /cgi-bin/agent/claim_customized_app
func (a *Template) ClaimCustomizedApp(ctx context.Context, selfBuilt wecom.TokenSource) error {
	return a.takeOver(ctx, "/cgi-bin/agent/claim_customized_app", selfBuilt)
}

// MigrateToCustomizedApp turns a self-built app (自建应用) of a corp into a customised
// app of this template (自建应用迁移成代开发自建应用). Its page was not seen in today's
// documentation.
//
// Deprecated: use [Template.ClaimCustomizedApp], the only one that the
// documentation still lists.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96072
//
//wecom:endpoint POST /cgi-bin/agent/migrate_to_customized_app
func (a *Template) MigrateToCustomizedApp(ctx context.Context, selfBuilt wecom.TokenSource) error {
	return a.takeOver(ctx, "/cgi-bin/agent/migrate_to_customized_app", selfBuilt)
}

// takeOver sends a call with two tokens: that of the self-built app in the query
// and that of the template in the body. Only the errcode tells which of them was
// refused, so the one retry is made here.
func (a *Template) takeOver(ctx context.Context, path string, selfBuilt wecom.TokenSource) error {
	if selfBuilt == nil {
		return fmt.Errorf("suite: %s: the token source of the self-built app is nil", path)
	}
	for retried := false; ; retried = true {
		access, err := selfBuilt.Token(ctx)
		if err != nil {
			return fmt.Errorf("suite: %s: token of the self-built app: %w", path, err)
		}
		own, err := a.token.Token(ctx)
		if err != nil {
			return err
		}
		err = a.api.Do(ctx, wecom.Call{
			Path:  path,
			Query: url.Values{wecom.ParamAccessToken: {access.Value}},
			Body:  suiteTokenBody{SuiteAccessToken: own.Value},
		}, nil)
		if retried || !errors.Is(err, wecom.ErrTokenRejected) {
			return err
		}
		if errors.Is(err, wecom.Code(40082)) || errors.Is(err, wecom.Code(42009)) {
			err = a.token.Reject(ctx, own)
		} else {
			err = selfBuilt.Reject(ctx, access)
		}
		if err != nil {
			return fmt.Errorf("suite: %s: a refused token could not be dropped: %w", path, err)
		}
	}
}
